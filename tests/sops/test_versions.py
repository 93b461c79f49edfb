"""The life of a version: state by transition by role, from one table; four eyes; what a submission needs."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role, Side
from sops import services
from sops.models import Sop, SopVersion, Suspension
from sops.models.version import VersionState as State
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, POST, RESTART, decision

pytestmark = pytest.mark.usefixtures("night")

AUTHOR, APPROVER = "author", "approver"
PEOPLE = (
    "author", "approver", "other_author", "engineer", "lead", "analyst", "specialist", "manager",
    "partner_auditor", "vendor_auditor", "integration", "superuser", "partner_with_both_roles",
)  # fmt: skip
# from this state, by this act: to that state, and who may. Everything else is refused.
TABLE = {
    (State.DRAFT, "submit"): (State.SUBMITTED, {AUTHOR}),
    (State.SENT_BACK, "submit"): (State.SUBMITTED, {AUTHOR}),
    (State.SUBMITTED, "approve"): (State.APPROVED, {APPROVER}),
    (State.SUBMITTED, "send_back"): (State.SENT_BACK, {APPROVER}),
    (State.DRAFT, "withdraw"): (State.WITHDRAWN, {AUTHOR, APPROVER}),
    (State.SENT_BACK, "withdraw"): (State.WITHDRAWN, {AUTHOR, APPROVER}),
    (State.SUBMITTED, "withdraw"): (State.WITHDRAWN, {AUTHOR, APPROVER}),
    (State.APPROVED, "withdraw"): (State.WITHDRAWN, {APPROVER}),
}
ACTS = ("submit", "approve", "send_back", "withdraw")


@pytest.fixture
def other_author(db: None) -> User:
    return factories.make_user(Role.SOP_AUTHOR, name="SOP author 2")


@pytest.fixture
def superuser(db: None) -> User:
    vendor = factories.make_organisation(Side.VENDOR)
    return factories.make_user(is_superuser=True, organisation=vendor, name="Administrator")


@pytest.fixture
def partner_with_both_roles(db: None) -> User:
    return factories.make_user(Role.SOP_AUTHOR, Role.SOP_APPROVER, side=Side.PARTNER, name="Partner")


def act(name: str, version: SopVersion, by: User) -> SopVersion:
    if name == "submit":
        return services.submit_version(version.pk, by=by)
    if name == "approve":
        making.rehearsed(version)
        return services.approve_version(version.pk, reason="Good", review_on=making.REVIEW_ON, by=by)
    do = {"send_back": services.send_back_version, "withdraw": services.withdraw_version}[name]
    return do(version.pk, reason="Because", by=by)


def version_in(state: State, author: User, approver: User) -> SopVersion:
    version = making.make_draft(author)
    path: dict[State, tuple[tuple[str, User], ...]] = {
        State.DRAFT: (),
        State.SUBMITTED: (("submit", author),),
        State.SENT_BACK: (("submit", author), ("send_back", approver)),
        State.APPROVED: (("submit", author), ("approve", approver)),
        State.SUPERSEDED: (("submit", author), ("approve", approver)),
        State.WITHDRAWN: (("withdraw", author),),
    }
    for name, by in path[state]:
        act(name, version, by)
    if state == State.SUPERSEDED:
        newer = making.make_draft(author, sop=version.sop)
        act("submit", newer, author)
        act("approve", newer, approver)
    return SopVersion.objects.get(pk=version.pk)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("name", ACTS)
def test_each_state_act_and_role_is_as_the_table_says(
    state: State, name: str, author: User, approver: User, request: pytest.FixtureRequest
) -> None:
    to, allowed = TABLE.get((state, name), (None, set()))
    version = version_in(state, author, approver)
    for who in set(PEOPLE) - allowed:
        with pytest.raises((PermissionDenied, Conflict, SopVersion.DoesNotExist)):
            act(name, version, request.getfixturevalue(who))
        assert SopVersion.objects.get(pk=version.pk).state == state, who
    for who in allowed:
        version = version_in(state, author, approver)
        assert act(name, version, request.getfixturevalue(who)).state == to, who


def test_its_author_never_approves_even_with_every_role_and_as_a_superuser(approver: User) -> None:
    person = factories.make_user(Role.SOP_AUTHOR, Role.SOP_APPROVER, is_superuser=True)
    version = services.submit_version(making.make_draft(person).pk, by=person)
    with pytest.raises(PermissionDenied, match="You wrote this version: another approver decides on it"):
        act("approve", version, person)
    with pytest.raises(PermissionDenied, match="You wrote this version"):
        act("send_back", version, person)
    assert act("approve", version, approver).approver == approver


def test_approving_supersedes_what_was_in_force(author: User, approver: User) -> None:
    old = version_in(State.APPROVED, author, approver)
    newer = services.start_draft(old.sop_id, by=author)
    newer.summary = "The wait grows"
    newer.save()
    act("submit", newer, author)
    act("approve", newer, approver)
    assert SopVersion.objects.get(pk=old.pk).state == State.SUPERSEDED
    assert list(old.sop.versions.approved()) == [newer]


def test_an_approval_keeps_who_when_why_until_and_the_fingerprint(author: User, approver: User) -> None:
    version = version_in(State.APPROVED, author, approver)
    assert (version.approver, version.approved_at) == (approver, factories.SUNDAY_NIGHT)
    assert (version.decision_reason, version.review_on) == ("Good", making.REVIEW_ON)
    assert len(version.content_hash) == 64


def test_the_fingerprint_changes_with_any_word_or_step(author: User) -> None:
    one = services.submit_version(making.make_draft(author, [CHECK, MANUAL]).pk, by=author)
    draft = making.make_draft(author, [CHECK, MANUAL | {"title": "Ring the hospital"}])
    two = services.submit_version(draft.pk, by=author)
    assert one.content_hash != two.content_hash


def test_a_version_that_the_approver_did_not_read_is_not_approved(author: User, approver: User) -> None:
    version = version_in(State.SUBMITTED, author, approver)
    with pytest.raises(Conflict, match="not the version that was submitted"):
        services.approve_version(
            version.pk, reason="Good", review_on=making.REVIEW_ON, seen_hash="0" * 64, by=approver
        )


def test_steps_changed_beneath_the_services_are_found_out(author: User, approver: User) -> None:
    version = version_in(State.SUBMITTED, author, approver)
    version.steps.update(title="Restart everything")
    with pytest.raises(Conflict, match="not the version that was submitted"):
        act("approve", version, approver)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (None, "Choose the day by which it is reviewed"),
        (date(2026, 11, 22), "Choose a day after today"),
        (date(2029, 1, 1), "Choose a day within two years"),
    ],
)
def test_a_review_date_is_after_today_and_within_two_years(
    author: User, approver: User, day: date | None, words: str
) -> None:
    version = version_in(State.SUBMITTED, author, approver)
    with pytest.raises(ValidationError, match=words):
        services.approve_version(version.pk, reason="Good", review_on=day, by=approver)


@pytest.mark.parametrize(
    ("reason", "words"), [("", "Say"), ("NHS number 999 012 3456", "Remove the patient identifier")]
)
def test_a_decision_needs_a_reason_without_patient_data(
    author: User, approver: User, reason: str, words: str
) -> None:
    version = version_in(State.SUBMITTED, author, approver)
    with pytest.raises(ValidationError, match=words):
        services.send_back_version(version.pk, reason=reason, by=approver)
    with pytest.raises(ValidationError, match=words):
        services.approve_version(version.pk, reason=reason, review_on=making.REVIEW_ON, by=approver)


def test_what_was_sent_back_can_be_changed_and_submitted_again(author: User, approver: User) -> None:
    version = version_in(State.SENT_BACK, author, approver)
    version.way_back = "Restart it again"
    version.save()
    again = act("submit", version, author)
    assert (again.state, again.decision_reason, again.decided_by) == (State.SUBMITTED, "", None)


def test_the_second_to_decide_reads_who_was_first(author: User, approver: User) -> None:
    version = version_in(State.SUBMITTED, author, approver)
    second = factories.make_user(Role.SOP_APPROVER, name="SOP approver 2")
    act("send_back", version, approver)
    with pytest.raises(Conflict, match="Version 1 is sent back by SOP approver"):
        act("approve", version, second)


# ---------- What a submission needs ----------

WRONG_STEPS: list[tuple[list[dict[str, Any]], str]] = [
    ([], "Add at least one step"),
    ([CHECK | {"action": "run_command"}], "Step 1: the catalogue has no action “run_command”"),
    ([CHECK | {"action": "restart_app_service", "target_kind": "app_service"}], "make it an action"),
    ([RESTART | {"action": "instance_state"}], "make it a check"),
    ([CHECK | {"target_kind": "region"}], "Step 1: http_probe acts on"),
    ([CHECK | {"parameters": {"tries": 99}}], "Step 1: tries: write 5 or less"),
    ([CHECK | {"parameters": {"url": "http://x"}}], "url: remove it, there is no such parameter"),
    ([CHECK | {"parameters": [1]}], "Step 1: parameters:"),
    ([MANUAL | {"instructions": " "}], "write the instructions"),
    ([MANUAL | {"instructions": "Ring about NHS number 999 012 3456"}], "Remove the patient identifier"),
    ([MANUAL | {"options": [{"answer": "Yes", "then": "end"}]}], "only a decision has options"),
    ([MANUAL | {"words": "Down"}], "only a status update has words"),
    ([decision() | {"options": []}], "at least two answers"),
    ([decision() | {"options": 5}], "options: write a list of answers"),
    ([decision() | {"options": [{"answer": f"{n}", "then": 2} for n in range(7)]}, MANUAL],
     "a decision has up to 6 answers"),
    ([decision() | {"options": [{"answer": "Yes", "then": "3"}]}], "answer 1: choose a later step, or"),
    ([decision() | {"options": [{"answer": "Yes"}, {"answer": 5, "then": "end"}]}],
     "answer 1: choose a later step, or the end Step 1: answer 2: write a text"),
    ([decision() | {"options": [{"answer": "NHS number 999 012 3456", "then": "end", "outcome": "restored"},
                                {"answer": "No", "then": "end", "outcome": "restored"}]}],
     "Step 1: answer 1: Remove the patient identifier"),
    ([CHECK, decision() | {"parameters": {"by_check": 1}}], "has the answers Good and Bad"),
    ([decision() | {"parameters": {"by_check": 1}}, CHECK], "by_check: step 1 is not an earlier check"),
    ([MANUAL | {"title": " "}], "Step 1: say in one line what is done"),
    ([MANUAL | {"parameters": {"minutes": 5}}], "Step 1: parameters: it has no parameters"),
    ([MANUAL] * 41, "41 steps are too many for a night: write up to 40"),
    ([decision(yes=1), MANUAL], "choose a later step, up to 2"),
    ([decision(yes=3), MANUAL], "choose a later step, up to 2"),
    ([decision() | {"options": [{"answer": "Yes", "then": "end"}, {"answer": "No", "then": 2}]}, MANUAL],
     "say whether the service is restored"),
    ([POST | {"words": ""}], "write the words that the public is told"),
    ([POST | {"words": "At {hospital}"}], "and no other placeholder"),
    ([POST | {"words": "At {service:>999999999}"}], "and no other placeholder"),
    ([POST | {"words": "At {service!r}"}], "and no other placeholder"),
    ([POST | {"words": "At {"}], "a brace in the words is not closed"),
    ([POST | {"parameters": {"phase": "guessing"}}], "Step 1: phase:"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "words"), WRONG_STEPS)
def test_a_submission_names_the_step_that_is_wrong(
    author: User, steps: list[dict[str, Any]], words: str
) -> None:
    draft = making.make_draft(author, steps)
    with pytest.raises(ValidationError) as refused:
        services.submit_version(draft.pk, by=author)
    assert words in " ".join(refused.value.message_dict["steps"])
    assert SopVersion.objects.get(pk=draft.pk).state == State.DRAFT


@pytest.mark.parametrize("field", ["summary", "use_when", "stop_when", "way_back"])
def test_a_submission_needs_its_words(author: User, field: str) -> None:
    draft = making.make_draft(author, **{field: ""})
    with pytest.raises(ValidationError) as refused:
        services.submit_version(draft.pk, by=author)
    assert list(refused.value.message_dict) == [field]


def test_a_submission_serves_something(author: User) -> None:
    draft = making.make_draft(author)
    draft.sop.services.clear()
    with pytest.raises(ValidationError, match="Choose at least one service"):
        services.submit_version(draft.pk, by=author)


# ---------- Suspending, and who sees what ----------


def test_an_approver_suspends_and_lifts_and_nobody_else(
    author: User, approver: User, engineer: User, superuser: User
) -> None:
    sop = making.make_approved(author=author).sop
    for person in (author, engineer, superuser):
        with pytest.raises(PermissionDenied):
            services.suspend_sop(sop.pk, reason="Wrong", by=person)
    held = services.suspend_sop(sop.pk, reason="It restarts the wrong slot", by=approver)
    for person in (author, engineer, superuser):
        with pytest.raises(PermissionDenied):
            services.lift_suspension(held.pk, by=person)
    assert list(Suspension.objects.active()) == [held]
    services.lift_suspension(held.pk, by=approver)
    assert not Suspension.objects.active().exists()


def test_a_version_is_in_force_until_the_end_of_its_review_date(author: User) -> None:
    version = making.make_approved(author=author)
    assert version in SopVersion.objects.in_force(making.REVIEW_ON)
    assert version not in SopVersion.objects.in_force(making.REVIEW_ON + timedelta(days=1))


def test_the_partner_sees_only_what_was_approved(author: User, approver: User, engineer: User) -> None:
    seen = {state for state in State for _ in [version_in(state, author, approver)]}
    assert seen == set(State)
    states = set(SopVersion.objects.visible_to(engineer).values_list("state", flat=True))
    assert states == {State.APPROVED, State.SUPERSEDED}
    assert set(SopVersion.objects.visible_to(author).values_list("state", flat=True)) == set(State)


def test_who_may_not_see_sops_sees_none(author: User, integration: User, superuser: User) -> None:
    making.make_approved(author=author)
    for person in (integration, superuser):
        assert not SopVersion.objects.visible_to(person).exists()
        assert not Sop.objects.visible_to(person).exists()
