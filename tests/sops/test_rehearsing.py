"""A rehearsal is the same engine on the simulated estate: it proves a version and leaves no trace."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from accounts.models import Component, Customer, User
from incidents.models import Incident, OutboxRow, StatusUpdate, TimelineEntry
from sops import services
from sops.actions import simulated
from sops.models import Run, SopVersion, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, ESCALATE, MANUAL, POST, RESTART, TARGET, make_draft, step, work

State = StepRun.State
ALL_KINDS = [CHECK, RESTART, MANUAL, POST, ESCALATE]


@pytest.fixture
def draft(author: User, estate: dict[str, Component], night: None) -> SopVersion:
    return make_draft(author, ALL_KINDS)


def rehearse(version: SopVersion, customer: Customer, by: User) -> Run:
    return work(services.rehearse(version.pk, customer_id=customer.pk, by=by))


def through(run: Run, by: User) -> Run:
    """All five steps, and the answer to the question at the end."""
    services.confirm(run.pk, 2, typed=TARGET, by=by)
    work(run)
    services.answer(run.pk, 3, evidence="Told nobody: a rehearsal", by=by)
    services.post_words(run.pk, 4, words="Users can sign in again.", next_in_minutes=30, by=by)
    services.escalate_now(run.pk, 5, evidence="As it is written", by=by)
    return services.close(run.pk, outcome="worked", by=by)


# ---------- Who, what and where ----------


@pytest.mark.parametrize("role", ["approver", "analyst", "specialist", "manager", "partner_auditor"])
def test_who_neither_runs_nor_writes_sops_rehearses_none(
    draft: SopVersion, customer: Customer, role: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(PermissionDenied):
        services.rehearse(draft.pk, customer_id=customer.pk, by=request.getfixturevalue(role))


def test_an_author_rehearses_a_draft_and_the_partner_what_was_approved(
    draft: SopVersion, customer: Customer, author: User, engineer: User, lead: User
) -> None:
    assert rehearse(draft, customer, author).is_rehearsal
    approved = making.make_approved([CHECK])
    for person in (engineer, lead):
        with pytest.raises(SopVersion.DoesNotExist):
            services.rehearse(draft.pk, customer_id=customer.pk, by=person)
        assert rehearse(approved, customer, person).started_by == person


@pytest.mark.parametrize("state", ["superseded", "withdrawn"])
def test_what_is_over_is_not_rehearsed(
    draft: SopVersion, customer: Customer, author: User, approver: User, state: str
) -> None:
    version = making.make_approved([CHECK], author=author, approver=approver)
    if state == "withdrawn":
        services.withdraw_version(version.pk, reason="Wrong", by=approver)
    else:
        newer = services.submit_version(make_draft(author, [CHECK], sop=version.sop).pk, by=author)
        making.rehearsed(newer)
        services.approve_version(newer.pk, reason="Better", review_on=making.REVIEW_ON, by=approver)
    with pytest.raises(Conflict, match=f"is {state}"):
        services.rehearse(version.pk, customer_id=customer.pk, by=author)


def test_a_version_that_is_not_whole_is_not_rehearsed(
    customer: Customer, author: User, estate: dict[str, Component], night: None
) -> None:
    unfinished = make_draft(author, [MANUAL | {"instructions": ""}])
    with pytest.raises(ValidationError, match="write the instructions"):
        services.rehearse(unfinished.pk, customer_id=customer.pk, by=author)


def test_only_a_customer_of_the_simulated_estate_will_do(draft: SopVersion, author: User) -> None:
    real = factories.make_customer(is_simulated=False)
    making.make_estate(real, factories.make_service())
    with pytest.raises(ValidationError, match="Choose a customer of the simulated estate"):
        services.rehearse(draft.pk, customer_id=real.pk, by=author)


def test_a_customer_without_the_targets_will_not_do(draft: SopVersion, author: User) -> None:
    with pytest.raises(Conflict, match="cannot be rehearsed"):
        services.rehearse(draft.pk, customer_id=factories.make_customer().pk, by=author)


def test_a_target_that_is_real_is_never_acted_on(
    draft: SopVersion, customer: Customer, author: User, estate: dict[str, Component]
) -> None:
    run = rehearse(draft, customer, author)
    Component.objects.filter(pk=estate["app_service"].pk).update(is_simulated=False)
    with pytest.raises(Conflict, match="cannot be sent"):
        services.confirm(run.pk, 2, typed=TARGET, by=author)


# ---------- It leaves no trace outside ----------


def test_nothing_of_it_is_published_told_or_written_on_a_timeline(
    draft: SopVersion, customer: Customer, author: User
) -> None:
    run = through(rehearse(draft, customer, author), author)
    assert (run.state, run.outcome) == (Run.State.FINISHED, "worked")
    assert [each.state for each in run.step_runs.all()] == [State.DONE] * 5
    assert step(run, 4).summary == "Would have posted the update “Monitoring”"
    for kind in (Incident, StatusUpdate, OutboxRow, TimelineEntry):
        assert not kind.objects.exists(), kind


def test_nothing_of_it_is_on_the_public_page(
    draft: SopVersion, customer: Customer, author: User, client: Any
) -> None:
    before = client.get("/status/api/v2/summary.json").json()["components"]
    through(rehearse(draft, customer, author), author)
    assert client.get("/status/api/v2/summary.json").json()["components"] == before
    assert client.get("/status/api/v2/incidents.json").json()["incidents"] == []


def test_no_report_counts_it(
    draft: SopVersion, customer: Customer, author: User, manager: User, api: Any
) -> None:
    before = api(manager).get("/api/v1/reports/2026-11/").json()
    through(rehearse(draft, customer, author), author)
    assert api(manager).get("/api/v1/reports/2026-11/").json() == before
    assert not Run.objects.counted().exists()


def test_a_rehearsal_whose_action_failed_proves_nothing(
    author: User, estate: dict[str, Component], customer: Customer, night: None
) -> None:
    run = rehearse(make_draft(author, [RESTART]), customer, author)
    simulated.put(estate["app_service"], "fault", {"name": "fail"})
    services.confirm(run.pk, 1, typed=TARGET, by=author)
    work(run)
    services.go_on(run.pk, 1, by=author)
    with pytest.raises(Conflict, match="Step 1 failed"):
        services.close(run.pk, outcome="worked", by=author)
    services.close(run.pk, outcome="did_not_work", by=author)


def test_an_escalation_leads_to_the_question_whether_it_worked(
    customer: Customer, author: User, estate: dict[str, Component], night: None
) -> None:
    run = rehearse(make_draft(author, [ESCALATE, MANUAL]), customer, author)
    services.escalate_now(run.pk, 1, evidence="As it is written", by=author)
    run = Run.objects.get(pk=run.pk)
    assert (run.state, run.current, step(run, 2).state) == (Run.State.WAITING, None, State.SKIPPED)
    for wrong in ("restored", "not_restored", ""):
        with pytest.raises(ValidationError, match="Choose whether it worked as written"):
            services.close(run.pk, outcome=wrong, by=author)
    assert services.close(run.pk, outcome="did_not_work", by=author).outcome == "did_not_work"


def test_also_an_answer_that_ends_a_run_leads_to_that_question(
    customer: Customer, author: User, estate: dict[str, Component], night: None
) -> None:
    run = rehearse(make_draft(author, [making.decision()]), customer, author)
    services.answer(run.pk, 1, answer="Yes", by=author)
    run = Run.objects.get(pk=run.pk)
    assert (run.state, run.outcome, run.current) == (Run.State.WAITING, "", None)


def test_the_words_for_the_public_are_guarded_as_they_would_be(
    customer: Customer, author: User, estate: dict[str, Component], night: None
) -> None:
    run = rehearse(make_draft(author, [POST]), customer, author)
    for words in ("", "NHS number 999 012 3456"):
        with pytest.raises(ValidationError):
            services.post_words(run.pk, 1, words=words, next_in_minutes=30, by=author)


# ---------- It proves a version ----------


def test_it_proves_only_the_words_and_steps_that_were_rehearsed(
    draft: SopVersion, customer: Customer, author: User, approver: User
) -> None:
    through(rehearse(draft, customer, author), author)
    draft.use_when = "Something else is down"
    draft.save()
    services.submit_version(draft.pk, by=author)
    with pytest.raises(Conflict, match="It was not rehearsed as it is now"):
        services.approve_version(draft.pk, reason="Read", review_on=making.REVIEW_ON, by=approver)


def test_rehearsed_as_it_is_it_may_be_approved(
    draft: SopVersion, customer: Customer, author: User, approver: User
) -> None:
    through(rehearse(draft, customer, author), author)
    services.submit_version(draft.pk, by=author)
    approved = services.approve_version(draft.pk, reason="Read", review_on=making.REVIEW_ON, by=approver)
    assert approved.state == "approved"


@pytest.mark.parametrize("how", ["did_not_work", "stopped", "under way"])
def test_one_that_did_not_work_or_did_not_end_proves_nothing(
    customer: Customer, author: User, estate: dict[str, Component], night: None, how: str
) -> None:
    version = make_draft(author, [CHECK])
    run = rehearse(version, customer, author)
    if how == "stopped":
        services.stop(run.pk, reason="Called away", by=author)
    elif how == "did_not_work":
        services.close(run.pk, outcome=how, by=author)
    assert not version.runs.proving(run.content_hash).exists()


def test_a_step_changed_meanwhile_does_not_change_the_rehearsal_that_goes_on(
    draft: SopVersion, customer: Customer, author: User
) -> None:
    run = rehearse(draft, customer, author)
    draft.steps.filter(position=3).update(title="Something else")
    assert step(run, 3).step.title == MANUAL["title"]


# ---------- Who sees it ----------


def test_the_partner_sees_no_rehearsal_of_what_was_never_approved(
    draft: SopVersion, customer: Customer, author: User, engineer: User, browse: Any, api: Any
) -> None:
    run = rehearse(draft, customer, author)
    for name, is_seen in ((author, True), (engineer, False)):
        page = browse(name).get(f"/runs/{run.pk}/")
        assert page.status_code == (200 if is_seen else 404)
        assert (b"Rehearsal" in browse(name).get(f"/sops/{draft.sop.code}/").content) == is_seen
    caller = api(engineer)
    assert caller.get(f"/api/v1/runs/{run.pk}/").status_code == 404
    assert caller.get("/api/v1/runs/").json()["results"] == []
    assert caller.post(f"/api/v1/runs/{run.pk}/stop/", {"reason": "x"}, format="json").status_code == 404


def test_the_partner_sees_a_rehearsal_of_what_is_approved(
    customer: Customer, author: User, engineer: User, estate: dict[str, Component], night: None, browse: Any
) -> None:
    run = rehearse(making.make_approved([CHECK]), customer, author)
    page = browse(engineer).get(f"/runs/{run.pk}/")
    assert page.status_code == 200
    assert "nothing here is real" in page.content.decode()


def test_its_pages_act_for_the_author_who_runs_no_sop_on_an_incident(
    draft: SopVersion, customer: Customer, author: User, approver: User, browse: Any
) -> None:
    run = rehearse(draft, customer, author)
    sent = {"step": "2", "confirm": TARGET}
    assert browse(approver).post(f"/runs/{run.pk}/confirm/", sent).status_code == 403
    assert browse(author).post(f"/runs/{run.pk}/confirm/", sent).status_code == 302
    work(run)
    assert simulated.get(step(run, 2).component, "restarts") == 1
