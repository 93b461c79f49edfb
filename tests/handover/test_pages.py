"""The pages: whole without scripts, fragments for htmx, and what was typed is never lost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.together import together
from handover import services
from handover.models import Handover, HandoverItem
from incidents import services as incidents
from tests import factories
from tests.handover.conftest import MONDAY_CALL
from tests.handover.making import make_shift

PATIENT = "NHS number 999 012 3456"
PEOPLE = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor", "integration", "alert_source",
)  # fmt: skip
READERS = {"engineer", "lead", "analyst", "manager", "partner_auditor", "vendor_auditor"}


def url(handover, end: str = "") -> str:
    return f"/handovers/{handover.pk}/{end}"


def words(response) -> str:
    return response.content.decode()


# ---------- Who sees what ----------


@pytest.mark.parametrize("name", PEOPLE)
def test_who_opens_which_page(closed, browse, request, name):
    browser = browse(request.getfixturevalue(name))
    found = {
        path: browser.get(path).status_code for path in ("/handovers/", "/rota/", url(closed), "/pages/")
    }
    reads = name in READERS
    sees_rota = reads or name == "specialist"
    assert found == {
        "/handovers/": 200 if sees_rota else 403, "/rota/": 200 if sees_rota else 403,
        url(closed): 200 if reads else 404, "/pages/": 200,
    }  # fmt: skip


def test_nobody_signed_in_is_sent_to_sign_in(closed, browse):
    for path in ("/handovers/", "/rota/", "/pages/", url(closed)):
        assert browse(None).get(path)["Location"].startswith("/sign-in/")


def test_a_specialist_sees_of_a_handover_only_the_items_of_escalated_incidents(
    morning, triaging, engineer, specialist, team, browse, customer
):
    other = factories.make_incident(by=engineer, customer=factories.make_customer(name="Other Hospital"))
    services.escalate(triaging.pk, team=team, reason="No answer", by=engineer)
    handover = services.draft("to_vendor", by=engineer)
    assert handover.items.count() == 2
    page = words(browse(specialist).get(url(handover)))
    assert triaging.reference in page
    assert other.reference not in page
    assert "Other Hospital" not in page


@pytest.mark.parametrize("number", ["999999999", "99999999999999999999", "-1", "x"])
def test_a_handover_that_is_not_there_is_404(browse, engineer, number):
    assert browse(engineer).get(f"/handovers/{number}/").status_code == 404


def test_a_specialist_is_told_of_no_more_items_than_they_see(
    morning, triaging, engineer, specialist, team, browse
):
    factories.make_incident(by=engineer)
    services.escalate(triaging.pk, team=team, reason="No answer", by=engineer)
    services.draft("to_vendor", by=engineer)
    assert "Draft of the service partner: 2 items" in words(browse(engineer).get("/handovers/"))
    assert "Draft of the service partner: 1 item" in words(browse(specialist).get("/handovers/"))
    assert "2 items" not in words(browse(specialist).get("/handovers/"))


# ---------- Draft, keep, offer ----------


def test_the_button_drafts_and_opens_the_draft(morning, triaging, engineer, browse):
    response = browse(engineer).post("/handovers/draft/", {"direction": "to_vendor"})
    assert response["Location"] == url(Handover.objects.get())


def test_an_unknown_direction_is_told_and_the_other_side_is_refused(morning, engineer, browse):
    assert "Choose to the service desk" in words(
        browse(engineer).post("/handovers/draft/", {"direction": "up"}, follow=True)
    )
    assert browse(engineer).post("/handovers/draft/", {"direction": "to_partner"}).status_code == 403


def section(item: HandoverItem, name: str, text: str, seen: str = "") -> dict[str, str]:
    return {"section": name, "text": text, "seen": seen}


def test_a_section_is_kept_with_scripts_and_without(draft, engineer, browse):
    item = draft.items.get()
    path = url(draft, f"items/{item.pk}/save/")
    plain = browse(engineer).post(path, section(item, "assessment", "Memory"))
    assert plain["Location"] == f"{url(draft)}#item-{item.pk}"
    fragment = browse(engineer).post(
        path, section(item, "not_tried", "Scale out"), headers={"HX-Request": "true"}
    )
    assert "Kept" in words(fragment)
    assert "<html" not in words(fragment)
    item.refresh_from_db()
    assert (item.assessment, item.not_tried) == ("Memory", "Scale out")


def test_a_refused_section_keeps_what_was_typed_and_names_the_remedy(draft, engineer, browse):
    item = draft.items.get()
    path = url(draft, f"items/{item.pk}/save/")
    for headers in ({}, {"HX-Request": "true"}):
        response = browse(engineer).post(path, section(item, "assessment", PATIENT), headers=headers)
        assert response.status_code == 422
        assert "Remove the patient identifier" in words(response)
        assert "999 012 3456" in words(response)  # in their own form, and nowhere else
    item.refresh_from_db()
    assert item.assessment == ""


def test_a_conflict_on_a_section_shows_the_typed_text(draft, engineer, other_engineer, browse):
    item = draft.items.get()
    path = url(draft, f"items/{item.pk}/save/")
    browse(engineer).post(path, section(item, "assessment", "Memory grew"))
    response = browse(other_engineer).post(path, section(item, "assessment", "It is the network", "0" * 12))
    assert response.status_code == 409
    assert "It is the network" in words(response)


def test_the_severity_is_chosen_from_three(draft, engineer, browse):
    item = draft.items.get()
    path = url(draft, f"items/{item.pk}/save/")
    assert browse(engineer).post(path, section(item, "severity", "purple")).status_code == 422
    assert browse(engineer).post(path, section(item, "severity", "stable")).status_code == 302


def test_offering_from_the_page(draft, engineer, browse):
    assert "Offer 1 item to the service desk" in words(browse(engineer).get(url(draft)))
    browse(engineer).post(url(draft, "offer/"))
    draft.refresh_from_db()
    assert draft.state == "offered"


def test_nobody_is_said_to_own_what_is_not_there(morning, engineer, browse):
    empty = services.draft("to_vendor", by=engineer)
    services.offer(empty.pk, statement="Nothing is open.", by=engineer)
    page = words(browse(engineer).get(url(empty)))
    assert "The statement waits for the service desk" in page
    assert "owns them" not in page


def test_of_one_item_the_page_speaks_as_of_one(offered, engineer, analyst, browse):
    assert "The service partner owns it until it is accepted." in words(browse(engineer).get(url(offered)))
    assert "The service partner owns it until you accept." in words(browse(analyst).get(url(offered)))


def test_a_handover_that_nobody_had_to_answer_waits_for_nobody(offered, incident, engineer, browse):
    incidents.decline(incident.pk, rule="scope", told_caller="Ring the desk", by=engineer)
    services.settle(offered.pk)
    page = words(browse(engineer).get(url(offered)))
    assert "From OOH engineer 1 to the service desk." in page
    assert "nobody yet" not in page


def test_what_was_closed_since_the_last_call_stands_in_the_order_of_its_closing(
    morning, triaging, engineer, browse
):
    others = [factories.make_incident(by=engineer) for _ in range(2)]
    for each, minutes in ((others[0], 1), (triaging, 2), (others[1], 3)):
        morning.move_to(MONDAY_CALL - timedelta(hours=1) + timedelta(minutes=minutes))
        if each == triaging:
            incidents.resolve(each.pk, resolution="It is back", restored_at=timezone.now(), by=engineer)
        else:
            incidents.decline(each.pk, rule="scope", told_caller="Ring the desk", by=engineer)
    morning.move_to(MONDAY_CALL)
    page = words(browse(engineer).get(url(services.draft("to_vendor", by=engineer))))
    panel = page[page.index('id="done-h"') :]
    order = [panel.index(each.reference) for each in (others[0], triaging, others[1])]
    assert order == sorted(order)


def test_a_draft_that_lapsed_is_no_draft_any_more(draft, engineer, browse):
    Handover.objects.filter(pk=draft.pk).update(state="lapsed")
    page = words(browse(engineer).get(url(draft)))
    assert "Nobody offered this handover" in page
    assert "both sides read it" not in page


def test_a_statement_is_signed_on_the_page_and_answered_there(morning, engineer, analyst, browse):
    empty = services.draft("to_vendor", by=engineer)
    refused = browse(engineer).post(url(empty, "offer/"), {"statement": " "})
    assert refused.status_code == 422
    assert "Write and sign that there is nothing" in words(refused)
    browse(engineer).post(url(empty, "offer/"), {"statement": "Nothing is open."})
    assert "I have read that nothing is open" in words(browse(analyst).get(url(empty)))
    browse(analyst).post(url(empty, "statement/"))
    empty.refresh_from_db()
    assert empty.state == "closed"


def test_a_click_on_offer_after_the_last_item_closed_asks_for_the_statement(
    draft, incident, engineer, browse
):
    incidents.decline(incident.pk, rule="scope", told_caller="Ring the desk", by=engineer)
    response = browse(engineer).post(url(draft, "offer/"))
    assert response.status_code == 422
    assert "Nothing is open and nothing was promised." in words(response)


def test_a_text_that_cannot_be_offered_is_named_by_incident_and_section(draft, incident, engineer, browse):
    draft.items.update(assessment=PATIENT, edited=["assessment"])
    response = browse(engineer).post(url(draft, "offer/"))
    assert response.status_code == 422
    assert f"{incident}, Assessment: Remove the patient identifier" in words(response)


# ---------- Answer ----------


def answer(item: HandoverItem) -> str:
    return f"/handovers/{item.handover_id}/items/{item.pk}/"


def test_only_the_receiver_is_asked_to_answer(item, engineer, analyst, manager, browse):
    assert "Accept this item" in words(browse(analyst).get(url(item.handover)))
    for person in (engineer, manager):
        assert "Accept this item" not in words(browse(person).get(url(item.handover)))
    assert browse(engineer).post(answer(item), {"answer": "accept", "readback": "x"}).status_code == 403


def test_accepting_without_the_read_back_asks_for_it(item, analyst, browse):
    for headers in ({}, {"HX-Request": "true"}):
        response = browse(analyst).post(answer(item), {"answer": "accept", "readback": ""}, headers=headers)
        assert response.status_code == 422
        assert "Say it back in your own words: what it is" in words(response)


def test_a_refusal_needs_its_reason_and_keeps_the_fold_open(item, analyst, browse):
    response = browse(analyst).post(answer(item), {"answer": "refuse"}, headers={"HX-Request": "true"})
    assert '<details class="fold" open>' in words(response)


def test_an_answer_that_is_neither_is_named(item, analyst, browse):
    response = browse(analyst).post(answer(item), {"readback": "I have it"})
    assert response.status_code == 422
    assert "Choose: accept this item, or refuse it" in words(response)


def test_an_answer_swaps_the_item_and_the_counts(draft, engineer, analyst, browse):
    factories.make_incident(by=engineer)
    services.refresh_draft(draft.pk, by=engineer)
    services.offer(draft.pk, by=engineer)
    first = draft.items.first()
    response = browse(analyst).post(
        answer(first), {"answer": "accept", "readback": "I have it"}, headers={"HX-Request": "true"}
    )
    page = words(response)
    assert "Said back: “I have it”" in page
    assert 'id="left" hx-swap-oob="true"' in page
    assert "1 of 2 answered" in page
    last = browse(analyst).post(
        answer(draft.items.last()), {"answer": "refuse", "refuse": "Not ours"}, headers={"HX-Request": "true"}
    )
    assert last["HX-Refresh"] == "true"


def test_who_comes_second_reads_who_was_faster_with_the_words_kept(item, analyst, browse):
    services.accept_item(item.pk, read_back="I have it", by=analyst)
    other = factories.make_user(*analyst.roles)
    response = browse(other).post(answer(item), {"answer": "accept", "readback": "I ring them by nine"})
    assert response.status_code == 409
    assert "Desk analyst 1 has already accepted this" in words(response)
    assert "I ring them by nine" in words(response)


def test_a_closed_document_shows_its_fingerprint_that_it_is_whole_and_its_addenda(closed, engineer, browse):
    browse(engineer).post(url(closed, "addendum/"), {"text": "The dump lies with the desk"})
    page = words(browse(engineer).get(url(closed)))
    assert closed.content_hash in page
    assert "Unchanged" in page
    assert "The dump lies with the desk" in page
    assert browse(engineer).post(url(closed, "addendum/"), {"text": ""}).status_code == 422


def test_the_call_is_written_down(offered, analyst, browse):
    refused = browse(analyst).post(url(offered, "call/"), {"began_at": "25:00", "participants": ""})
    assert refused.status_code == 422
    assert "Name who was on the call" in words(refused)
    browse(analyst).post(
        url(offered, "call/"), {"began_at": "08:00", "ended_at": "", "participants": "Night lead, desk"}
    )
    offered.refresh_from_db()
    assert offered.participants == "Night lead, desk"


# ---------- Query counts ----------


def many(engineer, team, count: int) -> None:
    for _ in range(count):
        incident = factories.make_incident(by=engineer)
        type(incident).objects.filter(pk=incident.pk).update(state="triaging", owner=engineer)
        services.escalate(incident.pk, team=team, reason="No answer", by=engineer)


@pytest.mark.parametrize("path", ["/handovers/", "/rota/", "/pages/", "handover"])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    morning, engineer, lead, team, browse, django_assert_max_num_queries, path
):
    def read(browser) -> int:
        at = url(services.draft("to_vendor", by=engineer)) if path == "handover" else path
        browser.get(at)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser.get(at).status_code == 200
        return len(queries)

    browser = browse(lead)
    many(engineer, team, 1)
    make_shift(lead, 0)
    few = read(browser)
    many(engineer, team, 4)
    for day in range(5):
        person = factories.make_user(*engineer.roles, phone="01632 960113")
        make_shift(person, day)
    assert read(browser) == few
    assert few <= 20


def test_the_board_learns_who_is_on_in_two_queries(
    morning, engineer, lead, analyst, team, triaging, django_assert_num_queries
):
    for person in (engineer, lead, analyst):
        make_shift(person, 0)
    lead.has_perm("x")

    with django_assert_num_queries(2):
        facts = services.board_facts(timezone.now(), together(**services.people_to_ring(lead)))
    assert [(each.person, each.role, each.incidents) for each in facts.on_shift] == [
        (lead, "Lead", 0), (engineer, "Engineer", 1), (analyst, "Service desk", 0)
    ]  # fmt: skip
    assert [str(each) for each in facts.teams] == ["Database on call"]
    assert not facts.nobody


def test_at_night_with_nobody_on_the_board_learns_whom_to_ring(
    night, lead, team, django_assert_max_num_queries
):
    lead.has_perm("x")

    with django_assert_max_num_queries(2):
        facts = services.board_facts(timezone.now(), together(**services.people_to_ring(lead)))
    assert (facts.nobody, facts.leads) == (True, [lead])


def test_the_workbench_says_who_was_paged_and_offers_to_page_again(
    night, triaging, team, engineer, analyst, browse
):
    services.escalate(triaging.pk, team=team, reason="No answer", by=engineer)
    address = f"/incidents/{triaging.reference}/"
    page = words(browse(engineer).get(address))
    assert "Database on call is paged, no answer" in page
    assert "Page another team, or again" in page
    assert "Page another team, or again" not in words(browse(analyst).get(address))
