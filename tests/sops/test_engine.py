"""Claim, act, record: a step is done once, whatever becomes of the worker, the broker or the person."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.errors import Conflict
from accounts.models import Component, User
from incidents.models import Incident
from sops import engine, services, stepping, tasks
from sops.actions import simulated
from sops.actions.outcomes import Failed, Refused, Unsure
from sops.models import Run, SimulatedState, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, TARGET, start, step, work

State = StepRun.State
LONG = timedelta(minutes=3)  # more than any action may take


@pytest.fixture
def confirmed(on_night: Incident, engineer: User) -> Run:
    """A run whose restart is confirmed, and which no worker has taken yet."""
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    return services.confirm(run.pk, 1, typed=TARGET, by=engineer)


def restarts(estate: dict[str, Component]) -> int:
    return int(simulated.get(estate["app_service"], "restarts", 0))


def test_running_the_task_twice_restarts_once(confirmed: Run, estate: dict[str, Component]) -> None:
    engine.advance(confirmed.pk, token="one")
    engine.advance(confirmed.pk, token="two")
    assert restarts(estate) == 1
    assert step(confirmed, 1).state == State.DONE


def test_of_two_deliveries_one_takes_the_step(confirmed: Run) -> None:
    assert engine.claim(confirmed.pk, token="one") is not None
    assert engine.claim(confirmed.pk, token="two") is None
    assert step(confirmed, 1).claimed_by == "one"


def test_a_step_is_claimed_and_committed_before_it_acts(confirmed: Run) -> None:
    claimed = engine.claim(confirmed.pk, token="one")
    stored = step(confirmed, 1)
    assert claimed is not None
    assert (stored.state, stored.claimed_by, stored.attempt) == (State.CLAIMED, "one", 1)
    assert stored.claim_expires_at == stored.claimed_at + timedelta(seconds=75) + engine.MARGIN


def test_a_redelivery_finds_its_own_claim_and_does_not_restart_again(
    confirmed: Run, estate: dict[str, Component]
) -> None:
    claimed = engine.claim(confirmed.pk, token="one")
    engine.act(claimed)  # and here the worker dies
    engine.advance(confirmed.pk, token="one")
    lost = step(confirmed, 1)
    assert (lost.state, lost.is_bad) == (State.UNKNOWN, True)
    engine.advance(confirmed.pk, token="three")
    assert restarts(estate) == 1
    confirmed.refresh_from_db()
    assert confirmed.state == Run.State.WAITING


def test_the_sweep_finds_a_claim_whose_worker_died_and_a_person_decides(
    confirmed: Run, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    engine.act(engine.claim(confirmed.pk, token="one"))
    with making.no_worker() as queued:
        tasks.recover()
        assert step(confirmed, 1).state == State.CLAIMED  # it may still be alive
        night.shift(LONG)
        tasks.recover()
        tasks.recover()
    assert queued.call_count == 0
    assert step(confirmed, 1).state == State.UNKNOWN
    assert restarts(estate) == 1


def test_an_answer_that_comes_too_late_changes_nothing(confirmed: Run, night: time_machine.Traveller) -> None:
    claimed = engine.claim(confirmed.pk, token="one")
    night.shift(LONG)
    engine.recover(claimed.pk)
    engine.record(claimed, "one", engine.act(claimed))
    assert step(confirmed, 1).state == State.UNKNOWN


def test_a_worker_that_was_held_up_sends_nothing_when_it_goes_on(
    confirmed: Run, engineer: User, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    """Paused between its claim and its request, while a person looked and had it sent again."""
    paused = engine.claim(confirmed.pk, token="one")
    night.shift(LONG)
    engine.recover(paused.pk)
    services.settle_unknown(confirmed.pk, 1, happened=False, evidence="Up for 9 days", by=engineer)
    services.try_again(confirmed.pk, 1, by=engineer)
    services.confirm(confirmed.pk, 1, typed=TARGET, by=engineer)
    work(confirmed)
    assert restarts(estate) == 1
    late = engine.act(paused)
    engine.record(paused, "one", late)
    assert (late.state, late.words) == (State.FAILED, "The worker came to it too late, and nothing was sent")
    assert (restarts(estate), step(confirmed, 1).state) == (1, State.DONE)


@pytest.mark.parametrize("passed", [0, 74, -3600])
def test_until_then_it_is_sent(
    passed: int, confirmed: Run, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    claimed = engine.claim(confirmed.pk, token="one")
    night.shift(passed)
    engine.act(claimed)
    assert restarts(estate) == 1


def test_one_row_that_cannot_be_recovered_holds_up_no_other(
    confirmed: Run, engineer: User, night: time_machine.Traveller
) -> None:
    other = start(factories.make_incident(by=engineer, customer=confirmed.customer), [CHECK], by=engineer)
    for run in (confirmed, other):
        engine.claim(run.pk, token="one")
    StepRun.objects.filter(run=confirmed, position=1).update(content={"nonsense": 1})
    night.shift(LONG)
    with making.no_worker(), pytest.raises(TypeError):
        tasks.recover()
    assert step(other, 1).state == State.PENDING


def test_a_read_whose_worker_died_is_claimed_once_more_and_then_given_up(
    on_night: Incident, engineer: User, night: time_machine.Traveller
) -> None:
    run = start(on_night, [CHECK, MANUAL], by=engineer)
    for token in ("one", "two"):
        assert engine.claim(run.pk, token=token) is not None
        night.shift(LONG)
        tasks.recover()
    given_up = step(run, 1)
    assert (given_up.state, given_up.losses) == (State.FAILED, 2)
    assert step(run, 2).state == State.WAITING


@pytest.mark.parametrize("happened", [True, False])
def test_what_is_not_known_a_person_says_and_it_is_written_down(
    confirmed: Run, engineer: User, happened: bool
) -> None:
    engine.claim(confirmed.pk, token="one")
    engine.advance(confirmed.pk, token="one")
    services.settle_unknown(
        confirmed.pk, 1, happened=happened, evidence="The portal shows the time", by=engineer
    )
    settled = step(confirmed, 1)
    assert settled.state == (State.DONE if happened else State.FAILED)
    assert (settled.decided_by, settled.evidence) == (engineer, "The portal shows the time")
    assert step(confirmed, 2).state == (State.WAITING if happened else State.PENDING)


def test_an_action_that_did_not_happen_may_be_confirmed_again_three_times_at_the_most(
    confirmed: Run, engineer: User, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    for _ in range(2):
        _fail(estate)
        work(confirmed)
        assert step(confirmed, 1).state == State.FAILED
        night.shift(timedelta(hours=1))  # else the target has had enough for this hour
        services.try_again(confirmed.pk, 1, by=engineer)
        assert step(confirmed, 1).state == State.WAITING
        services.confirm(confirmed.pk, 1, typed=TARGET, by=engineer)
    _fail(estate)
    work(confirmed)
    with pytest.raises(Conflict, match="It was tried 3 times"):
        services.try_again(confirmed.pk, 1, by=engineer)
    services.go_on(confirmed.pk, 1, by=engineer)
    assert step(confirmed, 2).state == State.WAITING
    assert restarts(estate) == 0


def _fail(estate: dict[str, Component]) -> None:
    simulated.put(estate["app_service"], "fault", {"name": "fail"})


@pytest.mark.parametrize(
    ("error", "changing", "reading"),
    [
        (Refused("no"), State.FAILED, State.FAILED),
        (Failed("no"), State.FAILED, State.FAILED),
        (Unsure("no"), State.UNKNOWN, State.FAILED),
        (RuntimeError("secret"), State.UNKNOWN, State.FAILED),
        (TimeoutError("secret"), State.UNKNOWN, State.FAILED),
    ],
)
def test_an_error_is_a_failure_of_a_read_and_unknown_of_an_action_that_was_sent(
    confirmed: Run, error: Exception, changing: str, reading: str
) -> None:
    claimed = engine.claim(confirmed.pk, token="one")
    with mock.patch.object(simulated, "perform", side_effect=error):
        assert engine.act(claimed).state == changing
        claimed.risk = "read"
        result = engine.act(claimed)
    assert result.state == reading
    assert "secret" not in result.words


def test_a_lost_answer_is_unknown_and_holds_its_target(
    confirmed: Run, engineer: User, estate: dict[str, Component]
) -> None:
    simulated.put(estate["app_service"], "fault", {"name": "lose"})
    work(confirmed)
    assert step(confirmed, 1).state == State.UNKNOWN
    other = work(start(factories.make_incident(by=engineer, customer=confirmed.incident.customer), [RESTART],
                       by=engineer))  # fmt: skip
    with pytest.raises(Conflict) as refused:
        services.confirm(other.pk, 1, typed=TARGET, by=engineer)
    assert f"run {confirmed.pk}" in refused.value.detail
    services.settle_unknown(confirmed.pk, 1, happened=True, evidence="It restarted at 02:08", by=engineer)
    services.confirm(other.pk, 1, typed=TARGET, by=engineer)
    assert restarts(estate) == 1


def test_a_target_taken_between_confirm_and_claim_asks_for_a_new_confirmation(
    confirmed: Run, engineer: User, estate: dict[str, Component]
) -> None:
    incident = factories.make_incident(by=engineer, customer=confirmed.incident.customer)
    other = work(start(incident, [RESTART], by=engineer))
    services.confirm(other.pk, 1, typed=TARGET, by=engineer)
    assert engine.claim(confirmed.pk, token="one") is not None
    assert engine.claim(other.pk, token="two") is None
    asked = step(other, 1)
    assert (asked.state, asked.confirmed_by) == (State.WAITING, None)
    assert asked.summary.startswith("Another action is under way on this target: run ")


# ---------- Stopping ----------


def test_a_run_stops_at_once_when_nothing_acts(confirmed: Run, engineer: User, analyst: User) -> None:
    services.stop(confirmed.pk, reason="The caller can sign in", by=analyst)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.stopped_by) == (Run.State.STOPPED, analyst)
    assert {each.state for each in confirmed.step_runs.all()} == {State.SKIPPED}
    confirmed.incident.refresh_from_db()
    assert (confirmed.incident.state, confirmed.incident.has_running_sop) == ("sop", False)


def test_a_stop_in_the_middle_of_an_action_waits_for_its_answer(confirmed: Run, analyst: User) -> None:
    claimed = engine.claim(confirmed.pk, token="one")
    services.stop(confirmed.pk, reason="Wrong hospital", by=analyst)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.is_stop_requested) == (Run.State.RUNNING, True)
    engine.record(claimed, "one", engine.act(claimed))
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.stopped_by) == (Run.State.STOPPED, analyst)
    assert [each.state for each in confirmed.step_runs.all()] == [State.DONE, State.SKIPPED]


def test_a_stop_keeps_what_is_not_known_open_to_be_answered(confirmed: Run, engineer: User) -> None:
    engine.claim(confirmed.pk, token="one")
    engine.advance(confirmed.pk, token="one")
    services.stop(confirmed.pk, reason="Escalating", by=engineer)
    assert step(confirmed, 1).state == State.UNKNOWN
    services.settle_unknown(confirmed.pk, 1, happened=False, evidence="No restart in the log", by=engineer)
    assert step(confirmed, 1).state == State.FAILED
    confirmed.refresh_from_db()
    assert confirmed.state == Run.State.STOPPED


# ---------- Asked again at every execution ----------


def _suspend(run: Run, approver: User) -> str:
    services.suspend_sop(run.version.sop_id, reason="It restarts the wrong slot", by=approver)
    return "Suspended by SOP approver, Sun 22 Nov 02:07 GMT: It restarts the wrong slot"


def _withdraw(run: Run, approver: User) -> str:
    services.withdraw_version(run.version_id, reason="Wrong slot", by=approver)
    return f"Version {run.version.number} was withdrawn by SOP approver: Wrong slot"


def _dismiss(run: Run, approver: User) -> str:
    person = User.objects.get(pk=run.started_by_id)
    person.is_active = False
    person.save()
    return "OOH engineer 1 may no longer run SOPs"


def _move_target(run: Run, approver: User) -> str:
    component = step(run, 1).component
    component.customer = factories.make_customer()
    component.save()
    return f"{component} is no longer a target for Wexcombe Park Hospital"


@pytest.mark.parametrize("change", [_suspend, _withdraw, _dismiss, _move_target])
def test_what_changed_since_the_confirmation_stops_the_run_before_it_acts(
    confirmed: Run, approver: User, estate: dict[str, Component], change: Any
) -> None:
    words = change(confirmed, approver)
    work(confirmed)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.stop_reason) == (Run.State.STOPPED, words)
    assert restarts(estate) == 0


def test_an_incident_of_a_real_customer_cannot_run_the_simulation(
    confirmed: Run, estate: dict[str, Component]
) -> None:
    confirmed.incident.customer.is_simulated = False
    confirmed.incident.customer.save()
    work(confirmed)
    assert step(confirmed, 1).summary == "The target is simulated, and the incident is real"
    assert restarts(estate) == 0


def test_a_target_that_is_not_simulated_needs_the_azure_adapter(confirmed: Run, engineer: User) -> None:
    component = step(confirmed, 1).component
    component.is_simulated = False
    component.save()
    work(confirmed)
    failed = step(confirmed, 1)
    assert (failed.state, failed.summary) == (
        State.FAILED,
        "The Azure adapter is not configured on this desk",
    )
    services.try_again(confirmed.pk, 1, by=engineer)
    with pytest.raises(Conflict, match="cannot be sent"):
        services.confirm(confirmed.pk, 1, typed=TARGET, by=engineer)


# ---------- Broker and sweep ----------


def test_a_broker_that_is_away_loses_nothing(
    on_night: Incident, engineer: User, django_capture_on_commit_callbacks: Any
) -> None:
    with (
        mock.patch("sops.tasks.advance.apply_async", side_effect=OperationalError("away")) as away,
        django_capture_on_commit_callbacks(execute=True),
    ):
        run = start(on_night, [CHECK, MANUAL], by=engineer)
    assert away.call_count == 1
    with making.no_worker() as queued:
        tasks.recover()
    queued.assert_called_once_with((run.pk,), expires=60)


def test_the_sweep_leaves_alone_what_waits_or_acts_or_is_not_due(confirmed: Run, engineer: User) -> None:
    with making.no_worker() as queued:
        tasks.recover()
        assert queued.call_count == 1
        engine.claim(confirmed.pk, token="one")
        tasks.recover()
        row = step(confirmed, 1)
        StepRun.objects.filter(pk=row.pk).update(
            state=State.PENDING, due_at=timezone.now() + timedelta(seconds=5)
        )
        tasks.recover()
        assert queued.call_count == 1


def test_the_task_does_one_step_and_queues_the_next(
    on_night: Incident, engineer: User, django_capture_on_commit_callbacks: Any
) -> None:
    run = start(on_night, [CHECK, CHECK, MANUAL], by=engineer)
    with making.no_worker() as queued, django_capture_on_commit_callbacks(execute=True):
        tasks.advance.apply(args=(run.pk,), task_id="celery-1")
    steps = Run.objects.get(pk=run.pk).ordered
    assert [each.state for each in steps] == [State.DONE, State.PENDING, State.PENDING]
    assert step(run, 1).claimed_by == "celery-1"
    queued.assert_called_once_with((run.pk,), expires=60)


def test_the_simulated_estate_never_holds_more_than_one_row_for_a_fact(estate: dict[str, Component]) -> None:
    simulated.put(estate["app_service"], "health", "unhealthy")
    simulated.put(estate["app_service"], "health", "healthy")
    assert SimulatedState.objects.filter(component=estate["app_service"], key="health").count() == 1


def test_a_run_is_locked_while_it_is_moved(confirmed: Run) -> None:
    locked = stepping.locked_run(confirmed.pk)
    assert (locked.version.sop_id, len(locked.ordered)) == (confirmed.version.sop_id, 2)
