"""Delivering to Freshdesk: the ticket, each timeline entry as a private note, and the status.

Freshdesk has no idempotency key. A row whose outcome is unknown asks first: for the ticket by our tag or
custom field, for a note by its marker, for the status by reading it. Only then is it sent again. What each
returns is written with the success: the ticket's number, or the note's, by which we know it when it is read.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.wall.identity import as_system
from incidents.freshdesk import fields, purging, words
from incidents.freshdesk.client import Client, NotThere, Refused, connect
from incidents.freshdesk.summary import summary
from incidents.models import Conversation, Incident, OutboxRow, State, Ticket, TimelineEntry
from incidents.models.incident import CLOSED
from incidents.outbox.registry import CannotDeliver, Keep, RetryLater, Unsure

logger = logging.getLogger(__name__)

RESOLVED_THERE = (4, 5)  # Freshdesk's numbers for resolved and closed, in every account
OVERLAP = timedelta(minutes=5)  # how far their clock may stand behind ours
STATUSES = {
    State.LOGGED: "open", State.TRIAGING: "open", State.SOP: "open", State.ESCALATED: "open",
    State.HANDED_OVER: "handed_over", State.RESOLVED: "resolved", State.DECLINED: "declined",
}  # fmt: skip
WRONG_ADDRESS = "FRESHDESK_URL is not the address of a Freshdesk (404). Correct it"


def is_configured() -> bool:
    return bool(settings.FRESHDESK_URL and settings.FRESHDESK_API_KEY)


def deliver(row: OutboxRow) -> Keep | None:
    """Send one row, or find that it is there already. Safe to repeat."""
    if row.incident is None or row.event not in EVENTS:
        raise CannotDeliver(f"Freshdesk knows no event {row.event}")
    with connect() as client:
        return EVENTS[row.event](client, row, row.incident)


def deliver_ticket(client: Client, row: OutboxRow, incident: Incident) -> Keep | None:
    if Ticket.objects.filter(incident=incident).exists():
        return None
    try:
        number = find_ticket(client, incident, row) if row.is_unsure else None
        if number is None:
            _refuse_overtaken(row)
            number = _number(client.post("/tickets", ticket_body(incident)), "a ticket")
    except NotThere:
        raise RetryLater(WRONG_ADDRESS) from None
    except Refused as error:
        raise _with_remedy(error, "FRESHDESK_TICKET_FIELDS") from None
    return lambda: keep_ticket(incident, number)


def deliver_note(client: Client, row: OutboxRow, incident: Incident) -> Keep | None:
    entry = _entry_of(row, incident)
    return _deliver_marked(client, row, entry, words.marker(entry.pk), words.note(entry))


def deliver_summary(client: Client, row: OutboxRow, incident: Incident) -> Keep | None:
    """The closing summary, before the status that closes the ticket."""
    entry = _entry_of(row, incident)
    return _deliver_marked(client, row, entry, words.marker(entry.pk, "summary"), summary(entry))


def _deliver_marked(
    client: Client, row: OutboxRow, entry: TimelineEntry, marker: str, body: str
) -> Keep | None:
    ticket = _ticket_of(entry.incident)
    note = find_note(client, ticket, marker) if row.is_unsure else None
    if note is None:
        _refuse_overtaken(row)
        try:
            note = client.post(f"/tickets/{ticket.current_number}/notes", {"body": body, "private": True})
        except NotThere:
            raise _gone(client, ticket.current_number) from None
    number = _number(note, "a note")
    return lambda: keep_note(ticket, number, entry, note)


def deliver_state(client: Client, row: OutboxRow, incident: Incident) -> Keep | None:
    """Written only where it differs from what we wrote last: what an agent has set since is left to them.

    So is the status of the ticket that took ours in, which is not ours alone, and a ticket that they closed.
    """
    ticket, state = _ticket_of(incident), str(row.payload.get("state"))
    status, is_closing = status_of(state), state in CLOSED
    if ticket.merged_into or (ticket.status == status and not row.is_unsure):
        return None
    try:
        there = client.get(f"/tickets/{ticket.number}") if row.is_unsure or is_closing else {}
        is_there = there.get("status") == status or (is_closing and there.get("status") in RESOLVED_THERE)
        if not is_there:
            filled = fields.closing(incident, there) if is_closing else {}
            client.put(f"/tickets/{ticket.number}", filled | {"status": status})
    except NotThere:
        raise _gone(client, ticket.number) from None
    except Refused as error:
        raise _with_remedy(error, "FRESHDESK_CLOSING_FIELDS or FRESHDESK_STATUSES") from None
    return lambda: _keep_status(ticket, status)


EVENTS = {
    "ticket": deliver_ticket, "note": deliver_note, "summary": deliver_summary, "state": deliver_state,
    "rewrite": purging.deliver_rewrite, "purge": purging.deliver_purge,
}  # fmt: skip


# ---------- What is written because it arrived ----------


def keep_ticket(incident: Incident, number: int) -> None:
    Ticket.objects.get_or_create(
        incident=incident, defaults={"number": number, "status": status_of(State.LOGGED)}
    )


@as_system("a note over there may be known as a private one")
def keep_note(ticket: Ticket, number: int, entry: TimelineEntry, note: Mapping[str, Any]) -> None:
    """That this note over there is ours: when it is read back, it is no news."""
    facts = {
        "ticket": ticket,
        "is_ours": True,
        "entry": entry,
        "created_at": _instant(note.get("created_at")),
    }
    Conversation.objects.update_or_create(number=number, defaults=facts)


def _keep_status(ticket: Ticket, status: int) -> None:
    ticket.status = status
    ticket.save(update_fields=["status"])


# ---------- What is asked and sent ----------


def find_ticket(client: Client, incident: Incident, row: OutboxRow) -> int | None:
    """The number of this incident's ticket, by our tag or custom field, among those made since the row was.

    The list knows a new ticket at once; the search would lag by minutes. Whoever they are from: an agent may
    have given ours another requester by now.
    """
    since = (row.written_at - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = []
    newest_first = client.pages("/tickets", updated_since=since, order_by="created_at", order_type="desc")
    for ticket in newest_first:
        if str(ticket.get("created_at")) < since:
            break
        if is_of(ticket, incident):
            found.append(int(ticket["id"]))
    if len(found) > 1:
        logger.warning("Incident %s has %s tickets: the first is used", incident, len(found))
    return min(found, default=None)


def find_note(client: Client, ticket: Ticket, marker: str) -> Mapping[str, Any] | None:
    """The note that bears this marker, in the ticket or in the one that it was merged into."""
    for number in dict.fromkeys((ticket.current_number, ticket.number)):
        try:
            for conversation in client.pages(f"/tickets/{number}/conversations"):
                if words.marker_in(conversation) == marker:
                    return dict(conversation)
        except NotThere:
            raise _gone(client, number) from None
    return None


def ticket_body(incident: Incident) -> dict[str, Any]:
    """What the ticket is created with: our words, and the fields as the account wants them."""
    return {
        "email": settings.FRESHDESK_REQUESTER_EMAIL,
        "subject": words.subject(incident),
        "description": words.description(incident),
        "status": status_of(State.LOGGED),
        **fields.creation(incident),
    }


def status_of(state: str) -> int:
    """Freshdesk's number for a state of ours, as configured."""
    if state not in STATUSES:
        raise CannotDeliver(f"No status for the state {state}")
    return int(settings.FRESHDESK_STATUSES[STATUSES[State(state)]])


