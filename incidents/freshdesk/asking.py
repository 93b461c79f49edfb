"""A ticket that was resolved or closed over there while its incident is open here asks here.

Nothing resolves by itself: a person says what holds. Compared is by value with what we wrote last, for
Freshdesk changes `updated_at` by itself. Imported by `incidents.services`; the answer is in `answering`.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from incidents.freshdesk.rows import TicketRow
from incidents.models import Incident, Kind, OutboxRow, Ticket
from incidents.timeline import record

RESOLVED, CLOSED = 4, 5


def closed_statuses() -> frozenset[int]:
    """Freshdesk's numbers that say that it is over, those of this account's configuration among them."""
    ours = (settings.FRESHDESK_STATUSES[name] for name in ("resolved", "declined"))
    return frozenset((RESOLVED, CLOSED, *map(int, ours)))


def status_words(status: int) -> str:
    """`Resolved`; a status that only the account knows is named by its number."""
    return str(settings.FRESHDESK_STATUS_NAMES.get(str(status), f"status {status}"))


@transaction.atomic
def take_in(ticket_id: int, row: TicketRow, *, written: int) -> bool:
    """Keep what an agent set, and ask or stop asking; whether the row is newer than the one that we know.

    A row that is older is ignored. `written` is the status that we had written last before this one was asked
    for. While a status of ours is on its way nothing is asked: what was read may be of before. Locks the
    incident, then the ticket.
    """
    incident_id = Ticket.objects.values_list("incident", flat=True).get(pk=ticket_id)
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    ticket = Ticket.objects.select_for_update(of=("self",)).get(pk=ticket_id)
    if row.number != ticket.current_number:  # another took it in meanwhile
        return False
    if ticket.seen_updated_at and row.updated_at < ticket.seen_updated_at:
        return False
    before, is_newer = _kept(ticket), row.updated_at != ticket.seen_updated_at
    ticket.seen_status, ticket.seen_updated_at = row.status, row.updated_at
    ticket.is_archived = row.is_archived
    if ticket.status == written and not _is_ours_under_way(incident):
        _judge(ticket, incident, min(row.updated_at, timezone.now()))
    if _kept(ticket) != before:
        ticket.save()
    return is_newer


def moved(incident: Incident, *, by: User) -> None:
    """The incident changed its state here: what was asked of the old one is answered by this person.

    Called by `incidents.services` in its transaction, with the incident locked.
    """
    ticket = Ticket.objects.select_for_update().filter(incident=incident).first()
    if ticket is None:
        return
    before = _kept(ticket)
    if incident.is_open:
        ticket.reopened_at = None
    elif ticket.is_asking:
        ticket.answer, ticket.answered_by = Ticket.Answer.RESOLVED_HERE, by
        ticket.answered_at = timezone.now()
    if _kept(ticket) != before:
        ticket.save()


def _judge(ticket: Ticket, incident: Incident, at: datetime) -> None:
    """Four cases: closed there and open here, open there and closed here, and each of them over again."""
    is_closed_there = ticket.seen_status in closed_statuses()
    is_theirs = ticket.seen_status != ticket.status
    asks = incident.is_open and is_closed_there and is_theirs
    reopens = not incident.is_open and not is_closed_there and is_theirs
    if asks and not ticket.is_asking:
        ticket.asked_at, ticket.answer = timezone.now(), ""
        ticket.answered_at = ticket.answered_by = None
        _tell(ticket, incident, "It is open here, and the desk asks", at)
    elif ticket.is_asking and not asks:
        ticket.asked_at = None
        _tell(ticket, incident, "It is open here too", at)
    if reopens and ticket.reopened_at is None:
        ticket.reopened_at = timezone.now()
        _tell(ticket, incident, f"It is {incident.get_state_display().lower()} here", at)
    elif not reopens:
        ticket.reopened_at = None


def _tell(ticket: Ticket, incident: Incident, here: str, at: datetime) -> None:
    assert ticket.seen_status is not None  # noqa: S101  (set by the caller)
    record(
        incident, Kind.NOTE, f"Ticket set to “{status_words(ticket.seen_status)}” in Freshdesk", f"{here}.",
        by=User.objects.vendors_desk(), at=at, announces=False, ticket_status=ticket.seen_status,
    )  # fmt: skip


def _is_ours_under_way(incident: Incident) -> bool:
    waiting = OutboxRow.objects.waiting().filter(incident=incident, event="state")
    return waiting.filter(destination=OutboxRow.Destination.FRESHDESK).exists()


def _kept(ticket: Ticket) -> tuple[object, ...]:
    """What of a ticket is worth a line of the audit trail when it changes."""
    return (
        ticket.seen_status, ticket.seen_updated_at, ticket.is_archived, ticket.reopened_at, ticket.asked_at,
        ticket.answered_at,
    )  # fmt: skip
