"""Several workers at once: Freshdesk is asked once, and what was said there is told once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.roles import Role
from incidents import services
from incidents.freshdesk import polling, reading
from incidents.freshdesk.answering import keep_open
from incidents.freshdesk.client import connect
from incidents.freshdesk.tasks import read_ticket
from incidents.models import Conversation, OutboxRow, RateBudget, Ticket
from incidents.outbox.tasks import deliver
from tests.factories import make_incident, make_user
from tests.incidents.driving import settle
from tests.incidents.reading_back import entries, look_back
from tests.incidents.test_two_people import at_once
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 4


@pytest.fixture
def ticket(freshdesk: Freshdesk) -> Ticket:
    """As the one of all other tests, at the time that it is."""
    incident = make_incident(by=make_user(Role.OOH_ENGINEER))
    settle()
    return Ticket.objects.get(incident=incident)


def let_them_ask() -> None:
    """The minute's budget is known: no request has to go alone and find it out."""
    known = {"total": 10_000, "remaining": 9_000, "resets_at": timezone.now() + timedelta(minutes=1)}
    RateBudget.objects.filter(name="freshdesk").update(**known)


def read(ticket_id: int) -> reading.Found:
    """Whether it is due or not, such as when a reader's lease ran out while it waited."""
    with connect() as client:
        return reading.take_in(client, ticket_id)


def test_of_several_polls_at_once_one_asks(ticket: Ticket, freshdesk: Freshdesk) -> None:
    assert sorted(at_once([polling.poll] * WORKERS)) == [False] * (WORKERS - 1) + [True]
    assert freshdesk.calls.count(("GET", "/api/v2/tickets")) == 1


def test_of_several_workers_at_once_one_reads_a_ticket(ticket: Ticket, freshdesk: Freshdesk) -> None:
    reading.expect(ticket.number)
    at_once([lambda: read_ticket(ticket.pk)] * WORKERS)
    assert freshdesk.calls.count(("GET", f"/api/v2/tickets/{ticket.number}")) == 1


def test_readers_that_met_all_the_same_tell_everything_once(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents
) -> None:
    for number in range(6):
        agents.note(ticket.number, f"Note {number}")
    agents.set(ticket.number, status=4)
    let_them_ask()
    found: list[Any] = at_once([lambda: read(ticket.pk)] * WORKERS)
    assert [each.failed for each in found] == [0] * WORKERS
    texts = [entry.text for entry in entries(ticket)]
    assert sorted(texts) == sorted([*(f"Note {number}" for number in range(6)), texts[-1]])
    assert Ticket.objects.get(pk=ticket.pk).is_asking


def test_a_merge_that_several_readers_meet_is_told_once(ticket: Ticket, agents: Agents) -> None:
    primary = agents.opened()
    agents.merge(primary, ticket.number)
    let_them_ask()
    at_once([lambda: read(ticket.pk)] * WORKERS)
    titles = [entry.title for entry in entries(ticket)]
    assert len([title for title in titles if "was merged into" in title]) == 1


def test_our_notes_are_no_news_while_they_are_being_sent(ticket: Ticket, freshdesk: Freshdesk) -> None:
    engineer = ticket.incident.logged_by
    for number in range(5):
        services.add_note(ticket.incident_id, text=f"Ours {number}", by=engineer)

    def send() -> None:
        for row_id in OutboxRow.objects.waiting().order_by("pk").values_list("pk", flat=True):
            deliver(row_id)

    def read_again_and_again() -> None:
        for _ in range(5):
            reading.expect(ticket.number)
            read_ticket(ticket.pk)

    let_them_ask()
    at_once([send, read_again_and_again, read_again_and_again])
    settle()
    look_back()
    assert entries(ticket) == []
    ours = Conversation.objects.filter(ticket=ticket, is_ours=True)
    assert ours.count() == len(freshdesk.notes[ticket.number]) == 7


def test_of_two_people_who_answer_at_once_one_is_told_that_the_other_did(
    ticket: Ticket, agents: Agents
) -> None:
    one, other = make_user(Role.OOH_ENGINEER), make_user(Role.OOH_LEAD)
    Ticket.objects.update(asked_at=timezone.now(), seen_status=4)
    acts = [lambda by=by: keep_open(ticket.incident_id, reason="Still down", by=by) for by in (one, other)]
    results = at_once(acts)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Ticket"]


def test_a_note_of_two_merged_tickets_that_two_workers_read_is_told_to_both(
    ticket: Ticket, agents: Agents, freshdesk: Freshdesk
) -> None:
    other = make_incident(by=ticket.incident.logged_by)
    settle()
    second = Ticket.objects.get(incident=other)
    primary = agents.opened()
    agents.merge(primary, ticket.number, second.number)
    agents.reply(primary, "It is back for all")
    services.add_note(other.pk, text="Ours", by=other.logged_by)
    for _ in range(2):
        let_them_ask()
        at_once([lambda pk=pk: read(pk) for pk in (ticket.pk, second.pk)])
        settle()
    for each in (ticket, second):
        assert [entry.text for entry in entries(each)].count("It is back for all") == 1
        assert "Ours" not in "".join(entry.text for entry in entries(each))
