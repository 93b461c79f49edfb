"""An action leaves the catalogue while a run is at it, by a release: a person can still finish the run."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from accounts.errors import Conflict
from accounts.models import Component, User
from incidents import services as incidents
from incidents.models import Incident
from sops import engine, following, services, tasks
from sops.actions import catalogue, simulated
from sops.actions.outcomes import Underway
from sops.models import Run, StepRun
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, TARGET, start, step, work

State = StepRun.State
STOPPED = "Step 1 calls restart_app_service in a way that this desk no longer offers"
SOON = timedelta(minutes=1)
Leave = Callable[..., None]


@pytest.fixture
def leave(monkeypatch: pytest.MonkeyPatch) -> Leave:
    """Takes an action out of the catalogue, as the next release of the desk would."""

    def leave(name: str = "restart_app_service") -> None:
        kept = {key: spec for key, spec in catalogue.CATALOGUE.items() if key != name}
        monkeypatch.setattr(catalogue, "CATALOGUE", kept)

    return leave


@pytest.fixture
def waiting(on_night: Incident, engineer: User) -> Run:
    return work(start(on_night, [RESTART, MANUAL], by=engineer))


@pytest.fixture
def confirmed(waiting: Run, engineer: User) -> Run:
    with making.no_worker():
        return services.confirm(waiting.pk, 1, typed=TARGET, by=engineer)


@pytest.fixture
def underway(confirmed: Run) -> Run:
    claimed = engine.claim(confirmed.pk, token="one")
    assert claimed is not None
    engine.record(claimed, "one", engine.result_of(claimed, lambda: Underway("Restarting", {"url": "x"})))
    return confirmed


@pytest.fixture
def unknown(confirmed: Run) -> Run:
    for _ in range(2):
        engine.claim(confirmed.pk, token="one")
    assert step(confirmed, 1).state == State.UNKNOWN
    return confirmed


def pages(run: Run, by: User, browse: Callable[[User], Client], api: Callable[[User], APIClient]) -> str:
    """What its page says; the API tells it too."""
    assert api(by).get(f"/api/v1/runs/{run.pk}/").status_code == 200
    answer = browse(by).get(f"/runs/{run.pk}/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_an_operation_that_goes_on_ends_as_not_known_and_a_person_finishes_the_run(
    underway: Run, engineer: User, leave: Leave, night: time_machine.Traveller,
    browse: Callable[[User], Client], api: Callable[[User], APIClient],
) -> None:  # fmt: skip
    leave()
    assert "Restarting" in pages(underway, engineer, browse, api)
    night.shift(SOON)
    following.ask_after(step(underway, 1).pk)
    lost = step(underway, 1)
    assert (lost.state, lost.operation, lost.summary) == (
        State.UNKNOWN, {}, "This desk no longer offers restart_app_service, and cannot ask how it went",
    )  # fmt: skip
    assert lost.summary in pages(underway, engineer, browse, api)
    with pytest.raises(Conflict, match="No check shows whether it happened"):
        services.look(underway.pk, 1, by=engineer)
    services.settle_unknown(underway.pk, 1, happened=True, evidence="The portal shows it", by=engineer)
    services.answer(underway.pk, 2, evidence="They can sign in", by=engineer)
    services.close(underway.pk, outcome="restored", by=engineer)


def test_a_sweep_leaves_nothing_of_it_behind(
    underway: Run, leave: Leave, night: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave()
    night.shift(SOON)
    monkeypatch.setattr(tasks.ask_after, "apply_async", lambda given, **_: following.ask_after(*given))
    tasks.recover()
    assert not StepRun.objects.filter(state=State.UNDERWAY).exists()


def test_a_check_that_goes_on_fails_and_the_run_goes_past_it(
    on_night: Incident, engineer: User, leave: Leave, night: time_machine.Traveller
) -> None:
    run = start(on_night, [CHECK, MANUAL], by=engineer)
    claimed = engine.claim(run.pk, token="one")
    assert claimed is not None
    engine.record(claimed, "one", engine.result_of(claimed, lambda: Underway("Reading", {"url": "x"})))
    leave(CHECK["action"])
    night.shift(SOON)
    following.ask_after(claimed.pk)
    assert (step(run, 1).state, step(run, 2).state) == (State.FAILED, State.WAITING)


def test_what_was_confirmed_is_not_sent_and_the_run_stops_with_the_reason(
    confirmed: Run, leave: Leave, estate: dict[str, Component]
) -> None:
    leave()
    work(confirmed)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.stop_reason) == (Run.State.STOPPED, STOPPED)
    assert step(confirmed, 1).state == State.SKIPPED
    assert simulated.get(estate["app_service"], "restarts", 0) == 0
    confirmed.incident.refresh_from_db()
    assert not confirmed.incident.has_running_sop


def test_what_waits_for_a_word_says_so_and_takes_none(
    waiting: Run, engineer: User, leave: Leave, browse: Callable[[User], Client],
    api: Callable[[User], APIClient],
) -> None:  # fmt: skip
    leave()
    shown = pages(waiting, engineer, browse, api)
    assert STOPPED in shown
    assert "Type app-" not in shown
    for sent in ({"step": 1, "confirm": TARGET}, {"step": 1}):
        assert browse(engineer).post(f"/runs/{waiting.pk}/confirm/", sent).status_code == 409
    assert api(engineer).post(f"/api/v1/runs/{waiting.pk}/confirm/", sent).status_code == 409
    services.stop(waiting.pk, reason="It cannot be done any more", by=engineer)
    incidents.resume_triage(waiting.incident_id, reason="Stopped", by=engineer)


def test_a_run_that_comes_to_such_a_step_stops_before_it(
    on_night: Incident, engineer: User, leave: Leave
) -> None:
    run = work(start(on_night, [MANUAL, RESTART], by=engineer))
    leave()
    services.answer(run.pk, 1, evidence="They agree", by=engineer)
    run.refresh_from_db()
    assert (run.state, run.stop_reason) == (Run.State.STOPPED, STOPPED.replace("Step 1", "Step 2"))


def test_what_failed_is_not_tried_again_but_may_be_left(
    unknown: Run, engineer: User, leave: Leave, browse: Callable[[User], Client],
    api: Callable[[User], APIClient],
) -> None:  # fmt: skip
    services.settle_unknown(unknown.pk, 1, happened=False, evidence="Up for 9 days", by=engineer)
    leave()
    shown = pages(unknown, engineer, browse, api)
    assert "Confirm it again" not in shown
    assert "It was tried" not in shown
    with pytest.raises(Conflict, match="no longer offers"):
        services.try_again(unknown.pk, 1, by=engineer)
    services.go_on(unknown.pk, 1, by=engineer)
    assert step(unknown, 2).state == State.WAITING


def test_a_look_whose_check_has_gone_says_so(unknown: Run, engineer: User, leave: Leave) -> None:
    services.look(unknown.pk, 1, by=engineer)
    leave("activity_log")
    following.look(step(unknown, 1).pk)
    assert step(unknown, 1).look_words == "No answer: This desk no longer offers activity_log"
