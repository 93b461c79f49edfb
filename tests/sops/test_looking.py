"""Of an action nobody knows whether it happened: a check may be asked to look, and a person says."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from kombu.exceptions import OperationalError

from accounts.errors import Conflict
from accounts.models import Component, User
from incidents.models import Incident
from sops import following, services, tasks
from sops.actions import simulated
from sops.actions.outcomes import Failed
from sops.models import Run, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import MANUAL, RESTART, TARGET, start, step, work

State = StepRun.State
LOST = "lose"


@pytest.fixture
def unknown(on_night: Incident, engineer: User, estate: dict[str, Component]) -> Run:
    """A restart whose answer was lost; it happened, as the activity log knows."""
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    simulated.put(estate["app_service"], "fault", {"name": LOST})
    run = work(run)
    assert step(run, 1).state == State.UNKNOWN
    return run


def ask(run: Run, by: User, callbacks: Any) -> Any:
    """Press “look”: how often a task was queued for it."""
    with mock.patch("sops.tasks.look.apply_async") as queued, callbacks(execute=True):
        services.look(run.pk, 1, by=by)
    return queued


def test_the_check_is_asked_once_however_often_it_is_pressed(
    unknown: Run, engineer: User, other_engineer: User, django_capture_on_commit_callbacks: Any
) -> None:
    queued = ask(unknown, engineer, django_capture_on_commit_callbacks)
    queued.assert_called_once_with((step(unknown, 1).pk,), expires=60)
    for person in (engineer, other_engineer):
        assert ask(unknown, person, django_capture_on_commit_callbacks).call_count == 0
    asked = step(unknown, 1)
    assert (asked.look_asked_by, asked.looked_at, asked.state) == (engineer, None, State.UNKNOWN)


def test_what_it_saw_is_written_and_the_person_still_says(unknown: Run, engineer: User) -> None:
    services.look(unknown.pk, 1, by=engineer)
    for _ in range(2):
        following.look(step(unknown, 1).pk)
    seen = step(unknown, 1)
    assert seen.look_words == "Read what was done to it: 1 done: Restarted 02:07 GMT"
    assert (seen.look_is_bad, seen.state) == (False, State.UNKNOWN)
    services.settle_unknown(unknown.pk, 1, happened=True, evidence="The log shows it", by=engineer)
    assert step(unknown, 1).state == State.DONE
    assert simulated.get(step(unknown, 1).component, "restarts") == 1


def test_a_target_that_went_to_another_hospital_is_not_looked_at(unknown: Run, engineer: User) -> None:
    services.look(unknown.pk, 1, by=engineer)
    target = step(unknown, 1).component
    assert target is not None
    target.customer = factories.make_customer()
    target.save()
    following.look(step(unknown, 1).pk)
    seen = step(unknown, 1)
    assert seen.look_words == f"No answer: {target} is no longer a target for {unknown.customer}"
    services.settle_unknown(unknown.pk, 1, happened=True, evidence="The portal shows it", by=engineer)


def test_a_check_that_fails_says_so_and_may_be_asked_again(
    unknown: Run, engineer: User, django_capture_on_commit_callbacks: Any
) -> None:
    services.look(unknown.pk, 1, by=engineer)
    with mock.patch.object(simulated, "perform", side_effect=Failed("The log is away")):
        following.look(step(unknown, 1).pk)
    seen = step(unknown, 1)
    assert (seen.look_words, seen.look_is_bad) == ("No answer: The log is away", True)
    assert ask(unknown, engineer, django_capture_on_commit_callbacks).call_count == 1
    assert (step(unknown, 1).look_words, step(unknown, 1).looked_at) == ("", None)
    following.look(step(unknown, 1).pk)
    assert not step(unknown, 1).look_is_bad


def test_an_error_of_ours_in_the_check_keeps_no_text_of_it(unknown: Run, engineer: User) -> None:
    services.look(unknown.pk, 1, by=engineer)
    with mock.patch.object(simulated, "perform", side_effect=RuntimeError("secret")):
        following.look(step(unknown, 1).pk)
    assert step(unknown, 1).look_words == "No answer: Broke off on our side (RuntimeError)"


def test_with_the_broker_away_the_sweep_asks(
    unknown: Run,
    engineer: User,
    night: time_machine.Traveller,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with (
        mock.patch("sops.tasks.look.apply_async", side_effect=OperationalError("away")),
        django_capture_on_commit_callbacks(execute=True),
    ):
        services.look(unknown.pk, 1, by=engineer)
    with making.no_worker(), mock.patch("sops.tasks.look.apply_async") as queued:
        tasks.recover()
        assert queued.call_count == 0  # its own task may still come
        night.shift(timedelta(seconds=11))
        tasks.recover()
        queued.assert_called_once_with((step(unknown, 1).pk,), expires=30)
        following.look(step(unknown, 1).pk)
        tasks.recover()
        assert queued.call_count == 1


def test_an_answer_that_comes_after_the_persons_own_changes_nothing(unknown: Run, engineer: User) -> None:
    services.look(unknown.pk, 1, by=engineer)
    real = simulated.perform

    def slow(*given: Any) -> Any:
        services.settle_unknown(unknown.pk, 1, happened=True, evidence="I saw it", by=engineer)
        return real(*given)

    with mock.patch.object(simulated, "perform", side_effect=slow):
        following.look(step(unknown, 1).pk)
    assert (step(unknown, 1).state, step(unknown, 1).look_words) == (State.DONE, "")


@pytest.mark.parametrize(
    "role", ["analyst", "author", "approver", "manager", "partner_auditor", "specialist"]
)
def test_others_do_not_ask(unknown: Run, role: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        services.look(unknown.pk, 1, by=request.getfixturevalue(role))


def test_there_is_nothing_to_look_for_where_it_is_known(unknown: Run, engineer: User) -> None:
    with pytest.raises(Conflict):
        services.look(unknown.pk, 2, by=engineer)
    services.settle_unknown(unknown.pk, 1, happened=True, evidence="Seen", by=engineer)
    with pytest.raises(Conflict, match="OOH engineer 1 has already dealt with step 1"):
        services.look(unknown.pk, 1, by=engineer)


def test_it_is_offered_also_after_the_run_was_stopped(unknown: Run, engineer: User, browse: Any) -> None:
    services.stop(unknown.pk, reason="Escalating", by=engineer)
    client = browse(engineer)
    assert "Read what was done to it" in client.get(f"/runs/{unknown.pk}/").content.decode()
    assert client.post(f"/runs/{unknown.pk}/look/", {"step": "1"}).status_code == 302
    assert "looking since 02:07:12 GMT" in client.get(f"/runs/{unknown.pk}/").content.decode()
    following.look(step(unknown, 1).pk)
    assert "1 done: Restarted 02:07 GMT" in client.get(f"/runs/{unknown.pk}/").content.decode()


def test_the_interface_asks_and_tells_what_it_saw(unknown: Run, engineer: User, api: Any) -> None:
    caller = api(engineer)
    assert caller.post(f"/api/v1/runs/{unknown.pk}/look/", {"step": 1}, format="json").status_code == 200
    following.look(step(unknown, 1).pk)
    told = caller.get(f"/api/v1/runs/{unknown.pk}/").json()["steps"][0]
    assert told["look"] == "Read what was done to it: 1 done: Restarted 02:07 GMT"
