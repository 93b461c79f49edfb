"""The incident's pages over HTTP: what each person may do, what is refused and kept, what it costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from incidents import services
from incidents.calls import log_call
from incidents.models import Incident, Kind, State, StatusUpdate
from tests import factories

Browse = Callable[[User | None], Client]
TRANSITION_PAGES = ["decline", "resume-triage", "resolve", "reopen", "override-gate", "call"]


def page(incident: Incident, act: str = "") -> str:
    return f"/incidents/{incident.reference}/{act}{'/' if act else ''}"


def queries_of(browser: Client, address: str) -> int:
    browser.get(address)  # what is read once in a process is not the page's
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    return len(captured)


def test_nobody_signed_in_is_sent_to_sign_in(incident: Incident, browse: Browse) -> None:
    answer = browse(None).get(page(incident))
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={page(incident)}")


def test_who_may_not_see_it_finds_no_such_page(incident: Incident, browse: Browse, author: User) -> None:
    assert browse(author).get(page(incident)).status_code == 404


def test_a_specialist_sees_what_was_escalated_and_nothing_else(
    incident: Incident, browse: Browse, specialist: User, engineer: User
) -> None:
    assert browse(specialist).get(page(incident)).status_code == 404
    services.escalate(incident.pk, team="Database on call", reason="No answer", by=engineer)
    assert browse(specialist).get(page(incident)).status_code == 200


@pytest.mark.parametrize(
    "role", ["engineer", "lead", "analyst", "manager", "partner_auditor", "vendor_auditor"]
)
def test_each_reader_gets_the_whole_page(role: str, incident: Incident, browse: Browse, request: Any) -> None:
    answer = browse(request.getfixturevalue(role)).get(page(incident))
    assert answer.status_code == 200
    assert incident.reference in answer.content.decode()


def test_the_buttons_are_the_moves_that_this_person_may_make_now(
    incident: Incident, browse: Browse, engineer: User, partner_auditor: User
) -> None:
    offered = browse(engineer).get(page(incident)).context["buttons"]
    assert [button["name"] for button in offered] == ["begin_triage", "escalate", "decline"]
    assert browse(partner_auditor).get(page(incident)).context["buttons"] == []


def test_triage_begins_with_one_press(incident: Incident, browse: Browse, engineer: User) -> None:
    answer = browse(engineer).post(page(incident, "begin-triage"), {"seen": "logged"}, follow=True)
    assert "You own it now" in answer.content.decode()
    incident.refresh_from_db()
    assert (incident.state, incident.owner) == (State.TRIAGING, engineer)


def test_a_note_is_read_by_both_organisations(
    incident: Incident, browse: Browse, engineer: User, analyst: User
) -> None:
    browse(engineer).post(page(incident, "note"), {"text": "The hospital rebooted its firewall"})
    assert "rebooted its firewall" in browse(analyst).get(page(incident)).content.decode()


def test_a_refused_note_comes_back_with_its_words(incident: Incident, browse: Browse, engineer: User) -> None:
    typed = "Ward says NHS number 999 012 3456 is affected"
    answer = browse(engineer).post(page(incident, "note"), {"text": typed})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Remove the patient identifier" in text
    assert typed in text  # in the person's own field, to be mended
    assert not incident.timeline.filter(kind=Kind.NOTE).exists()


@pytest.mark.parametrize("act", TRANSITION_PAGES)
def test_an_empty_form_names_the_field_and_keeps_the_page(
    act: str, incident: Incident, browse: Browse, lead: User
) -> None:
    answer = browse(lead).post(page(incident, act), {})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "There is a problem" in text
    assert "<title>Error: " in text


@pytest.mark.parametrize("act", [*TRANSITION_PAGES, "note", "product-note", "next-action", "update", "take"])
def test_an_auditor_changes_nothing(
    act: str, incident: Incident, browse: Browse, vendor_auditor: User
) -> None:
    assert browse(vendor_auditor).post(page(incident, act), {"text": "x", "reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    "body", [{"text": "\x00"}, {"text": "x" * 6000}, {"text": "<script>alert(1)</script>"}, {}]
)
def test_rubbish_in_a_note_is_never_a_server_error(
    body: dict[str, str], incident: Incident, browse: Browse, engineer: User
) -> None:
    browser = browse(engineer)
    assert browser.post(page(incident, "note"), body).status_code in (302, 422)
    assert "<script>alert" not in browser.get(page(incident)).content.decode()


def test_an_update_is_posted_with_its_promise(incident: Incident, browse: Browse, engineer: User) -> None:
    browser = browse(engineer)
    words = "We are investigating a problem. Use your business continuity procedure."
    form = {"phase": "investigating", "words": words, "service_state": "major_outage", "minutes": "30"}
    assert browser.post(page(incident, "update"), form).status_code == 302
    incident.refresh_from_db()
    assert incident.public_phase == "investigating"
    assert incident.next_update_due_at is not None
    assert StatusUpdate.objects.get().words == words


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"words": ""}, "Write what the public is told"), ({"phase": ""}, "Choose the phase"),
        ({"minutes": ""}, "Say when the next update comes"),
        ({"words": "NHS number 999 012 3456 cannot be opened"}, "Remove the patient identifier"),
        ({"words": "Wexcombe Park Hospital cannot sign in"}, "Wexcombe Park Hospital"),
    ],
)  # fmt: skip
def test_an_unfit_update_says_why_and_is_not_stored(
    change: dict[str, str], said: str, incident: Incident, browse: Browse, engineer: User
) -> None:
    form = {
        "phase": "investigating",
        "words": "A problem",
        "service_state": "major_outage",
        "minutes": "30",
    } | change
    answer = browse(engineer).post(page(incident, "update"), form)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not StatusUpdate.objects.exists()


def test_a_preview_shows_the_words_and_stores_nothing(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    form = {
        "phase": "identified",
        "words": "We found the cause",
        "service_state": "major_outage",
        "minutes": "30",
    }
    answer = browse(engineer).post(page(incident, "update/preview"), form, headers={"HX-Request": "true"})
    assert "We found the cause" in answer.content.decode()
    assert not StatusUpdate.objects.exists()


def test_resolving_posts_the_last_update_in_the_same_act(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    Incident.objects.filter(pk=incident.pk).update(public_phase="monitoring")
    form = {"resolution": "The restart held", "restored_at": "now", "words": "The problem is resolved."}
    browser = browse(engineer)
    assert browser.post(page(incident, "resolve"), form).status_code == 422
    restored = factories.SUNDAY_NIGHT.replace(minute=30, second=0)
    form |= {"restored_at": "02:30", "restored_at_day": restored.date().isoformat()}
    assert browser.post(page(incident, "resolve"), form).status_code == 302
    incident.refresh_from_db()
    assert (incident.state, incident.public_phase) == (State.RESOLVED, "resolved")
    assert incident.restored_at == restored


def test_a_filter_of_the_timeline_shows_its_kind_alone(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    services.add_note(incident.pk, text="Only a note", by=engineer)
    shown = browse(engineer).get(page(incident) + "?show=notes").context["entries"]
    assert [entry.kind for entry in shown] == [Kind.NOTE]


@pytest.mark.parametrize("show", ["nonsense", "'; drop table", "\x00", "all"])
def test_a_filter_that_does_not_exist_shows_all(
    show: str, incident: Incident, browse: Browse, engineer: User
) -> None:
    assert browse(engineer).get(page(incident), {"show": show}).status_code == 200


@pytest.mark.parametrize("part", ["vitals", "run", "timeline"])
def test_each_region_is_a_fragment_for_htmx(
    part: str, incident: Incident, browse: Browse, engineer: User
) -> None:
    answer = browse(engineer).get(page(incident), {"part": part}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<!doctype" not in answer.content.decode()


def test_the_workbench_costs_at_most_fifteen_queries_whatever_happened(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    browser = browse(engineer)
    few = queries_of(browser, page(incident))
    services.begin_triage(incident.pk, by=engineer)
    for number in range(30):
        services.add_note(incident.pk, text=f"Note {number}", by=engineer)
        log_call(incident.pk, direction="out", who=f"IT {number}", outcome="spoke", by=engineer)
    many = queries_of(browser, page(incident))
    assert (few, many) <= (15, 15)
    assert many == few


def test_the_list_costs_at_most_five_queries_whatever_its_length(
    customer: Any, service: Any, browse: Browse, engineer: User
) -> None:
    browser = browse(engineer)
    factories.make_incident(by=engineer, customer=customer, service=service)
    few = queries_of(browser, "/incidents/")
    for _ in range(30):
        factories.make_incident(by=engineer, customer=factories.make_customer(), service=service)
    many = queries_of(browser, "/incidents/")
    assert few == many <= 5


def test_the_board_costs_at_most_fifteen_queries_whatever_is_open(
    customer: Any, service: Any, browse: Browse, engineer: User
) -> None:
    browser = browse(engineer)
    factories.make_incident(by=engineer, customer=customer, service=service)
    few = queries_of(browser, "/")
    for _ in range(30):
        factories.make_incident(by=engineer, customer=factories.make_customer(), service=service)
    many = queries_of(browser, "/")
    assert few == many <= 15


def test_the_list_is_narrowed_by_state_customer_and_words(
    incident: Incident, browse: Browse, engineer: User, customer: Any
) -> None:
    other = factories.make_incident(by=engineer, impact="Theatre lists on paper")
    browser = browse(engineer)

    def found(**asked: str) -> set[str]:
        return {row.reference for row in browser.get("/incidents/", asked).context["page"].rows}

    assert found() == {incident.reference, other.reference}
    assert found(customer="wexcombe") == {incident.reference}
    assert found(q="theatre") == {other.reference}
    assert found(state="resolved") == set()
    assert found(state="nonsense", page="-3") == {incident.reference, other.reference}


@pytest.mark.parametrize("page_number", ["0", "99999", "x", "9" * 30, "\x00"])
def test_a_page_that_does_not_exist_is_no_server_error(
    page_number: str, incident: Incident, browse: Browse, engineer: User
) -> None:
    assert browse(engineer).get("/incidents/", {"page": page_number}).status_code in (200, 302)


def test_a_reference_typed_into_search_opens_its_incident(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    answer = browse(engineer).get("/search/", {"q": incident.reference.lower()})
    assert answer["Location"] == page(incident)


def test_a_late_promise_stands_first_on_the_board(incident: Incident, browse: Browse, engineer: User) -> None:
    Incident.objects.filter(pk=incident.pk).update(
        next_update_due_at=factories.SUNDAY_NIGHT, public_phase="investigating"
    )
    answer = browse(engineer).get("/")
    assert answer.context["urgent"]["title"].startswith("Status update")
    assert "late" in answer.context["urgent"]["title"]
