"""A ticket that was resolved over there asks here. Nothing resolves by itself, and ours is no news."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from accounts.models import User
from incidents import services
from incidents.freshdesk.answering import keep_open
from incidents.models import Incident, OutboxRow, State, Ticket
from tests.incidents.driving import settle
from tests.incidents.reading_back import entries, fresh, look_back, read_due, resolve
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents

pytestmark = pytest.mark.django_db


def titles(ticket: Ticket) -> list[str]:
    return [entry.title for entry in entries(ticket)]


# ---------- What asks, and what does not ----------


@pytest.mark.parametrize("status", [4, 5])
def test_a_ticket_closed_there_asks_and_resolves_nothing(
    triaged: Ticket, agents: Agents, status: int
) -> None:
    agents.set(triaged.number, status=status)
    look_back()
    ticket = fresh(triaged)
    assert ticket.is_asking
    assert (ticket.seen_status, ticket.incident.state) == (status, State.TRIAGING)
    assert titles(ticket) == [f"Ticket set to “{'Resolved' if status == 4 else 'Closed'}” in Freshdesk"]
    assert entries(ticket)[0].text == "It is open here, and the desk asks."


@pytest.mark.parametrize("status", [2, 3, 6, 7])
def test_any_other_status_is_kept_to_be_shown_and_asks_nothing(
    triaged: Ticket, agents: Agents, status: int
) -> None:
    agents.set(triaged.number, status=status)
    look_back()
    ticket = fresh(triaged)
    assert (ticket.seen_status, ticket.is_asking, ticket.status) == (status, False, 2)
    assert titles(ticket) == []


def test_a_status_that_the_account_calls_resolved_asks(
    triaged: Ticket, agents: Agents, settings: Any
) -> None:
    settings.FRESHDESK_STATUSES = {**settings.FRESHDESK_STATUSES, "resolved": 7}
    agents.set(triaged.number, status=7)
    look_back()
    assert fresh(triaged).is_asking


def test_what_we_wrote_ourselves_is_no_news(triaged: Ticket, engineer: User, night: Any) -> None:
    resolve(triaged, engineer)
    settle()
    look_back()
    night.shift(60)
    services.reopen(triaged.incident_id, reason="Down again", by=engineer)
    look_back()  # our “open” is not there yet, and “resolved” is what we wrote
    assert not fresh(triaged).is_asking
    settle()
    night.shift(60)
    look_back()
    ticket = fresh(triaged)
    assert (ticket.seen_status, ticket.is_asking, titles(ticket)) == (2, False, [])


def test_while_a_status_of_ours_is_on_its_way_nothing_is_asked(
    triaged: Ticket, agents: Agents, engineer: User, night: Any
) -> None:
    services.escalate(triaged.incident_id, team="Database on call", reason="No answer", by=engineer)
    agents.set(triaged.number, status=4)
    look_back()
    assert not fresh(triaged).is_asking
    settle()  # it wrote nothing: “escalated” is “open” over there, as before
    night.shift(700)
    read_due()
    assert fresh(triaged).is_asking


def test_the_sla_engine_that_changes_only_the_time_asks_nothing(
    triaged: Ticket, freshdesk: Freshdesk, night: Any
) -> None:
    for _ in range(3):
        night.shift(30)
        freshdesk.tickets[triaged.number]["due_by"] = None  # filled in with the next request
        look_back()
    assert titles(triaged) == []


def test_it_asks_once_however_often_it_is_read(asking: Ticket, night: Any) -> None:
    asked_at = asking.asked_at
    for _ in range(3):
        night.shift(700)
        read_due()
    assert fresh(asking).asked_at == asked_at
    assert len(titles(asking)) == 1


def test_a_row_older_than_the_one_we_know_changes_nothing(
    asking: Ticket, freshdesk: Freshdesk, night: Any
) -> None:
    old = freshdesk.tickets[asking.number]["updated_at"]
    freshdesk.tickets[asking.number] |= {"status": 2, "updated_at": "2026-11-22T02:00:00Z"}
    night.shift(700)
    read_due()
    assert (fresh(asking).seen_status, fresh(asking).is_asking) == (4, True)
    freshdesk.tickets[asking.number]["updated_at"] = old


def test_it_asks_no_more_when_it_is_opened_again_there(asking: Ticket, agents: Agents, night: Any) -> None:
    night.shift(60)
    agents.set(asking.number, status=2)
    look_back()
    ticket = fresh(asking)
    assert (ticket.asked_at, ticket.answer) == (None, "")
    assert titles(ticket)[-1] == "Ticket set to “Open” in Freshdesk"
    assert entries(ticket)[-1].text == "It is open here too."


# ---------- The answers ----------


def test_resolving_here_is_the_answer_that_it_is_resolved_here_too(
    asking: Ticket, engineer: User, freshdesk: Freshdesk
) -> None:
    resolve(asking, engineer)
    ticket = fresh(asking)
    assert (ticket.answer, ticket.answered_by, ticket.is_asking) == ("resolved_here", engineer, False)
    settle()
    assert freshdesk.tickets[ticket.number]["status"] == 4


def test_it_goes_on_here_writes_our_status_back_and_says_why_in_the_ticket(
    asking: Ticket, engineer: User, freshdesk: Freshdesk, night: Any
) -> None:
    keep_open(asking.incident_id, reason="Two sites still cannot sign in", by=engineer)
    ticket = fresh(asking)
    assert (ticket.answer, ticket.answered_by, ticket.is_asking) == ("still_open", engineer, False)
    settle()
    assert freshdesk.tickets[ticket.number]["status"] == 2
    assert "Two sites still cannot sign in" in freshdesk.notes[ticket.number][-1]["body"]
    for _ in range(3):
        night.shift(60)
        look_back()
    assert not fresh(asking).is_asking


def test_until_our_status_is_there_it_does_not_ask_again(asking: Ticket, engineer: User, night: Any) -> None:
    keep_open(asking.incident_id, reason="Two sites still cannot sign in", by=engineer)
    night.shift(700)
    read_due()
    assert not fresh(asking).is_asking


def test_a_ticket_resolved_once_more_asks_once_more(
    asking: Ticket, engineer: User, agents: Agents, night: Any
) -> None:
    keep_open(asking.incident_id, reason="Two sites still cannot sign in", by=engineer)
    settle()
    night.shift(60)
    look_back()
    night.shift(60)
    agents.set(asking.number, status=5)
    look_back()
    ticket = fresh(asking)
    assert ticket.is_asking
    assert (ticket.answer, ticket.answered_by) == ("", None)


def test_the_same_answer_twice_is_one_and_another_persons_is_told_who_was_faster(
    asking: Ticket, engineer: User, lead: User
) -> None:
    keep_open(asking.incident_id, reason="Still down", by=engineer)
    keep_open(asking.incident_id, reason="Still down", by=engineer)
    with pytest.raises(Conflict, match="OOH engineer 1 has already answered: it goes on here"):
        keep_open(asking.incident_id, reason="Still down", by=lead)
    assert asking.incident.timeline.filter(title__startswith="It goes on here").count() == 1
    assert OutboxRow.objects.waiting().filter(event="state").count() == 1


def test_an_answer_to_a_question_that_is_withdrawn_is_a_conflict(triaged: Ticket, engineer: User) -> None:
    with pytest.raises(Conflict, match="open again in Freshdesk"):
        keep_open(triaged.incident_id, reason="Still down", by=engineer)


@pytest.mark.parametrize("reason", ["", "  ", "NHS 999 012 3456 cannot be opened"])
def test_an_answer_needs_a_reason_without_patient_data(asking: Ticket, engineer: User, reason: str) -> None:
    with pytest.raises(ValidationError):
        keep_open(asking.incident_id, reason=reason, by=engineer)
    assert fresh(asking).is_asking


@pytest.mark.parametrize("role", ["analyst", "partner_auditor", "vendor_auditor", "manager", "author"])
def test_only_the_side_that_owns_it_answers(asking: Ticket, role: str, request: Any) -> None:
    with pytest.raises((PermissionDenied, Incident.DoesNotExist)):
        keep_open(asking.incident_id, reason="Still down", by=request.getfixturevalue(role))
    assert fresh(asking).is_asking


# ---------- Open again over there ----------


def test_a_ticket_opened_again_there_is_shown_and_reopens_nothing(
    resolved: Ticket, agents: Agents, night: Any
) -> None:
    agents.set(resolved.number, status=2)
    for _ in range(2):
        look_back()
        night.shift(120)
    ticket = fresh(resolved)
    assert ticket.reopened_at is not None
    assert ticket.incident.state == State.RESOLVED
    assert titles(ticket) == ["Ticket set to “Open” in Freshdesk"]
    assert entries(ticket)[0].text == "It is resolved here."


@pytest.mark.parametrize("act", ["closed there again", "reopened here"])
def test_it_is_shown_no_more_when_both_sides_agree_again(
    resolved: Ticket, agents: Agents, engineer: User, night: Any, act: str
) -> None:
    agents.set(resolved.number, status=2)
    look_back()
    night.shift(60)
    if act == "reopened here":
        services.reopen(resolved.incident_id, reason="Down again", by=engineer)
        settle()
    else:
        agents.set(resolved.number, status=5)
    look_back()
    assert fresh(resolved).reopened_at is None


def test_a_resolved_ticket_that_they_close_is_no_news(resolved: Ticket, agents: Agents) -> None:
    agents.set(resolved.number, status=5)
    look_back()
    assert (fresh(resolved).reopened_at, titles(resolved)) == (None, [])


# ---------- Merged ----------


def test_the_ticket_that_took_ours_in_asks_when_it_is_resolved(
    triaged: Ticket, agents: Agents, engineer: User, freshdesk: Freshdesk, night: Any
) -> None:
    primary = agents.opened()
    agents.merge(primary, triaged.number)
    look_back()
    assert not fresh(triaged).is_asking
    night.shift(60)
    agents.set(primary, status=4)
    look_back()
    assert fresh(triaged).is_asking
    keep_open(triaged.incident_id, reason="Still down", by=engineer)
    settle()
    assert freshdesk.tickets[primary]["status"] == 4  # not ours alone: a note says it, and nothing is set
    assert "Still down" in freshdesk.notes[primary][-1]["body"]
    night.shift(700)
    read_due()
    assert not fresh(triaged).is_asking
