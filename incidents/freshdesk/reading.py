"""Reading a ticket back: what an agent set, where it was merged to, and what was said there.

Webhooks, polls and the passing of time only say that a ticket is to be read (`Ticket.read_due_at`); what it
says is read here, through the API, one ticket at a time. Reading it twice changes nothing.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from incidents.freshdesk import asking, conversations, merging
from incidents.freshdesk.client import Client, NotThere, connect
from incidents.freshdesk.rows import ConversationRow, NotUnderstood, TicketRow, conversation_row, ticket_row
from incidents.models import Ticket
from incidents.outbox.registry import CannotDeliver, RetryLater, Unsure

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than a connection's requests may take together
LOOK_AGAIN = timedelta(minutes=10)  # an open incident's ticket is read so often, whatever nobody told us of
# After news a ticket is read once more: their times count seconds, and another change may bear the same one.
ONCE_MORE, JUST_NOW = timedelta(seconds=15), timedelta(seconds=30)
REST = timedelta(minutes=5)  # after a reading that failed
LEAVES = 10  # percent of the account's limit that reading leaves to what the desk has to write
MOST_MERGES = 5


def expect(number: int) -> list[int]:
    """Something says that this ticket changed: it is to be read, where it is ours. The ids of ours."""
    found = list(Ticket.objects.known_as([number]).values_list("pk", flat=True))
    mark(found)
    return found


def mark(ticket_ids: Iterable[int]) -> None:
    """These tickets are to be read now. Not by save(): the audit trail is not for a pulse."""
    if wanted := list(ticket_ids):
        Ticket.objects.filter(pk__in=wanted).update(read_due_at=timezone.now())


def read(ticket_id: int) -> None:
    """Read one ticket, if that is due. Of two workers one does; what falls due meanwhile is read again."""
    claim = timezone.now() + LEASE
    if not Ticket.objects.due(timezone.now()).filter(pk=ticket_id).update(read_due_at=claim):
        return
    try:
        with connect(leaves=LEAVES) as client:
            found = take_in(client, ticket_id)
    except RetryLater as error:
        after = timedelta(seconds=error.after) if error.after is not None else REST
        _settle(ticket_id, claim, timezone.now() + after, str(error))
    except (CannotDeliver, Unsure, NotUnderstood) as error:
        _settle(ticket_id, claim, timezone.now() + REST, str(error))
    except Exception as error:  # a defect of ours: its words may hold anything
        logger.error("Ticket %s was not read: %s", ticket_id, type(error).__name__)
        _settle(ticket_id, claim, timezone.now() + REST, f"It failed on our side ({type(error).__name__})")
    else:
        _done(ticket_id, claim, found)


@dataclass
class Found:
    """How many notes could not be read, and whether the ticket changed since the last time, or just now."""

    failed: int = 0
    is_news: bool = False


def take_in(client: Client, ticket_id: int) -> Found:
    """All that is new of a ticket, and of the one that took it in."""
    found = Found()
    for _ in range(MOST_MERGES):
        ticket = Ticket.objects.select_related("incident").get(pk=ticket_id)
        row = _ticket(client, ticket.current_number)
        said, unread = _conversations(client, row)
        merged = merging.primary_of(said) if row.status in asking.closed_statuses() else None
        if merged and not _is_elsewhere(client, ticket, merged[0]):
            merged = None
        news = (each for each in said if merged is None or each is not merged[1])
        found.failed += unread + conversations.take_in(ticket, news)
        if merged is None:
            is_newer = asking.take_in(ticket_id, row, written=ticket.status)
            found.is_news = is_newer or row.updated_at > timezone.now() - JUST_NOW
            return found
        merging.follow(ticket_id, *merged)
    raise CannotDeliver(f"Ticket {ticket.number} was merged on and on")


def _ticket(client: Client, number: int) -> TicketRow:
    """The ticket, from the archive where it is there. Raises CannotDeliver where it is gone."""
    try:
        row = ticket_row(client.get(f"/tickets/{number}"))
    except NotThere:
        try:
            row = ticket_row(client.get(f"/tickets/archived/{number}"), is_archived=True)
        except NotThere:
            raise CannotDeliver(f"Freshdesk no longer has ticket {number}") from None
    if row.is_gone:
        raise CannotDeliver(f"Ticket {number} was deleted in Freshdesk, or marked as spam")
    return row


def _conversations(client: Client, row: TicketRow) -> tuple[list[ConversationRow], int]:
    """What was said, and how many rows could not be understood."""
    understood, unread = [], 0
    for each in _listed(client, row):
        try:
            understood.append(conversation_row(each))
        except NotUnderstood as error:
            logger.warning("A note of ticket %s is not understood: %s", row.number, error)
            unread += 1
    return understood, unread


def _listed(client: Client, row: TicketRow) -> list[Any]:
    """An archived ticket has its conversations beside it; an account that does not give them has none."""
    if not row.is_archived:
        return list(client.pages(f"/tickets/{row.number}/conversations"))
    try:
        return list(client.pages(f"/tickets/archived/{row.number}/conversations"))
    except NotThere:
        return []


def _is_elsewhere(client: Client, ticket: Ticket, primary: int) -> bool:
    """Whether there is another ticket of that number: a note may say anything."""
    if primary in (ticket.number, ticket.current_number):
        return False
    try:
        _ticket(client, primary)
    except CannotDeliver:
        return False
    return True


def _done(ticket_id: int, claim: datetime, found: Found) -> None:
    ticket = Ticket.objects.select_related("incident").get(pk=ticket_id)
    now, failed = timezone.now(), found.failed
    error = f"{failed} note{'' if failed == 1 else 's'} could not be read" if failed else ""
    following = None
    if found.is_news or failed:
        following = now + (REST if failed else ONCE_MORE)
    elif ticket.incident.is_open and not ticket.is_archived:
        following = now + LOOK_AGAIN
    _settle(ticket_id, claim, following, error, read_back_at=now)


def _settle(ticket_id: int, claim: datetime, due_at: datetime | None, error: str, **fields: Any) -> None:
    """Not by save(): the audit trail is not for a pulse. What fell due since the claim stays due."""
    Ticket.objects.filter(pk=ticket_id).update(read_error=error[:300], **fields)
    Ticket.objects.filter(pk=ticket_id, read_due_at=claim).update(read_due_at=due_at)
