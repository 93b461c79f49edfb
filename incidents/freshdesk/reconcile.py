"""Comparing the last days here and in Freshdesk: what is missing on our side is repaired, the rest is told.

Nothing is sent from here. A note that is missing over there goes back into the outbox as one whose outcome is
unknown, so the receiver is asked before it is sent.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.bulk import update_all
from incidents.freshdesk import reading, words
from incidents.freshdesk.client import Client, NotThere, connect
from incidents.freshdesk.delivery import keep_note, keep_ticket
from incidents.models import Conversation, Incident, OutboxRow, Ticket, TimelineEntry

LEAVES = 25  # percent of the account's limit that this leaves to the deliveries
MOST_PAGES = 300  # as many as Freshdesk gives
CLOSED = 5
FRESHDESK = OutboxRow.Destination.FRESHDESK
_TAG = re.compile(r"ooh-(ooh-\d{4}-\d{5,})", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One difference: `repaired` here, `queued` to be asked for and sent, for a person to `look` at; or what
    `waits` to be sent.
    """

    did: str
    words: str


def compare(days: int) -> Iterator[Finding]:
    """Each difference of the last days, as it is dealt with. Raises RetryLater when Freshdesk cannot say.

    What was repaired until then stays; to run it again costs only the reading.
    """
    since = timezone.now() - timedelta(days=days)
    there = _tickets_there(since.strftime("%Y-%m-%dT%H:%M:%SZ"))
    wanted = Q(changed_at__gte=since) | Q(reference__in=there)
    incidents = Incident.objects.counted().filter(wanted).select_related("customer", "service").order_by("pk")
    for incident in incidents.iterator():
        yield from _compare_one(incident, there.pop(incident.reference, []))
    for reference, tickets in sorted(there.items()):
        numbers = ", ".join(str(ticket["id"]) for ticket in tickets)
        yield Finding("look", f"Ticket {numbers} bears the tag of {reference}, which is not here")


def _tickets_there(since: str) -> dict[str, list[Mapping[str, Any]]]:
    """All tickets that changed there since and bear our tag or field, by the reference of their incident."""
    found: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    with connect(leaves=LEAVES) as client:
        oldest_first = client.pages(
            "/tickets", most_pages=MOST_PAGES, updated_since=since, order_by="updated_at", order_type="asc"
        )
        for ticket in oldest_first:
            if reference := _reference_of(ticket):
                found[reference][int(ticket["id"])] = ticket
    return {reference: [by[number] for number in sorted(by)] for reference, by in found.items()}


def _reference_of(ticket: Mapping[str, Any]) -> str:
    custom = ticket.get("custom_fields") or {}
    if own := custom.get(settings.FRESHDESK_REFERENCE_FIELD or "-"):
        return str(own)
    tags = (_TAG.fullmatch(str(tag)) for tag in ticket.get("tags") or [])
    return next((tag[1].upper() for tag in tags if tag), "")


def _compare_one(incident: Incident, there: list[Mapping[str, Any]]) -> Iterator[Finding]:
    waited = list(incident.deliveries.waiting().filter(destination=FRESHDESK).values_list("pk", flat=True))
    with connect(leaves=LEAVES) as client:
        ticket = Ticket.objects.filter(incident=incident).first()
        if ticket is None and there:
            ticket = _adopt(incident, int(there[0]["id"]))
            yield Finding("repaired", f"{incident}: its ticket {ticket} was there, and is known here now")
        living = [int(each["id"]) for each in there if each.get("status") != CLOSED]
        if len(living) > 1:
            numbers = ", ".join(str(number) for number in living)
            yield Finding("look", f"{incident} has several tickets: {numbers}. Merge them into {ticket}")
        if ticket is None:
            yield from _without_ticket(incident)
        else:
            yield from _compare_ticket(client, incident, ticket)
    if waiting := list(incident.deliveries.waiting().filter(pk__in=waited).order_by("pk")):
        why = f". {waiting[0].last_error}" if waiting[0].last_error else ""
        yield Finding("waits", f"{incident}: {len(waiting)} not sent yet{why}")


