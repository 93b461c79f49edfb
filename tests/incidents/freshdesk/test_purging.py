"""Freshdesk forgets what was taken out here: our notes are rewritten, an agent's note is deleted."""

from typing import Any

import pytest

from accounts.models import User
from incidents import services
from incidents.freshdesk import words
from incidents.models import Incident, OutboxRow, Ticket
from incidents.redaction import services as redaction
from tests.incidents.driving import settle
from tests.incidents.reading_back import look_back
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents
from tests.standins.http import Fault

WORDS = "Oswin from the corner house"

pytestmark = pytest.mark.django_db


@pytest.fixture
def noted(ticket: Ticket, engineer: User, night: Any) -> Ticket:
    """A note with a patient in it, and one without, both in the ticket."""
    for text in (f"{WORDS} waits in theatre", "The sign-in page answers 503"):
        services.add_note(ticket.incident_id, text=text, by=engineer)
    settle()
    night.shift(60)
    return ticket


def held(freshdesk: Freshdesk, ticket: Ticket) -> str:
    return str(freshdesk.tickets[ticket.number]) + str(freshdesk.notes[ticket.number])


def puts(freshdesk: Freshdesk) -> list[str]:
    return [path for method, path in freshdesk.calls if method in ("PUT", "DELETE")]


def test_our_note_is_rewritten_at_once_and_the_others_are_left_alone(
    noted: Ticket, freshdesk: Freshdesk, engineer: User
) -> None:
    assert WORDS in held(freshdesk, noted)
    freshdesk.calls.clear()
    report = redaction.report_patient_data(noted.incident_id, words=WORDS, kind="patient_name", by=engineer)
    settle()
    assert WORDS not in held(freshdesk, noted)
    assert f"[patient data, report {report.pk}.1] waits in theatre" in held(freshdesk, noted)
    assert "The sign-in page answers 503" in held(freshdesk, noted)
    assert len(puts(freshdesk)) == 1
    assert [row.done_at is not None for row in redaction.deliveries_of(report)] == [True]


def test_a_rewriting_whose_answer_was_lost_is_asked_for_and_not_written_twice(
    noted: Ticket, freshdesk: Freshdesk, engineer: User
) -> None:
    freshdesk.calls.clear()
    freshdesk.fail(Fault.RESET_AFTER, path=r"/api/v2/conversations/\d+")
    redaction.report_patient_data(noted.incident_id, words=WORDS, kind="patient_name", by=engineer)
    settle()
    assert WORDS not in held(freshdesk, noted)
    assert len(puts(freshdesk)) == 1


def test_the_facts_of_the_ticket_are_rewritten_too(
    ticket: Ticket, freshdesk: Freshdesk, engineer: User
) -> None:
    Incident.objects.filter(pk=ticket.incident_id).update(impact=f"{WORDS} cannot go home")
    incident = Incident.objects.select_related("customer", "service").get(pk=ticket.incident_id)
    freshdesk.tickets[ticket.number]["description"] = words.description(incident)
    redaction.report_patient_data(incident.pk, words=WORDS, kind="patient_name", by=engineer)
    settle()
    assert WORDS not in held(freshdesk, ticket)
    assert "cannot go home" in held(freshdesk, ticket)


def test_what_is_put_back_is_put_back_there_too(
    noted: Ticket, freshdesk: Freshdesk, engineer: User, lead: User
) -> None:
    report = redaction.report_patient_data(noted.incident_id, words=WORDS, kind="other", by=engineer)
    settle()
    redaction.put_back(report.pk, reason="It is a building", by=lead)
    settle()
    assert f"{WORDS} waits in theatre" in held(freshdesk, noted)


def test_a_note_of_an_agent_is_deleted_when_a_second_person_agreed(
    triaged: Ticket, freshdesk: Freshdesk, agents: Agents, analyst: User, lead: User, night: Any
) -> None:
    agents.note(triaged.number, f"#ooh {WORDS} cannot be admitted")
    look_back()
    report = redaction.report_patient_data(triaged.incident_id, words=WORDS, kind="other", by=analyst)
    settle()
    assert WORDS in held(freshdesk, triaged)
    redaction.remove_for_good(report.pk, by=lead)
    settle()
    assert WORDS not in held(freshdesk, triaged)
    night.shift(60)
    look_back()
    assert not triaged.incident.timeline.filter(text__contains=WORDS).exists()


def test_what_the_account_does_not_let_us_do_waits_for_a_person_with_the_number_of_the_note(
    noted: Ticket, freshdesk: Freshdesk, engineer: User
) -> None:
    freshdesk.may_edit = False
    report = redaction.report_patient_data(noted.incident_id, words=WORDS, kind="patient_name", by=engineer)
    settle()
    row = OutboxRow.objects.get(event="rewrite")
    assert row.parked_at is not None
    number = next(note["id"] for note in freshdesk.notes[noted.number] if WORDS in note["body"])
    assert f"note {number} of ticket {noted.number} by hand" in row.last_error
    assert WORDS not in row.last_error
    assert redaction.deliveries_of(report) == [row]