def is_of(ticket: Mapping[str, Any], incident: Incident) -> bool:
    """Whether a ticket over there is this incident's, by our tag or our custom field."""
    tags = {str(tag).casefold() for tag in ticket.get("tags") or []}
    field = (ticket.get("custom_fields") or {}).get(settings.FRESHDESK_REFERENCE_FIELD or "-")
    return fields.tag(incident).casefold() in tags or field == incident.reference


def _entry_of(row: OutboxRow, incident: Incident) -> TimelineEntry:
    """Never a vendor row: the query leaves them out, and the database would, for it stands nowhere."""
    entries = TimelineEntry.objects.for_outside().select_related(
        "by", "incident__customer", "incident__service"
    )
    entry = entries.filter(pk=row.payload.get("entry"), incident=incident).first()
    if entry is None:
        raise CannotDeliver("Its entry is a vendor row, which never leaves, or does not exist. Drop it")
    return entry


def _number(answer: Mapping[str, Any], what: str) -> int:
    try:
        return int(answer["id"])
    except (KeyError, TypeError, ValueError):
        raise Unsure(f"Freshdesk made {what} and did not tell its number") from None


def _instant(value: Any) -> datetime | None:
    """A time of theirs; what is none is left out."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _ticket_of(incident: Incident) -> Ticket:
    """The order of the outbox lets the ticket go first; should it be missing, the row waits for it."""
    ticket = Ticket.objects.filter(incident=incident).first()
    if ticket is None:
        raise RetryLater("Its ticket is not in Freshdesk yet")
    return ticket


def _refuse_overtaken(row: OutboxRow) -> None:
    """Nothing is created with a lease that runs out meanwhile: somebody else may be at it already."""
    if row.locked_until and timezone.now() + timedelta(seconds=settings.FRESHDESK_TIMEOUT) > row.locked_until:
        raise RetryLater("It took too long to get there")


def _gone(client: Client, number: int) -> CannotDeliver:
    """What to do about a ticket that is not there: one closed for 120 days is archived, and takes nothing."""
    try:
        client.get(f"/tickets/archived/{number}")
    except NotThere:
        return CannotDeliver(f"Freshdesk no longer has ticket {number}. Restore it there, then retry")
    return CannotDeliver(f"Ticket {number} is archived in Freshdesk and takes nothing more. Drop this")


def _with_remedy(error: Refused, settings_names: str) -> CannotDeliver:
    ours = settings.FRESHDESK_REFERENCE_FIELD or "-"
    if any(code == "invalid_field" and name.endswith(ours) for name, code in error.fields.items()):
        return CannotDeliver(
            f"{error}. Create that field there, or unset FRESHDESK_REFERENCE_FIELD; then retry"
        )
    return CannotDeliver(f"{error}. Correct {settings_names} or the account; then retry")
