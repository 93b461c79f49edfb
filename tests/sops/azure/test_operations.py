"""What goes on at Azure is followed until it has ended, whoever began it and whatever the run does."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accounts.errors import Conflict
from accounts.models import Customer, User
from incidents import services as incidents
from sops import engine, following, services, tasks
from sops.actions.azure.sealing import unseal
from sops.models import Run, StepRun
from tests.factories import SUNDAY_NIGHT
from tests.sops import making
from tests.sops.azure import acting
from tests.sops.azure.estate import stand
from tests.sops.making import step
from tests.standins.azure import VM, Azure
from tests.standins.http import Fault

State = StepRun.State
LONG = timedelta(minutes=2)
HOLDS = "Another action is under way on this target: run "


@pytest.fixture
def clock(azure: Azure) -> Iterator[time_machine.Traveller]:
    """Out of hours, and time goes on."""
    stand(azure)
    with time_machine.travel(SUNDAY_NIGHT) as clock, making.no_worker():
        yield clock


@pytest.fixture
def hospital(clock: time_machine.Traveller, db: None) -> Customer:
    return acting.make_hospital()


@pytest.fixture
def confirmed(hospital: Customer, engineer: User) -> Run:
    return acting.confirm(acting.waiting(engineer, hospital), engineer)


@pytest.fixture
def underway(confirmed: Run, azure: Azure) -> Run:
    """A run whose restart Azure has accepted, and goes on with."""
    engine.advance(confirmed.pk, token="one")
    assert step(confirmed, 1).state == State.UNDERWAY
    return confirmed


def sweep(run: Run, clock: time_machine.Traveller, times: int = 1) -> StepRun:
    """Ask after it as often, each time when it is due."""
    for _ in range(times):
        clock.shift(timedelta(minutes=1))
        following.ask_after(step(run, 1).pk)
    return step(run, 1)


def test_an_operation_is_kept_and_asked_after_until_it_has_ended(
    underway: Run, azure: Azure, clock: time_machine.Traveller
) -> None:
    kept = step(underway, 1)
    assert unseal(kept.operation["url"]).startswith(f"{azure.url}/subscriptions/")
    assert (kept.claim_expires_at, kept.sent_at is None) == (None, False)
    assert sweep(underway, clock).state == State.UNDERWAY
    ended = sweep(underway, clock)
    assert (ended.state, ended.summary) == (State.DONE, f"Restarted {ended.component}")
    assert step(underway, 2).state == State.WAITING
    assert azure.accepted == [("POST", f"{VM}/restart")]


def test_the_sweep_hands_each_operation_that_is_due_to_a_worker(
    underway: Run, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(tasks.ask_after, "apply_async", lambda arguments, **_: sent.append(arguments))
    tasks.recover()
    clock.shift(timedelta(minutes=1))
    tasks.recover()
    assert sent == [(step(underway, 1).pk,)]


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        ("Failed", "Azure began it, and it failed (VMStartTimedOut)"),
        ("Canceled", "Azure began it, and it was cancelled (VMStartTimedOut)"),
    ],
)
def test_one_that_failed_or_was_cancelled_is_a_failure_and_frees_its_target(
    ending: str, words: str, underway: Run, azure: Azure, engineer: User, clock: time_machine.Traveller
) -> None:
    next(iter(azure.operations.values())).ending = ending
    failed = sweep(underway, clock, times=2)
    assert (failed.state, failed.summary, failed.is_bad) == (State.FAILED, words, True)
    services.try_again(underway.pk, 1, by=engineer)
    acting.confirm(underway, engineer)
    assert step(underway, 1).confirmed_by == engineer


def test_one_that_azure_forgot_is_not_known_and_holds_its_target(
    underway: Run, azure: Azure, engineer: User, clock: time_machine.Traveller
) -> None:
    azure.is_forgetful = True
    lost = sweep(underway, clock)
    assert (lost.state, lost.summary) == (
        State.UNKNOWN, "Azure accepted it, and no longer knows how it went (404 NotFound)",
    )  # fmt: skip
    other = acting.waiting(engineer, underway.customer)
    with pytest.raises(Conflict) as held:
        acting.confirm(other, engineer)
    assert f"It is not known whether run {underway.pk} on " in held.value.detail
    services.settle_unknown(underway.pk, 1, happened=True, evidence="Up since 02:09", by=engineer)
    acting.confirm(other, engineer)


def test_one_that_never_ends_is_handed_to_a_person(
    underway: Run, azure: Azure, clock: time_machine.Traveller
) -> None:
    next(iter(azure.operations.values())).left = 99
    clock.shift(engine.LONGEST_OPERATION)
    lost = sweep(underway, clock)
    assert (lost.state, lost.summary) == (State.UNKNOWN, "It has not ended in 45 minutes")


def test_an_azure_that_is_away_is_asked_again_later(
    underway: Run, azure: Azure, clock: time_machine.Traveller
) -> None:
    azure.fail(Fault.RESET_BEFORE, "GET", ".*/operations/.*")
    away = sweep(underway, clock)
    assert (away.state, away.summary) == (
        State.UNDERWAY, "Azure does not answer: the connection broke off",
    )  # fmt: skip
    assert sweep(underway, clock, times=2).state == State.DONE


def test_a_worker_that_may_not_ask_leaves_the_operation_to_another(
    underway: Run, azure: Azure, clock: time_machine.Traveller, settings: Any
) -> None:
    """Nothing is known to have failed because this worker has no way in."""
    settings.AZURE_CREDENTIAL = ""
    here = sweep(underway, clock)
    assert (here.state, here.summary) == (State.UNDERWAY, "The Azure adapter is not configured on this desk")
    settings.AZURE_CREDENTIAL = "managed_identity"
    assert sweep(underway, clock, times=2).state == State.DONE


def test_of_two_workers_one_asks(underway: Run, azure: Azure, clock: time_machine.Traveller) -> None:
    clock.shift(LONG)
    azure.asked.clear()
    for _ in range(2):
        following.ask_after(step(underway, 1).pk)
    assert len(azure.asked) == 1


# ---------- Stopping ----------


def test_a_stop_ends_the_run_and_the_operation_is_followed_until_its_end(
    underway: Run, engineer: User, clock: time_machine.Traveller
) -> None:
    services.stop(underway.pk, reason="The caller can sign in", by=engineer)
    underway.refresh_from_db()
    assert (underway.state, step(underway, 1).state) == (Run.State.STOPPED, State.UNDERWAY)
    other = acting.waiting(engineer, underway.customer)
    with pytest.raises(Conflict) as held:
        acting.confirm(other, engineer)
    assert HOLDS in held.value.detail
    assert sweep(underway, clock, times=2).state == State.DONE
    underway.refresh_from_db()
    assert (underway.state, underway.stop_reason) == (Run.State.STOPPED, "The caller can sign in")
    acting.confirm(other, engineer)


def test_a_stop_while_it_is_sent_ends_the_run_once_azure_has_accepted(
    confirmed: Run, engineer: User, clock: time_machine.Traveller
) -> None:
    claimed = engine.claim(confirmed.pk, token="one")
    services.stop(confirmed.pk, reason="Wrong hospital", by=engineer)
    engine.record(claimed, "one", engine.act(claimed))
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.stopped_by) == (Run.State.STOPPED, engineer)
    assert [each.state for each in confirmed.ordered] == [State.UNDERWAY, State.SKIPPED]
    assert sweep(confirmed, clock, times=2).state == State.DONE


def test_the_incident_goes_on_while_the_operation_does(
    underway: Run, engineer: User, clock: time_machine.Traveller
) -> None:
    services.stop(underway.pk, reason="Escalating", by=engineer)
    incidents.escalate(underway.incident_id, team="Database on call", reason="It does not come", by=engineer)
    sweep(underway, clock, times=2)
    underway.incident.refresh_from_db()
    assert underway.incident.state == "escalated"
    assert underway.incident.timeline.filter(title__contains="Restarted vm-").count() == 1


def test_what_is_not_known_after_a_stop_is_still_answered(
    underway: Run, azure: Azure, engineer: User, clock: time_machine.Traveller
) -> None:
    azure.is_forgetful = True
    services.stop(underway.pk, reason="Escalating", by=engineer)
    assert sweep(underway, clock).state == State.UNKNOWN
    services.settle_unknown(underway.pk, 1, happened=False, evidence="Up for 9 days", by=engineer)
    assert step(underway, 1).state == State.FAILED
