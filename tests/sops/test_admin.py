"""Approval over HTTP in the admin: who may, what they see, and what is never possible there."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role, Side
from sops import services
from sops.models import Sop, SopVersion
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART

Browse = Callable[[User | None], Client]
LIST = "/admin/sops/sopversion/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted(author: User) -> SopVersion:
    return services.submit_version(making.make_draft(author, [CHECK, RESTART]).pk, by=author)


def page(version: SopVersion) -> str:
    return f"{LIST}{version.pk}/change/"


def decision(version: SopVersion, **changes: Any) -> dict[str, Any]:
    review_on = timezone.now().date() + timedelta(days=100)
    return {
        "decision": "approve", "reason": "Rehearsed", "review_on": review_on.isoformat(),
        "seen_hash": version.content_hash, **changes,
    }  # fmt: skip


def state(version: SopVersion) -> str:
    return SopVersion.objects.get(pk=version.pk).state


def test_an_approver_approves_on_one_page(submitted: SopVersion, approver: User, browse: Browse) -> None:
    making.rehearsed(submitted)
    answer = browse(approver).post(page(submitted), decision(submitted))
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    approved = SopVersion.objects.get(pk=submitted.pk)
    assert (approved.state, approved.approver, approved.decision_reason) == (
        "approved",
        approver,
        "Rehearsed",
    )


def test_an_approver_sends_back_with_the_reason(
    submitted: SopVersion, approver: User, browse: Browse
) -> None:
    sent = decision(submitted, decision="send-back", reason="Ring the hospital first", review_on="")
    assert browse(approver).post(page(submitted), sent).status_code == 302
    version = SopVersion.objects.get(pk=submitted.pk)
    assert (version.state, version.decision_reason) == ("sent_back", "Ring the hospital first")


def test_the_author_cannot_approve_and_reads_why(submitted: SopVersion, author: User, browse: Browse) -> None:
    client = browse(author)
    shown = client.get(page(submitted))
    assert "Another approver decides on it" in shown.content.decode()
    assert "Record decision" not in shown.content.decode()
    assert client.post(page(submitted), decision(submitted)).status_code == 403
    assert state(submitted) == "submitted"


def test_an_author_who_is_an_approver_and_a_superuser_cannot_approve_their_own(browse: Browse) -> None:
    person = factories.make_user(Role.SOP_AUTHOR, Role.SOP_APPROVER, is_superuser=True)
    version = services.submit_version(making.make_draft(person).pk, by=person)
    answer = browse(person).post(page(version), decision(version))
    assert answer.status_code == 403
    assert state(version) == "submitted"


def test_a_superuser_without_the_role_gets_nowhere(submitted: SopVersion, browse: Browse) -> None:
    vendor = factories.make_organisation(Side.VENDOR)
    client = browse(factories.make_user(is_superuser=True, organisation=vendor, name="Administrator"))
    assert client.get(LIST).status_code == 403
    assert client.get(page(submitted)).status_code == 403
    assert client.post(page(submitted), decision(submitted)).status_code == 403
    assert state(submitted) == "submitted"


@pytest.mark.parametrize("role", ["engineer", "lead", "partner_auditor", "analyst", "specialist"])
def test_the_partner_and_those_without_the_admin_do_not_get_in(
    role: str, submitted: SopVersion, browse: Browse, request: pytest.FixtureRequest
) -> None:
    client = browse(request.getfixturevalue(role))
    for answer in (
        client.get(LIST),
        client.get(page(submitted)),
        client.post(page(submitted), decision(submitted)),
    ):
        assert answer.status_code in (302, 403)
        assert submitted.sop.title not in answer.content.decode()
    assert state(submitted) == "submitted"


@pytest.mark.parametrize("role", ["manager", "vendor_auditor"])
def test_others_of_the_vendor_read_and_cannot_decide(
    role: str, submitted: SopVersion, browse: Browse, request: pytest.FixtureRequest
) -> None:
    client = browse(request.getfixturevalue(role))
    assert "Record decision" not in client.get(page(submitted)).content.decode()
    assert client.post(page(submitted), decision(submitted)).status_code == 403


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"decision": ""}, "Choose whether you approve it or send it back"),
        ({"decision": "perhaps"}, "Select a valid choice"),
        ({"reason": ""}, "Give the reason"),
        ({"reason": "NHS number 999 012 3456"}, "Remove the patient identifier"),
        ({"review_on": ""}, "Choose the day by which it is reviewed"),
        ({"review_on": "soon"}, "Write the day as 2027-05-26"),
        ({"review_on": date(2020, 1, 1).isoformat()}, "Choose a day after today"),
    ],
)
def test_a_wrong_decision_comes_back_with_its_field_and_what_was_typed(
    submitted: SopVersion, approver: User, browse: Browse, changes: dict[str, str], words: str
) -> None:
    answer = browse(approver).post(page(submitted), decision(submitted) | changes)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert words in shown
    assert "There is a problem" in shown
    assert state(submitted) == "submitted"


def test_a_decision_on_what_was_changed_meanwhile_is_a_conflict(
    submitted: SopVersion, approver: User, browse: Browse
) -> None:
    answer = browse(approver).post(page(submitted), decision(submitted, seen_hash="0" * 64))
    assert answer.status_code == 409
    services.send_back_version(submitted.pk, reason="Wait", by=approver)
    assert browse(approver).post(page(submitted), decision(submitted)).status_code == 409


def test_an_approver_withdraws_what_is_in_force(approver: User, browse: Browse) -> None:
    version = making.make_approved(review_on=timezone.now().date() + timedelta(days=30))
    client = browse(approver)
    assert client.post(page(version), {"withdraw": "1", "reason": ""}).status_code == 422
    assert client.post(page(version), {"withdraw": "1", "reason": "Wrong slot"}).status_code == 302
    assert state(version) == "withdrawn"


@pytest.mark.parametrize("state_before", ["draft", "submitted", "sent_back"])
def test_its_author_gives_up_what_was_never_decided_on(
    state_before: str, submitted: SopVersion, author: User, approver: User, browse: Browse
) -> None:
    version = making.make_draft(author) if state_before == "draft" else submitted
    if state_before == "sent_back":
        services.send_back_version(version.pk, reason="Say when to stop", by=approver)
    client = browse(author)
    assert page(version) in client.get(f"/sops/{version.sop.code}/").content.decode()
    assert f"Withdraw version {version.number}" in client.get(page(version)).content.decode()
    refused = client.post(page(version), {"withdraw": "1", "reason": " "})
    assert (refused.status_code, state(version)) == (422, state_before)
    assert "Say why you withdraw it" in refused.content.decode()
    assert client.post(page(version), {"withdraw": "1", "reason": "Not needed"}).status_code == 302
    assert state(version) == "withdrawn"
    assert services.start_draft(version.sop.pk, by=author).way_back == version.way_back


def test_what_another_wrote_is_sent_back_and_not_withdrawn(
    submitted: SopVersion, approver: User, browse: Browse
) -> None:
    assert "Withdraw version" not in browse(approver).get(page(submitted)).content.decode()


def test_what_waits_comes_first_in_the_list(submitted: SopVersion, approver: User, browse: Browse) -> None:
    other = making.make_approved(review_on=timezone.now().date() + timedelta(days=30))
    client = browse(approver)
    waiting, everything = client.get(LIST).content.decode(), client.get(f"{LIST}?state=all").content.decode()
    assert str(submitted) in waiting
    assert str(other) not in waiting
    assert str(other) in everything


def test_the_difference_to_the_version_in_force_is_shown_with_signs(
    author: User, approver: User, browse: Browse
) -> None:
    old = making.make_approved([CHECK, MANUAL], review_on=timezone.now().date() + timedelta(days=30))
    newer = making.make_draft(
        author, [CHECK, MANUAL | {"title": "Tell the hospital, and note who agreed"}, RESTART], sop=old.sop,
        stop_when="More than one customer is down",
    )  # fmt: skip
    services.submit_version(newer.pk, by=author)
    shown = browse(approver).get(page(newer)).content.decode()
    assert "1 added, 1 changed, 1 the same" in shown
    assert "<ins>" in shown
    assert "<del>" in shown
    assert "It would replace version 1" in shown


# ---------- The rest of the admin ----------


def test_nobody_deletes_or_adds_versions_in_the_admin(
    submitted: SopVersion, author: User, browse: Browse
) -> None:
    client = browse(author)
    assert client.post(f"{LIST}{submitted.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    client.post(LIST, {"action": "delete_selected", "_selected_action": [submitted.pk], "post": "yes"})
    assert SopVersion.objects.filter(pk=submitted.pk).exists()


def test_what_an_sop_reaches_is_an_approver_s_to_change_once_it_was_submitted(
    submitted: SopVersion, author: User, approver: User, browse: Browse
) -> None:
    ward = factories.make_service("ward", "Compucare Ward")
    address = f"/admin/sops/sop/{submitted.sop_id}/change/"
    sent = {"code": submitted.sop.code, "title": "Restart", "owner": author.pk, "services": [ward.pk]}
    browse(author).post(address, sent)
    assert ward not in submitted.sop.services.all()
    sent["code"] = "SOP-99"  # the fingerprint holds the code: another one would stop what is in force
    assert browse(approver).post(address, sent).status_code == 302
    assert list(submitted.sop.services.all()) == [ward]
    assert Sop.objects.get().code == submitted.sop.code


def test_an_approver_who_wrote_it_does_not_widen_what_it_reaches(browse: Browse) -> None:
    both = factories.make_user(Role.SOP_AUTHOR, Role.SOP_APPROVER)
    version = services.submit_version(making.make_draft(both).pk, by=both)
    ward, before = factories.make_service("ward", "Compucare Ward"), list(version.sop.services.all())
    address = f"/admin/sops/sop/{version.sop_id}/change/"
    sent = {"code": version.sop.code, "title": "Restart", "owner": both.pk, "services": [ward.pk]}
    browse(both).post(address, sent)
    assert list(version.sop.services.all()) == before
    assert Sop.objects.get().title == "Restart"


def test_a_version_that_there_is_not_is_404(approver: User, browse: Browse) -> None:
    assert browse(approver).get(f"{LIST}99999999999999999999/change/").status_code == 404
    assert browse(approver).get(f"{LIST}abc/change/").status_code == 404


def test_the_trail_of_drafts_is_shown_to_the_vendors_auditor_alone(
    author: User, vendor_auditor: User, partner_auditor: User, browse: Browse
) -> None:
    draft = making.make_draft(author)
    entry = LogEntry.objects.get_for_object(draft).latest("pk")
    address = f"/admin/auditlog/logentry/{entry.pk}/change/"
    assert browse(vendor_auditor).get(address).status_code == 200
    assert browse(partner_auditor).get(address).status_code == 302  # as where there is none
