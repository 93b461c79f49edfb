"""A run from its start to its end: each kind of step, who may act, what is written."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from accounts.models import Component, User
from incidents import services as incidents
from incidents.models import Incident, Kind
from sops import services
from sops.actions import simulated
from sops.models import Run, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import (
    CHECK,
    ESCALATE,
    INSTANCES,
    MANUAL,
    POST,
    RESTART,
    TARGET,
    WAIT,
    decision,
    start,
    step,
    work,
)

State = StepRun.State


def titles(incident: Incident) -> list[str]:
    return list(incident.timeline.filter(kind=Kind.SOP).order_by("id").values_list("title", flat=True))


def test_a_run_is_pinned_to_its_version_and_moves_the_incident(on_night: Incident, engineer: User) -> None:
    run = start(on_night, [CHECK, RESTART], by=engineer)
    on_night.refresh_from_db()
    assert (on_night.state, on_night.has_running_sop) == ("sop", True)
    first, second = step(run, 1), step(run, 2)
    assert (first.action, first.risk, first.is_disruptive) == ("http_probe", "read", False)
    assert (second.action, second.risk, second.is_disruptive) == ("restart_app_service", "disruptive", True)
    assert second.parameters == {"soft": True}


def test_a_version_approved_later_does_not_change_a_run_that_began(
    on_night: Incident, engineer: User, author: User, approver: User
) -> None:
    run = start(on_night, [CHECK, MANUAL], by=engineer)
    old = run.version
    newer = making.make_draft(author, [INSTANCES], sop=old.sop)
    making.rehearsed(services.submit_version(newer.pk, by=author))
    services.approve_version(newer.pk, reason="Better", review_on=making.REVIEW_ON, by=approver)
    run = work(run)
    assert run.version == old
    assert [each.step.title for each in run.step_runs.all()] == [CHECK["title"], MANUAL["title"]]
    assert step(run, 1).state == State.DONE


def test_checks_run_by_themselves_and_a_bad_finding_is_not_the_end(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    simulated.break_down(estate["app_service"])
    run = work(start(on_night, [CHECK, INSTANCES, MANUAL], by=engineer))
    assert [(each.state, each.summary, each.is_bad) for each in run.step_runs.all()[:2]] == [
        (State.DONE, "503, 3 of 3", True),
        (State.DONE, "Both instances unhealthy", True),
    ]
    assert run.state == Run.State.WAITING
    assert step(run, 3).state == State.WAITING
    bad = on_night.timeline.filter(kind=Kind.SOP, is_bad=True)
    assert [entry.title for entry in bad.order_by("id")] == [
        f"{run.version.sop.code} step 1: Probe the sign-in page: 503, 3 of 3",
        f"{run.version.sop.code} step 2: Read the instances: Both instances unhealthy",
    ]


def test_a_stop_condition_stops_the_run_at_that_step(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    simulated.break_down(estate["app_service"])
    run = work(start(on_night, [CHECK | {"stop_when_failed": True}, RESTART], by=engineer))
    assert (run.state, step(run, 2).state) == (Run.State.STOPPED, State.SKIPPED)
    assert run.stop_reason == "Stop condition at step 1: 503, 3 of 3"
    on_night.refresh_from_db()
    assert (on_night.state, on_night.has_running_sop) == ("sop", False)


def test_a_disruptive_step_waits_until_the_target_is_typed(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    run = work(start(on_night, [RESTART], by=engineer))
    assert (run.state, step(run, 1).state) == (Run.State.WAITING, State.WAITING)
    assert simulated.get(estate["app_service"], "restarts", 0) == 0
    with pytest.raises(ValidationError, match="Type app-compucare8-wexcombe to confirm the target"):
        services.confirm(run.pk, 1, typed="harbour", by=engineer)
    services.confirm(run.pk, 1, typed=f" {TARGET.upper()} ", by=engineer)
    run = work(run)
    done = step(run, 1)
    assert (done.state, done.confirmed_by, done.attempt) == (State.DONE, engineer, 1)
    assert simulated.get(estate["app_service"], "restarts") == 1


def test_the_dry_run_says_effect_target_place_and_that_nothing_else_acts(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    run = work(start(on_night, [RESTART], by=engineer))
    planned = services.confirming.dry_run_of(run, step(run, 1))
    assert planned.is_allowed
    assert (planned.target, planned.location) == (estate["app_service"].name, "UK South, rg-wexcombe")
    assert planned.parameters == "Soft restart, all instances"
    assert planned.verdict == "Allowed. Nothing else acts on this target"


def test_a_manual_step_needs_evidence_without_patient_data(on_night: Incident, engineer: User) -> None:
    run = work(start(on_night, [MANUAL], by=engineer))
    with pytest.raises(ValidationError, match="Write what you did and what you saw"):
        services.answer(run.pk, 1, evidence="  ", by=engineer)
    with pytest.raises(ValidationError, match="Remove the patient identifier") as refused:
        services.answer(run.pk, 1, evidence="They read out NHS number 999 012 3456", by=engineer)
    assert "999" not in str(refused.value)
    services.answer(run.pk, 1, evidence="IT on-call manager agrees", by=engineer)
    done = step(run, 1)
    assert (done.state, done.evidence, done.decided_by) == (State.DONE, "IT on-call manager agrees", engineer)
    assert on_night.timeline.filter(kind=Kind.SOP).order_by("-id")[0].text == "IT on-call manager agrees"


@pytest.mark.parametrize(("given", "outcome"), [("yes", "restored"), ("No", "not_restored")])
def test_a_decision_ends_the_run_with_the_outcome_of_its_answer(
    on_night: Incident, engineer: User, given: str, outcome: str
) -> None:
    run = work(start(on_night, [decision(), POST], by=engineer))
    with pytest.raises(ValidationError, match="Choose one of the answers: Yes or No"):
        services.answer(run.pk, 1, answer="Perhaps", by=engineer)
    services.answer(run.pk, 1, answer=given, by=engineer)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (Run.State.FINISHED, outcome)
    assert step(run, 2).state == State.SKIPPED


def test_a_decision_leaves_out_what_lies_between(on_night: Incident, engineer: User) -> None:
    run = work(start(on_night, [decision(yes=3), MANUAL, POST], by=engineer))
    services.answer(run.pk, 1, answer="Yes", by=engineer)
    assert [each.state for each in run.step_runs.all()] == [State.DONE, State.SKIPPED, State.WAITING]


def test_a_status_update_is_posted_in_the_words_that_the_person_left(
    on_night: Incident, engineer: User
) -> None:
    run = work(start(on_night, [decision(yes=2), POST], by=engineer))
    services.answer(run.pk, 1, answer="Yes", by=engineer)
    with pytest.raises(ValidationError, match="Choose when the next update comes"):
        services.post_words(run.pk, 2, words="Users can sign in again.", next_in_minutes=None, by=engineer)
    services.post_words(run.pk, 2, words="Users can sign in again.", next_in_minutes=30, by=engineer)
    posted = on_night.status_updates.get()
    assert (posted.phase, posted.words, posted.posted_by) == (
        "monitoring",
        "Users can sign in again.",
        engineer,
    )
    run.refresh_from_db()
    assert (run.state, run.outcome) == (Run.State.FINISHED, "restored")
    on_night.refresh_from_db()
    assert on_night.public_phase == "monitoring"
    assert on_night.next_update_due_at == posted.next_update_due_at
    assert on_night.next_action == "Confirm with the caller that the service is back, then resolve"


def test_a_status_update_with_the_hospitals_name_is_refused(on_night: Incident, engineer: User) -> None:
    run = work(start(on_night, [POST], by=engineer))
    with pytest.raises(ValidationError, match="names no hospital"):
        services.post_words(
            run.pk, 1, words="Wexcombe Park Hospital is down", next_in_minutes=30, by=engineer
        )
    assert step(run, 1).state == State.WAITING


def test_an_escalate_step_ends_the_run_so_that_the_incident_may_be_escalated(
    on_night: Incident, engineer: User
) -> None:
    run = work(start(on_night, [ESCALATE], by=engineer))
    with pytest.raises(Conflict):
        incidents.escalate(on_night.pk, team="Platform on call", reason="It does not answer", by=engineer)
    services.escalate_now(run.pk, 1, evidence="The restart did not help", by=engineer)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (Run.State.FINISHED, "not_restored")
    escalated = incidents.escalate(on_night.pk, team="Platform on call", reason="No effect", by=engineer)
    assert escalated.state == "escalated"


def test_a_step_may_be_left_out_with_a_reason_if_it_only_tells_others(
    on_night: Incident, engineer: User
) -> None:
    run = work(start(on_night, [POST, MANUAL], by=engineer))
    with pytest.raises(ValidationError, match="Say why you leave this step out"):
        services.leave_out(run.pk, 1, reason="", by=engineer)
    services.leave_out(run.pk, 1, reason="Posted by the desk already", by=engineer)
    assert step(run, 2).state == State.WAITING
    with pytest.raises(Conflict):
        services.leave_out(run.pk, 2, reason="No time", by=engineer)


def test_after_the_last_step_a_person_says_whether_it_is_restored(on_night: Incident, engineer: User) -> None:
    run = work(start(on_night, [CHECK], by=engineer))
    assert (run.state, run.current) == (Run.State.WAITING, None)
    with pytest.raises(ValidationError, match="Choose whether the service is restored"):
        services.close(run.pk, outcome="perhaps", by=engineer)
    services.close(run.pk, outcome="restored", by=engineer)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (Run.State.FINISHED, "restored")


def test_waiting_until_healthy_looks_again_and_then_sees_it(
    on_night: Incident, engineer: User, estate: dict[str, Component], night
) -> None:
    simulated.break_down(estate["app_service"])
    run = work(start(on_night, [RESTART, WAIT], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    run = work(run)
    waiting = step(run, 2)
    assert (run.state, waiting.state, waiting.summary) == (Run.State.RUNNING, State.PENDING, "Not yet: 503")
    night.shift(6)
    run = work(run)
    assert (step(run, 2).state, step(run, 2).summary) == (State.DONE, "Answers: 200")


def test_waiting_gives_up_when_its_time_is_over(
    on_night: Incident, engineer: User, estate: dict[str, Component], night
) -> None:
    simulated.break_down(estate["app_service"])
    run = start(on_night, [WAIT, MANUAL], by=engineer)
    for _ in range(62):
        work(run, most=1)
        night.shift(5)
    given_up = step(run, 1)
    assert (given_up.state, given_up.is_bad) == (State.DONE, True)
    assert given_up.summary == "Not yet: 503, given up"
    assert step(run, 2).state == State.WAITING


def test_the_whole_run_restores_the_service(
    on_night: Incident, engineer: User, estate: dict[str, Component], night
) -> None:
    simulated.break_down(estate["app_service"])
    run = work(start(on_night, [CHECK, MANUAL, RESTART, WAIT, decision(yes=6), POST], by=engineer))
    services.answer(run.pk, 2, evidence="They agree", by=engineer)
    services.confirm(run.pk, 3, typed=TARGET, by=engineer)
    work(run)
    night.shift(6)
    work(run)
    services.answer(run.pk, 5, answer="Yes", by=engineer)
    services.post_words(run.pk, 6, words="Users can sign in again.", next_in_minutes=30, by=engineer)
    run.refresh_from_db()
    assert (run.state, run.outcome) == (Run.State.FINISHED, "restored")
    code = run.version.sop.code
    assert titles(on_night)[:3] == [
        f"{code} step 1: Probe the sign-in page: 503, 3 of 3",
        f"{code} step 2: Tell the hospital",
        f"{code} step 3 confirmed: {estate['app_service'].name}",
    ]
    assert titles(on_night)[-1] == f"{code} restored the service"
    assert simulated.get(estate["app_service"], "restarts") == 1


@pytest.mark.parametrize(
    "role", ["analyst", "author", "approver", "manager", "partner_auditor", "specialist"]
)
def test_only_engineers_and_leads_act_in_a_run(
    role: str, on_night: Incident, engineer: User, request: pytest.FixtureRequest
) -> None:
    run = work(start(on_night, [MANUAL], by=engineer))
    person = request.getfixturevalue(role)
    with pytest.raises(PermissionDenied):
        services.answer(run.pk, 1, evidence="Done", by=person)
    with pytest.raises(PermissionDenied):
        services.start_run(on_night.pk, run.version_id, by=person)


def test_several_targets_alike_are_chosen_between_never_guessed(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    second = factories.make_component(on_night.customer, service=on_night.service, name="app-second")
    other = factories.make_component(
        factories.make_customer(), service=on_night.service, name="app-elsewhere"
    )
    run = work(start(on_night, [RESTART], by=engineer))
    assert step(run, 1).component is None
    with pytest.raises(ValidationError, match="Choose one of the registered targets"):
        services.choose_target(run.pk, 1, component_id=other.pk, by=engineer)
    services.choose_target(run.pk, 1, component_id=second.pk, by=engineer)
    services.confirm(run.pk, 1, typed="app-second", by=engineer)
    work(run)
    assert simulated.get(second, "restarts") == 1
    assert simulated.get(estate["app_service"], "restarts", 0) == 0