def _without_ticket(incident: Incident) -> Iterator[Finding]:
    row = incident.deliveries.filter(event="ticket", done_at__isnull=False).first()
    if row and _queue_again(row):
        yield Finding("queued", f"{incident} has no ticket. It is asked for, then made")


def _compare_ticket(client: Client, incident: Incident, ticket: Ticket) -> Iterator[Finding]:
    try:
        conversations = list(_conversations(client, ticket))
    except NotThere:
        yield from _missing_ticket(client, ticket)
    else:
        yield from _compare_notes(incident, ticket, conversations)
    reading.mark([ticket.pk])  # what they said and set meanwhile is read back by the worker


def _adopt(incident: Incident, number: int) -> Ticket:
    with transaction.atomic():
        keep_ticket(incident, number)
        _mark_done(incident.deliveries.filter(event="ticket"))
    return Ticket.objects.get(incident=incident)


def _missing_ticket(client: Client, ticket: Ticket) -> Iterator[Finding]:
    try:
        client.get(f"/tickets/archived/{ticket}")
    except NotThere:
        yield Finding("look", f"{ticket.incident}: its ticket {ticket} is not there. Restore it there")


def _conversations(client: Client, ticket: Ticket) -> Iterator[Mapping[str, Any]]:
    for number in dict.fromkeys((ticket.current_number, ticket.number)):
        yield from client.pages(f"/tickets/{number}/conversations")


def _compare_notes(
    incident: Incident, ticket: Ticket, conversations: list[Mapping[str, Any]]
) -> Iterator[Finding]:
    marked: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for conversation in conversations:
        if marker := words.marker_in(conversation):
            marked[marker].append(conversation)
    known = set(Conversation.objects.filter(ticket=ticket).values_list("number", flat=True))
    entries = TimelineEntry.objects.in_bulk(_entries_of(incident))
    for row in incident.deliveries.filter(event__in=("note", "summary"), dropped_at=None).order_by("pk"):
        entry = entries.get(row.payload.get("entry"))
        if entry is None:
            continue
        notes = marked.get(words.marker(entry.pk, "summary" if row.event == "summary" else "entry"), [])
        yield from _compare_note(row, ticket, entry, notes, known)


def _compare_note(
    row: OutboxRow, ticket: Ticket, entry: TimelineEntry, notes: list[Mapping[str, Any]], known: set[int]
) -> Iterator[Finding]:
    name = f"{ticket.incident}: {row.words} of {entry}"
    if not notes:
        if row.done_at and _queue_again(row):
            yield Finding(
                "queued", f"{name} is not in ticket {ticket.current_number}. It is asked for, then sent"
            )
        return
    unknown = [note for note in notes if int(note["id"]) not in known and words.is_echo(note)]
    with transaction.atomic():
        was_done = row.done_at or not _mark_done(OutboxRow.objects.filter(pk=row.pk))
        for note in unknown:
            keep_note(ticket, int(note["id"]), entry, note)
    if unknown or not was_done:
        yield Finding("repaired", f"{name} was there, and is known here now")
    if len(echoes := [note for note in notes if words.is_echo(note)]) > 1:
        yield Finding("look", f"{name} is there {len(echoes)} times. Delete what is too much")


def _entries_of(incident: Incident) -> list[int]:
    return list(incident.timeline.for_outside().values_list("pk", flat=True))


def _mark_done(rows: Any) -> int:
    """What waits here and is there already. A worker that has it at this moment finds out by itself."""
    free = Q(locked_until=None) | Q(locked_until__lt=timezone.now())
    waiting = rows.filter(free, done_at=None, dropped_at=None)
    return update_all(waiting, done_at=timezone.now(), locked_until=None, parked_at=None, last_error="")


def _queue_again(row: OutboxRow) -> int:
    """The sweep takes it, and asks the receiver before it sends: it is marked as unsure."""
    done = OutboxRow.objects.filter(pk=row.pk, done_at__isnull=False)
    return update_all(
        done, done_at=None, is_unsure=True, failures=0, due_at=timezone.now(), dispatched_at=None
    )
