"""At the boundary between two steps a run stops for what changed; pressing twice is pressing once."""

import pytest

from accounts.models import Component, User
from incidents.models import Incident
from sops import engine, services
from sops.actions import simulated
from sops.models import Run, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, TARGET, decision, start, step, work

State = StepRun.State
REASON = "It restarts the wrong slot"


def suspend(run: Run, approver: User, scope: str) -> None:
    if scope == "sop":
        services.suspend_sop(run.version.sop_id, reason=REASON, by=approver)
    elif scope == "action":
        services.suspend_action("restart_app_service", reason=REASON, by=approver)
    else:
        services.suspend_automation(reason=REASON, by=approver)


@pytest.mark.parametrize("scope", ["sop", "action", "automation"])
def test_what_is_suspended_stops_before_the_next_step_also_of_a_person(
    on_night: Incident, engineer: User, approver: User, scope: str
) -> None:
    run = work(start(on_night, [MANUAL, MANUAL, RESTART], by=engineer))
    suspend(run, approver, scope)
    services.answer(run.pk, 1, evidence="They agree", by=engineer)
    run.refresh_from_db()
    assert (run.state, run.stopped_by) == (Run.State.STOPPED, User.objects.system())
    assert "suspended by SOP approver" in run.stop_reason.replace("Suspended", "suspended")
    assert run.stop_reason.endswith(REASON)
    assert [each.state for each in run.step_runs.all()] == [State.DONE, State.SKIPPED, State.SKIPPED]
    on_night.refresh_from_db()
    assert not on_night.has_running_sop


def test_the_end_is_said_also_while_it_is_suspended(
    on_night: Incident, engineer: User, approver: User
) -> None:
    run = work(start(on_night, [MANUAL], by=engineer))
    suspend(run, approver, "sop")
    services.answer(run.pk, 1, evidence="They agree", by=engineer)
    services.close(run.pk, outcome="restored", by=engineer)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (Run.State.FINISHED, "restored")


def test_what_is_not_known_is_asked_also_while_it_is_suspended(
    on_night: Incident, engineer: User, approver: User
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    engine.claim(run.pk, token="one")
    suspend(run, approver, "sop")
    engine.advance(run.pk, token="one")
    assert step(run, 1).state == State.UNKNOWN
    services.settle_unknown(run.pk, 1, happened=True, evidence="The log shows it", by=engineer)
    run.refresh_from_db()
    assert (run.state, step(run, 2).state) == (Run.State.STOPPED, State.SKIPPED)


def test_a_decision_leads_nowhere_that_is_suspended(
    on_night: Incident, engineer: User, approver: User
) -> None:
    run = work(start(on_night, [decision(yes=2), MANUAL], by=engineer))
    suspend(run, approver, "sop")
    services.answer(run.pk, 1, answer="Yes", by=engineer)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (Run.State.STOPPED, "")


# ---------- Pressed twice ----------


def test_choosing_the_same_target_twice_is_quiet(on_night: Incident, engineer: User) -> None:
    second = factories.make_component(on_night.customer, service=on_night.service, name="app-second")
    run = work(start(on_night, [RESTART], by=engineer))
    for _ in range(2):
        services.choose_target(run.pk, 1, component_id=second.pk, by=engineer)
    assert step(run, 1).component == second
    assert on_night.timeline.filter(title__contains="chosen").count() == 1


def test_trying_again_twice_is_quiet(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    run = work(start(on_night, [RESTART], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    simulated.put(estate["app_service"], "fault", {"name": "fail"})
    work(run)
    for _ in range(2):
        services.try_again(run.pk, 1, by=engineer)
    assert on_night.timeline.filter(title__contains="tried again").count() == 1


@pytest.mark.parametrize("act", ["confirm", "answer", "stop"])
def test_the_other_buttons_pressed_twice_are_quiet_too(on_night: Incident, engineer: User, act: str) -> None:
    steps = {"confirm": [RESTART], "answer": [MANUAL, CHECK], "stop": [MANUAL]}[act]
    run = work(start(on_night, steps, by=engineer))
    given = {
        "confirm": {"position": 1, "typed": TARGET}, "answer": {"position": 1, "evidence": "Done"},
        "stop": {"reason": "Called away"},
    }[act]  # fmt: skip
    before = on_night.timeline.count()
    getattr(services, act)(run.pk, **given, by=engineer)
    written = on_night.timeline.count()
    getattr(services, act)(run.pk, **given, by=engineer)
    assert on_night.timeline.count() == written > before


def test_a_failed_step_of_a_run_that_was_stopped_stays_on_the_page(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    simulated.put(estate["app_service"], "fault", {"name": "fail"})
    work(run)
    services.stop(run.pk, reason="Escalating", by=engineer)
    run = Run.objects.get(pk=run.pk)
    assert [each.position for each in run.past] == [1]


def test_two_steps_of_the_same_person_are_two(on_night: Incident, engineer: User) -> None:
    run = work(start(on_night, [MANUAL, MANUAL], by=engineer))
    services.answer(run.pk, 1, evidence="One", by=engineer)
    services.answer(run.pk, 1, evidence="One", by=engineer)
    assert step(run, 2).state == State.WAITING
    assert making.step(run, 1).evidence == "One"
