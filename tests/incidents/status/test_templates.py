"""Approved words: written by one, approved by another, offered by phase, and posted with no blank left."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role
from incidents.models import Incident, StatusTemplate
from incidents.status import wording
from incidents.status.services import post_update
from incidents.status.templates import (
    approve_template,
    by_hand,
    choices,
    fill,
    withdraw_template,
    words_of,
    write_template,
)  # fmt: skip
from tests.factories import make_component, make_user

pytestmark = pytest.mark.django_db
Browse = Callable[[User], Client]
WORDS = "{service} is affected: it {effect}. Use {workaround} until {next}."


@pytest.fixture
def template(manager: User) -> StatusTemplate:
    return write_template(name="With a workaround", phase="identified", words=WORDS, by=manager)


@pytest.fixture
def in_force(template: StatusTemplate, approver: User) -> StatusTemplate:
    return approve_template(template.pk, seen=WORDS, by=approver)


# ---------- Four eyes ----------


def test_a_template_is_offered_once_another_person_approved_it(
    template: StatusTemplate, approver: User
) -> None:
    assert choices()[1] == ("Identified", [("identified", "Standard words")])
    approve_template(template.pk, seen=WORDS, by=approver)
    assert choices()[1][1] == [
        ("identified", "Standard words"), (f"identified:{template.pk}", "With a workaround"),
    ]  # fmt: skip


def test_nobody_approves_what_they_wrote_not_even_in_the_database(approver: User) -> None:
    both = make_user(Role.SERVICE_MANAGER, Role.SOP_APPROVER)
    own = write_template(name="Mine", phase="resolved", words="It is over.", by=both)
    with pytest.raises(PermissionDenied):
        approve_template(own.pk, seen="It is over.", by=both)
    with pytest.raises(IntegrityError), transaction.atomic():
        StatusTemplate.objects.filter(pk=own.pk).update(approved_by=both, approved_at=timezone.now())
    assert approve_template(own.pk, seen="It is over.", by=approver).approved_by == approver


@pytest.mark.parametrize("role", ["engineer", "lead", "analyst", "author", "manager"])
def test_only_an_approver_approves(template: StatusTemplate, role: str, request: Any) -> None:
    with pytest.raises(PermissionDenied):
        approve_template(template.pk, seen=WORDS, by=request.getfixturevalue(role))


@pytest.mark.parametrize("role", ["engineer", "lead", "analyst", "approver"])
def test_only_who_writes_templates_writes_them(role: str, request: Any) -> None:
    with pytest.raises(PermissionDenied):
        write_template(name="Mine", phase="resolved", words="Over.", by=request.getfixturevalue(role))


def test_words_that_changed_since_they_were_read_are_not_approved(
    template: StatusTemplate, manager: User, approver: User
) -> None:
    write_template(name=template.name, phase="identified", words="Others.", template=template, by=manager)
    with pytest.raises(Conflict, match="not as you saw it"):
        approve_template(template.pk, seen=WORDS, by=approver)


def test_approved_words_never_change(in_force: StatusTemplate, manager: User) -> None:
    with pytest.raises(Conflict, match="no longer waiting"):
        write_template(name="Other", phase="identified", words="Others.", template=in_force, by=manager)


def test_approving_one_of_the_same_name_takes_the_place_of_the_one_before(
    in_force: StatusTemplate, manager: User, approver: User
) -> None:
    newer = write_template(name=in_force.name, phase="identified", words="Better.", by=manager)
    assert approve_template(newer.pk, seen="Better.", by=approver).approved_at
    assert list(StatusTemplate.objects.in_force()) == [newer]
    assert approve_template(newer.pk, seen="Better.", by=approver) == newer
    with pytest.raises(Conflict, match="already approved"):
        approve_template(newer.pk, seen="Better.", by=make_user(Role.SOP_APPROVER))


def test_a_withdrawn_template_is_offered_no_more_and_not_approved_again(
    in_force: StatusTemplate, engineer: User, manager: User, approver: User
) -> None:
    with pytest.raises(PermissionDenied):
        withdraw_template(in_force.pk, by=engineer)
    withdraw_template(in_force.pk, by=manager)
    assert choices()[1][1] == [("identified", "Standard words")]
    with pytest.raises(Conflict):
        approve_template(in_force.pk, seen=WORDS, by=approver)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"), ({"words": " "}, "words"), ({"words": "At Wexcombe Park Hospital"}, "words"),
        ({"words": "See app-cc8-x-prod"}, "words"), ({"name": "For Wexcombe"}, "name"),
        ({"words": "NHS number 999 012 3456"}, "words"),
    ],
)  # fmt: skip
def test_unfit_words_make_no_template(
    customer: Any, manager: User, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        write_template(**{"name": "Plain", "phase": "resolved", "words": "Over."} | wrong, by=manager)
    assert list(raised.value.message_dict) == [field]


# ---------- Blanks ----------


def test_an_incident_fills_in_what_it_knows_and_the_rest_stays(incident: Incident) -> None:
    due_at = incident.reported_at + timedelta(minutes=30)
    assert fill(WORDS, incident, due_at) == (
        "Compucare 8 is affected: it stops users from signing in to Compucare 8. "
        "Use {workaround} until 02:37 GMT."
    )
    assert fill("Since {began}, {part}, back at {restored}, {next}.", incident) == (
        "Since 02:07 GMT, {part}, back at {restored}, {next}."
    )
    assert by_hand(WORDS) == ["workaround"]


def test_every_blank_that_is_promised_is_filled_in_once_it_is_known(
    incident: Incident, customer: Any
) -> None:
    incident.component = make_component(customer)
    incident.restored_at = incident.reported_at
    known = wording.blanks(incident, incident.reported_at)
    assert set(known) == set(wording.BLANKS)
    assert all(known.values())


def test_what_is_not_offered_gives_no_words(incident: Incident, template: StatusTemplate) -> None:
    for choice in ("", "nowhere", f"identified:{template.pk}", "identified:x", f"identified:{'9' * 30}"):
        assert words_of(choice, incident) is None


def test_nothing_is_posted_while_a_blank_stays(incident: Incident, engineer: User) -> None:
    due_at = timezone.now() + timedelta(minutes=30)
    with pytest.raises(ValidationError, match=r"Fill in “\{workaround\}”: it is a blank"):
        post_update(
            incident.pk, phase="identified", words=WORDS.replace("{service}", "It"),
            next_update_due_at=due_at, by=engineer,
        )  # fmt: skip


# ---------- In the composer ----------


def test_the_composer_takes_up_the_words_and_shows_what_was_typed_before(
    night: Any, incident: Incident, in_force: StatusTemplate, engineer: User, browse: Browse
) -> None:
    browser, address = browse(engineer), f"/incidents/{incident.reference}/"
    assert "With a workaround" in browser.get(address).content.decode()
    given = {"phase": "investigating", "words": "My own words.", "service_state": "major_outage",
             "minutes": "30", "template": f"identified:{in_force.pk}", "use": "1"}  # fmt: skip
    shown = browser.post(f"{address}update/preview/", given).content.decode()
    assert "Use {workaround} until 02:37 GMT." in shown
    assert "Fill in “{workaround}”" in shown
    assert '<p class="kept-text">My own words.</p>' in shown
    assert re.search(r'<input type="radio" name="phase" value="identified"[^>]* checked', shown)
    words = "Compucare 8 is affected. Use paper until 02:37 GMT."
    posted = browser.post(f"{address}update/", given | {"phase": "identified", "words": words})
    assert posted.status_code == 302
    assert incident.status_updates.get().words == words


def test_words_that_are_not_offered_any_more_change_nothing_that_was_typed(
    incident: Incident, in_force: StatusTemplate, engineer: User, approver: User, browse: Browse
) -> None:
    withdraw_template(in_force.pk, by=approver)
    given = {"phase": "investigating", "words": "My own words.", "template": f"identified:{in_force.pk}",
             "use": "1", "service_state": "major_outage", "minutes": "30"}  # fmt: skip
    answer = browse(engineer).post(f"/incidents/{incident.reference}/update/preview/", given)
    assert answer.status_code == 200
    assert "My own words.</textarea>" in answer.content.decode()


# ---------- In the administration ----------


def test_a_manager_writes_and_an_approver_approves_in_the_administration(
    customer: Any, manager: User, approver: User, browse: Browse
) -> None:
    writer, decider, address = browse(manager), browse(approver), "/admin/incidents/statustemplate/"
    refused = writer.post(f"{address}add/", {"name": "Plain", "phase": "resolved", "words": "At Wexcombe"})
    assert "Remove “Wexcombe”" in refused.content.decode()
    writer.post(f"{address}add/", {"name": "Plain", "phase": "resolved", "words": "It is over, {thanks}."})
    template = StatusTemplate.objects.get()
    assert template.written_by == manager
    change = f"{address}{template.pk}/change/"
    assert "Approve these words" not in writer.get(change).content.decode()
    assert writer.post(change, {"approve": "1", "seen": template.words}).status_code == 403
    shown = decider.get(change).content.decode()
    assert "Approve these words" in shown
    assert "by hand before it is posted: thanks" in shown
    assert decider.post(change, {"name": "X", "phase": "resolved", "words": "Mine"}).status_code == 403
    assert decider.post(change, {"approve": "1", "seen": template.words}).status_code == 302
    template.refresh_from_db()
    assert template.approved_by == approver
    assert writer.post(change, {"name": "X", "phase": "resolved", "words": "Mine"}).status_code == 403
    assert decider.post(change, {"withdraw": "1"}).status_code == 302
    template.refresh_from_db()
    assert template.withdrawn_at


@pytest.mark.parametrize("role", ["engineer", "partner_auditor", "author"])
def test_nobody_else_meets_templates_in_the_administration(
    template: StatusTemplate, role: str, request: Any, browse: Browse
) -> None:
    answer = browse(request.getfixturevalue(role)).get("/admin/incidents/statustemplate/")
    assert answer.status_code in (302, 403)


def test_a_group_or_service_is_not_named_like_a_hospital(
    customer: Any, manager: User, browse: Browse
) -> None:
    for address in ("/admin/accounts/servicegroup/add/", "/admin/accounts/service/add/"):
        given = {"code": "x", "name": "Wexcombe Park Hospital", "position": "1"}
        shown = browse(manager).post(address, given).content.decode()
        assert "Remove “Wexcombe Park Hospital”" in shown
    assert browse(manager).post(address, given | {"name": "Interfaces"}).status_code == 302
