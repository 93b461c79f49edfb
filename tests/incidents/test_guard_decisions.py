"""What the guard found is counted without its text; what is only suspected is asked about once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from incidents import asking_twice, deciding
from incidents.models import GuardDecision, Incident

NUMBER, NAME = "999 001 0021", "Margaret Hollis"
BLOCKED = f"NHS number {NUMBER} cannot be opened"
SUSPECTED = f"Patient {NAME} waits in theatre 2.\nStill down."

pytestmark = pytest.mark.django_db


def decisions() -> list[tuple[str, str, int, str, str]]:
    rows = GuardDecision.objects.order_by("pk")
    return [(row.decision, row.kind, row.count, row.field, row.level) for row in rows]


def nowhere(*words: str) -> bool:
    said = " ".join(str(row) for row in LogEntry.objects.values_list("changes", "object_repr"))
    return not any(word in said for word in words)


def test_what_blocks_comes_back_with_its_place_and_is_counted_without_its_text(
    incident: Incident, engineer: User, browse: Callable[[User], Client], caplog: pytest.LogCaptureFixture
) -> None:
    answer = browse(engineer).post(f"/incidents/{incident.reference}/note/", {"text": BLOCKED})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert BLOCKED in page
    assert "An NHS number, characters 12 to 23. Describe what fails, not who is treated." in page
    assert decisions() == [("refused", "nhs_number", 1, "text", "block")]
    row = GuardDecision.objects.get()
    assert (row.by, row.incident, row.place) == (engineer, incident, "incidents/<reference:reference>/note/")
    assert not incident.timeline.filter(text__contains="999").exists()
    assert nowhere(NUMBER)
    assert NUMBER not in caplog.text


def press(page: str) -> str:
    return re.findall(r'name="as_it_is" value="([0-9a-f,]+)"', page)[-1]


def test_what_is_suspected_is_asked_about_with_the_form_kept_and_sent_by_one_more_press(
    incident: Incident, engineer: User, browse: Callable[[User], Client], caplog: pytest.LogCaptureFixture
) -> None:
    browser, address = browse(engineer), f"/incidents/{incident.reference}/note/"
    asked = browser.post(address, {"text": SUSPECTED, "seen": "logged"})
    page = asked.content.decode()
    assert asked.status_code == 422
    assert f"<mark>{NAME}</mark>" in page
    assert "characters 9 to 23" in page
    assert '<input type="hidden" name="seen" value="logged">' in page
    assert ">Patient Margaret Hollis waits in theatre 2.\nStill down.</textarea>" in page
    assert decisions() == []
    assert not incident.timeline.filter(title="Note").exists()
    again = browser.post(address, {"text": SUSPECTED.replace("\n", "\r\n"), "as_it_is": press(page)})
    assert again.status_code == 302
    assert incident.timeline.get(title="Note").text.startswith("Patient Margaret")
    assert decisions() == [("sent", "patient_name", 1, "text", "warn")]
    assert NAME not in caplog.text


def test_the_press_counts_for_this_text_and_this_person_alone(
    incident: Incident, engineer: User, other_engineer: User, browse: Callable[[User], Client]
) -> None:
    address = f"/incidents/{incident.reference}/note/"
    told = deciding.answer_for(engineer, SUSPECTED)
    changed = {"text": SUSPECTED.replace("Margaret", "Mildred"), "as_it_is": told}
    assert browse(engineer).post(address, changed).status_code == 422
    assert browse(other_engineer).post(address, {"text": SUSPECTED, "as_it_is": told}).status_code == 422
    blocked = {"text": BLOCKED, "as_it_is": deciding.answer_for(engineer, BLOCKED)}
    assert browse(engineer).post(address, blocked).status_code == 422
    assert not incident.timeline.filter(title="Note").exists()


def test_htmx_gets_the_question_alone(
    incident: Incident, engineer: User, browse: Callable[[User], Client]
) -> None:
    answer = browse(engineer).post(
        f"/incidents/{incident.reference}/note/", {"text": SUSPECTED}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 422
    assert "<!doctype" not in answer.content.decode().lower()
    assert "Does this name a patient?" in answer.content.decode()


def test_two_texts_of_one_form_are_asked_about_together_and_one_that_was_put_together_only_shown(
    rf: Any, engineer: User
) -> None:
    found = {
        "reason": (SUSPECTED, asking_twice.pid.find(SUSPECTED)),
        "steps": ("pt Mavis Tring", asking_twice.pid.find("pt Mavis Tring")),
    }
    request = rf.post("/x/", {"reason": SUSPECTED, "a": "1", "b": "1"})
    request.user, request.htmx = engineer, False
    page = asking_twice.page(request, deciding.Suspected(found)).content.decode()
    assert page.count("<textarea") == 1
    assert "pt <mark>Mavis Tring</mark>" in page
    assert set(press(page).split(",")) == {deciding.answer_for(engineer, text) for text, _ in found.values()}


def test_a_machine_is_not_asked_and_is_counted(
    incident: Incident, engineer: User, browse: Callable[[User], Client]
) -> None:
    address, caller = f"/api/v1/incidents/{incident.reference}/timeline/", browse(engineer)
    for text, status in ((SUSPECTED, 201), (BLOCKED, 400)):
        assert caller.post(address, {"text": text}, content_type="application/json").status_code == status
    assert decisions() == [
        ("passed", "patient_name", 1, "text", "warn"), ("refused", "nhs_number", 1, "text", "block"),
    ]  # fmt: skip
    assert {row.by for row in GuardDecision.objects.all()} == {engineer}


def test_a_draft_asks_and_counts_nothing(engineer: User, browse: Callable[[User], Client]) -> None:
    from incidents.drafts import blocked_in

    assert set(blocked_in({"impact": BLOCKED, "call_back_number": "NHS number 9990010021"})) == {
        "impact", "call_back_number",
    }  # fmt: skip
    assert set(blocked_in({"began_at": BLOCKED, "nobody knows this field": BLOCKED})) == {
        "began_at", "nobody knows this field",
    }  # fmt: skip
    assert decisions() == []


def test_the_database_lets_no_blocked_text_pass(engineer: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        GuardDecision.objects.create(
            by=engineer, field="text", kind="nhs_number", level="block", decision="sent"
        )


def test_managers_and_auditors_see_decisions_each_of_their_own_side(
    engineer: User, analyst: User, manager: User, partner_auditor: User, browse: Callable[[User], Client]
) -> None:
    for person in (engineer, analyst):
        GuardDecision.objects.create(
            by=person, field="text", kind="nhs_number", level="block", decision="refused"
        )
    seen = {
        who: GuardDecision.objects.visible_to(who).count() for who in (engineer, manager, partner_auditor)
    }
    assert seen == {engineer: 0, manager: 2, partner_auditor: 1}
    assert browse(manager).get("/admin/incidents/guarddecision/").status_code == 200
