"""Delivering to Freshdesk: the ticket, each timeline entry as a private note, and the status.

Freshdesk has no idempotency key. A row whose outcome is unknown asks first: for the ticket by our tag or
custom field, for a note by its marker, for the status by reading it. Only then is it sent again.
"""

import logging
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from incidents.freshdesk import words
from incidents.freshdesk.client import Client, NotThere, Refused, connect
from incidents.models import Incident, OutboxRow, State, Ticket, TimelineEntry, Wall
from incidents.outbox.registry import CannotDeliver, RetryLater, Unsure

logger = logging.getLogger(__name__)

URGENT, PHONE = 4, 3
OVERLAP = timedelta(minutes=5)  # how far their clock may stand behind ours
STATUSES = {
    State.LOGGED: "open", State.TRIAGING: "open", State.SOP: "open", State.ESCALATED: "open",
    State.HANDED_OVER: "handed_over", State.RESOLVED: "resolved", State.DECLINED: "declined",
}  # fmt: skip
WRONG_ADDRESS = "FRESHDESK_URL is not the address of a Freshdesk (404). Correct it"


def is_configured() -> bool:
    return bool(settings.FRESHDESK_URL and settings.FRESHDESK_API_KEY)


def deliver(row: OutboxRow) -> None:
    """Send one row, or find that it is there already. Safe to repeat."""
    if row.incident is None or row.event not in EVENTS:
        raise CannotDeliver(f"Freshdesk knows no event {row.event}")
    with connect() as client:
        EVENTS[row.event](client, row, row.incident)


def deliver_ticket(client: Client, row: OutboxRow, incident: Incident) -> None:
    if Ticket.objects.filter(incident=incident).exists():
        return
    try:
        number = find_ticket(client, incident, row) if row.is_unsure else None
        if number is None:
            _refuse_overtaken(row)
            number = _number(client.post("/tickets", ticket_body(incident)))
    except NotThere:
        raise RetryLater(WRONG_ADDRESS) from None
    except Refused as error:
        raise _with_remedy(error) from None
    with transaction.atomic():
        Ticket.objects.get_or_create(
            incident=incident, defaults={"number": number, "status": status_of(State.LOGGED)}
        )


def deliver_note(client: Client, row: OutboxRow, incident: Incident) -> None:
    entry = (
        TimelineEntry.objects.select_related("by")
        .filter(pk=row.payload.get("entry"), incident=incident)
        .first()
    )
    if entry is None:
        raise CannotDeliver("Its timeline entry does not exist")
    if entry.wall == Wall.VENDOR:
        raise CannotDeliver("A vendor row never leaves. Drop it, and tell the desk's developers")
    number = _ticket_of(incident).number
    try:
        if row.is_unsure and has_note(client, number, entry):
            return
        _refuse_overtaken(row)
        client.post(f"/tickets/{number}/notes", {"body": words.note(entry), "private": True})
    except NotThere:
        raise _gone(number) from None


def deliver_state(client: Client, row: OutboxRow, incident: Incident) -> None:
    """Written only where it differs from what we wrote last: what an agent has set since is left to them."""
    ticket, status = _ticket_of(incident), status_of(str(row.payload.get("state")))
    if ticket.status == status and not row.is_unsure:
        return
    try:
        if not (row.is_unsure and client.get(f"/tickets/{ticket.number}").get("status") == status):
            client.put(f"/tickets/{ticket.number}", {"status": status})
    except NotThere:
        raise _gone(ticket.number) from None
    ticket.status = status
    with transaction.atomic():
        ticket.save(update_fields=["status"])


EVENTS = {"ticket": deliver_ticket, "note": deliver_note, "state": deliver_state}


# ---------- What is asked and sent ----------


def find_ticket(client: Client, incident: Incident, row: OutboxRow) -> int | None:
    """The number of this incident's ticket, by our tag or custom field, among our requester's since then.

    The list knows a new ticket at once; the search would lag by minutes.
    """
    since = (row.written_at - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    listed = client.pages(
        "/tickets",
        email=settings.FRESHDESK_REQUESTER_EMAIL,
        updated_since=since,
        order_by="created_at",
        order_type="asc",
    )
    try:
        found = [ticket["id"] for ticket in listed if _is_ours(ticket, incident)]
    except Refused as error:
        if set(error.fields) == {"email"}:
            return None  # no contact of this address yet, so no ticket either
        raise
    if len(found) > 1:
        logger.warning("Incident %s has %s tickets: the first is used", incident, len(found))
    return min(found, default=None)


def has_note(client: Client, number: int, entry: TimelineEntry) -> bool:
    """Whether the ticket has this entry's note, by the marker that ends it."""
    notes = client.pages(f"/tickets/{number}/conversations")
    return any(words.is_marked(str(note.get("body_text") or note.get("body")), entry.pk) for note in notes)


def ticket_body(incident: Incident) -> dict[str, Any]:
    """What the ticket is created with; `FRESHDESK_TICKET_FIELDS` adds what an account demands."""
    body: dict[str, Any] = {
        "email": settings.FRESHDESK_REQUESTER_EMAIL,
        "subject": words.subject(incident),
        "description": words.description(incident),
        "status": status_of(State.LOGGED), "priority": URGENT, "source": PHONE,
        "tags": ["ooh", _tag(incident)],
    }  # fmt: skip
    extra = dict(settings.FRESHDESK_TICKET_FIELDS)
    custom = dict(extra.pop("custom_fields", {}))
    if settings.FRESHDESK_REFERENCE_FIELD:
        custom[settings.FRESHDESK_REFERENCE_FIELD] = incident.reference
    return body | extra | ({"custom_fields": custom} if custom else {})


def status_of(state: str) -> int:
    """Freshdesk's number for a state of ours, as configured."""
    if state not in STATUSES:
        raise CannotDeliver(f"No status for the state {state}")
    return int(settings.FRESHDESK_STATUSES[STATUSES[State(state)]])


def _tag(incident: Incident) -> str:
    return f"ooh-{incident.reference}"


def _is_ours(ticket: dict[str, Any], incident: Incident) -> bool:
    tags = {str(tag).casefold() for tag in ticket.get("tags") or []}
    field = (ticket.get("custom_fields") or {}).get(settings.FRESHDESK_REFERENCE_FIELD or "-")
    return _tag(incident).casefold() in tags or field == incident.reference


def _number(answer: dict[str, Any]) -> int:
    try:
        return int(answer["id"])
    except (KeyError, TypeError, ValueError):
        raise Unsure("Freshdesk made a ticket and did not tell its number") from None


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


def _gone(number: int) -> CannotDeliver:
    return CannotDeliver(f"Freshdesk no longer has ticket {number}. Restore it there, then retry")


def _with_remedy(error: Refused) -> CannotDeliver:
    ours = settings.FRESHDESK_REFERENCE_FIELD or "-"
    if any(code == "invalid_field" and name.endswith(ours) for name, code in error.fields.items()):
        return CannotDeliver(
            f"{error}. Create that field there, or unset FRESHDESK_REFERENCE_FIELD; then retry"
        )
    return CannotDeliver(f"{error}. Correct FRESHDESK_TICKET_FIELDS or the account; then retry")
