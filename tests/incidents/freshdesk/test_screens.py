"""What the workbench and the board show of a ticket as it stands over there, and the page of the answer."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.freshdesk.showing import Question, questions
from incidents.models import Incident, Ticket, TimelineEntry
from incidents.timeline import record
from ooh import board
from tests.factories import make_incident
from tests.incidents.reading_back import fresh, look_back
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents

pytestmark = pytest.mark.django_db

Browse = Callable[[User | None], Client]
ASKS = "The service desk set the ticket to “Resolved”"
BACK = "The service desk set the ticket back to “Open”"


def workbench(ticket: Ticket, act: str = "") -> str:
    return f"/incidents/{ticket.incident.reference}/{act}"


def shown(browser: Client, address: str, **headers: str) -> str:
    answer = browser.get(address, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def queries_of(browser: Client, address: str) -> int:
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        browser.get(address)
    return len(captured)


# ---------- The workbench ----------


def test_the_owner_is_asked_and_offered_both_answers(asking: Ticket, browse: Browse, engineer: User) -> None:
    page = shown(browse(engineer), workbench(asking))
    assert ASKS in page
    assert f"Ticket {asking.number}, read 02:09 GMT. It is open here until somebody says what holds." in page
    assert f'href="{workbench(asking, "resolve/")}">It is resolved here too' in page
    assert f'href="{workbench(asking, "keep-open/")}">It goes on here' in page


@pytest.mark.parametrize("role", ["analyst", "partner_auditor", "manager"])
def test_others_read_the_question_and_are_offered_no_answer(
    asking: Ticket, browse: Browse, role: str, request: Any
) -> None:
    page = shown(browse(request.getfixturevalue(role)), workbench(asking))
    assert ASKS in page
    assert "The side that owns it answers." in page
    assert "keep-open" not in page


def test_before_triage_only_going_on_is_offered(ticket: Ticket, browse: Browse, engineer: User) -> None:
    Ticket.objects.update(asked_at=timezone.now(), seen_status=5)
    page = shown(browse(engineer), workbench(ticket))
    assert "It goes on here" in page
    assert "It is resolved here too" not in page


def test_the_page_brings_question_and_panel_along_when_it_reads_itself_again(
    asking: Ticket, browse: Browse, engineer: User
) -> None:
    part = shown(browse(engineer), workbench(asking, "?part=vitals"), **{"HX-Request": "true"})
    assert '<div id="ticket-question" hx-swap-oob="true">' in part
    assert ASKS in part
    assert 'id="freshdesk" aria-labelledby="freshdesk-h" hx-swap-oob="true"' in part


def test_the_panel_says_how_it_stands_over_there(ticket: Ticket, browse: Browse, engineer: User) -> None:
    Ticket.objects.update(
        seen_status=6, read_back_at=timezone.now(), merged_into=3900, is_archived=True,
        read_error="Freshdesk does not answer (connect error)",
    )  # fmt: skip
    page = shown(browse(engineer), workbench(ticket))
    for words in (
        "“Waiting on customer” over there", "“Open” is what we wrote", "Ticket 3900</a>",
        f"Ticket {ticket.number} was merged into 3900", "Archived over there", "It could not be read back",
        "Freshdesk does not answer (connect error)",
    ):  # fmt: skip
        assert words in page


def test_a_status_without_a_name_is_shown_by_its_number(
    ticket: Ticket, browse: Browse, engineer: User, settings: Any
) -> None:
    Ticket.objects.update(seen_status=8)
    assert "“status 8” over there" in shown(browse(engineer), workbench(ticket))
    settings.FRESHDESK_STATUS_NAMES = {"8": "With development"}
    assert "“With development” over there" in shown(browse(engineer), workbench(ticket))


def test_a_ticket_opened_again_is_shown_with_the_way_to_reopen(
    resolved: Ticket, agents: Agents, browse: Browse, engineer: User
) -> None:
    agents.set(resolved.number, status=2)
    look_back()
    page = shown(browse(engineer), workbench(resolved))
    assert BACK in page
    assert "It is resolved here." in page
    assert f'href="{workbench(resolved, "reopen/")}">Reopen it here' in page


def test_an_edited_note_is_marked_for_whoever_sees_the_newer_one(
    ticket: Ticket, browse: Browse, engineer: User, analyst: User
) -> None:
    def told(text: str, wall: str, before: TimelineEntry | None = None) -> TimelineEntry:
        by = User.objects.vendors_desk()
        return record(ticket.incident, "note", "Note", text, by=by, wall=wall, supersedes=before)

    told("Two", "vendor", told("One", "service"))
    assert "edited later" in shown(browse(analyst), workbench(ticket))
    page = shown(browse(engineer), workbench(ticket))
    assert "One" in page
    assert "edited later" not in page  # that would tell of a vendor row


# ---------- The page of the answer ----------


def test_going_on_is_said_on_a_page_of_its_own(
    asking: Ticket, browse: Browse, engineer: User, freshdesk: Freshdesk
) -> None:
    browser = browse(engineer)
    assert "What still fails?" in shown(browser, workbench(asking, "keep-open/"))
    answer = browser.post(
        workbench(asking, "keep-open/"), {"reason": "Two sites are still down"}, follow=True
    )
    page = answer.content.decode()
    assert "It goes on here. The service desk reads why in the ticket." in page
    assert ASKS not in page
    assert fresh(asking).answer == Ticket.Answer.STILL_OPEN


@pytest.mark.parametrize("reason", ["", "NHS 999 012 3456 is affected"])
def test_a_refused_answer_comes_back_with_its_words(
    asking: Ticket, browse: Browse, engineer: User, reason: str
) -> None:
    answer = browse(engineer).post(workbench(asking, "keep-open/"), {"reason": reason})
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert fresh(asking).is_asking


def test_who_comes_second_is_told_who_was_faster_and_keeps_the_words(
    asking: Ticket, browse: Browse, engineer: User, lead: User
) -> None:
    browse(engineer).post(workbench(asking, "keep-open/"), {"reason": "Still down"})
    answer = browse(lead).post(workbench(asking, "keep-open/"), {"reason": "Nothing works at both sites"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "OOH engineer 1 has already answered: it goes on here" in page
    assert "Nothing works at both sites" in page


@pytest.mark.parametrize(
    ("role", "status"),
    [("analyst", 403), ("partner_auditor", 403), ("manager", 403), ("author", 404), ("ticket_sync", 404)],
)
def test_the_other_side_opens_no_page_of_the_answer(
    asking: Ticket, browse: Browse, role: str, status: int, request: Any
) -> None:
    browser = browse(request.getfixturevalue(role))
    for answer in (
        browser.get(workbench(asking, "keep-open/")),
        browser.post(workbench(asking, "keep-open/"), {"reason": "x"}),
    ):
        assert answer.status_code == status
    assert fresh(asking).is_asking


# ---------- The board ----------


def asked(user: User) -> list[Question]:
    now = timezone.now()
    return questions(user, Incident.objects.visible_to(user).for_board(now), now)


def test_the_board_asks_whoever_may_answer_and_tells_the_others(
    asking: Ticket, engineer: User, analyst: User, browse: Browse
) -> None:
    Incident.objects.update(next_update_due_at=None)  # a promise that is near would come before
    urgent = board.facts(engineer, timezone.now())["urgent"]
    assert (urgent["title"], urgent["label"]) == (ASKS, "Answer")
    assert urgent["url"] == workbench(asking, "#ticket-question")
    assert [one.headline for one in board.facts(analyst, timezone.now())["ticket_questions"]] == [ASKS]
    page = shown(browse(analyst), "/")
    assert "Freshdesk says otherwise" in page
    assert "Ticket closed" in page


def test_what_is_late_or_nobodys_comes_before_the_question(
    asking: Ticket, engineer: User, night: Any
) -> None:
    make_incident(by=engineer)  # nobody has it
    found = board.facts(engineer, timezone.now())
    assert found["urgent"]["title"] == "Nobody has this incident yet"
    assert [one.headline for one in found["ticket_questions"]] == [ASKS]


def test_the_board_tells_of_a_ticket_opened_again_as_long_as_its_incident_may_be(
    resolved: Ticket, agents: Agents, engineer: User, browse: Browse, night: Any
) -> None:
    agents.set(resolved.number, status=2)
    look_back()
    assert BACK in shown(browse(engineer), "/")
    night.shift(72 * 3600)
    assert BACK not in shown(browse(engineer), "/")


def test_an_answered_question_leaves_the_board(asking: Ticket, engineer: User) -> None:
    services.set_next_action(asking.incident_id, text="Ring them", by=engineer)
    assert len(asked(engineer)) == 1
    Ticket.objects.update(answered_at=timezone.now(), answer="still_open", answered_by=engineer)
    assert asked(engineer) == []


def test_who_sees_no_incident_is_told_of_no_ticket(asking: Ticket, author: User, specialist: User) -> None:
    assert asked(author) == []
    assert asked(specialist) == []


@pytest.mark.parametrize("address", ["/", "workbench"])
def test_a_question_costs_no_query_more(
    triaged: Ticket, agents: Agents, browse: Browse, engineer: User, address: str
) -> None:
    browser, address = browse(engineer), workbench(triaged) if address == "workbench" else address
    before = queries_of(browser, address)
    agents.set(triaged.number, status=4)
    look_back()
    assert queries_of(browser, address) == before


# ---------- The deliveries ----------


def said(browser: Client) -> str:
    """Of the panel, the words about reading."""
    return shown(browser, "/deliveries/").split("Freshdesk is ", 1)[-1].partition("</li>")[0]


def test_the_page_of_deliveries_says_when_freshdesk_was_read_last(
    ticket: Ticket, browse: Browse, engineer: User
) -> None:
    assert "Freshdesk is read back" not in shown(browse(engineer), "/deliveries/")  # nobody has looked yet
    look_back()
    assert "Last looked 02:08 GMT" in said(browse(engineer))
    assert "Last looked 02:08 GMT" in shown(browse(engineer), "/")


def test_it_warns_when_freshdesk_could_not_be_read_for_five_minutes(
    ticket: Ticket, freshdesk: Freshdesk, browse: Browse, engineer: User, night: Any
) -> None:
    look_back()
    freshdesk.down()
    night.shift(200)
    look_back()
    assert "Last looked" in said(browse(engineer))
    night.shift(101)
    look_back()
    assert "not read back" in said(browse(engineer))
    assert "Not since 02:08 GMT. Freshdesk does not answer" in said(browse(engineer))
    freshdesk.up()
    look_back()
    assert "Last looked 02:13 GMT" in said(browse(engineer))


def test_it_names_how_many_tickets_could_not_be_read(ticket: Ticket, browse: Browse, engineer: User) -> None:
    look_back()
    Ticket.objects.update(read_error="Freshdesk no longer has ticket 4001")
    assert "1 ticket could not be read. Last looked 02:08 GMT, and tried again" in said(browse(engineer))


def test_where_freshdesk_is_not_set_up_nothing_is_said_of_reading(
    ticket: Ticket, browse: Browse, engineer: User, settings: Any
) -> None:
    look_back()
    settings.FRESHDESK_URL = ""
    assert "read back" not in shown(browse(engineer), "/deliveries/")
