"""Making Freshdesk forget what was taken out here: our notes are rewritten, an agent's note is deleted.

Both ask what is there before they write, and are safe to repeat. What the account does not let us do is
parked with the number of the note, for a person to do by hand.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from incidents.freshdesk import words
from incidents.freshdesk.client import Client, NotThere, Refused
from incidents.freshdesk.plain_text import plain_text
from incidents.freshdesk.summary import summary
from incidents.models import Incident, OutboxRow, Ticket, TimelineEntry
from incidents.outbox.registry import CannotDeliver, RetryLater


def deliver_rewrite(client: Client, row: OutboxRow, incident: Incident) -> None:
    """Our notes of the entries named, and every summary, say what they would say if written now."""
    ticket = _ticket_of(incident)
    entries = incident.timeline.for_outside().select_related("by", "incident__customer", "incident__service")
    by_id = {entry.pk: entry for entry in entries}
    named = set(row.payload.get("entries", ()))
    for conversation in _conversations(client, ticket):
        wanted = _wanted(conversation, by_id, named)
        if wanted and not _says(conversation, wanted):
            _write(client, ticket, int(conversation["id"]), wanted)
    if row.payload.get("facts"):
        _rewrite_facts(client, ticket, incident)


def deliver_purge(client: Client, row: OutboxRow, incident: Incident) -> None:
    """A note that an agent wrote, deleted over there. One that is gone already is what was wanted."""
    ticket, number = _ticket_of(incident), int(row.payload.get("conversation", 0))
    if not any(int(each["id"]) == number for each in _conversations(client, ticket)):
        return
    try:
        client.delete(f"/conversations/{number}")
    except NotThere:
        return
    except Refused as error:
        raise _by_hand(ticket, number, error) from None


def _wanted(conversation: Mapping[str, Any], entries: Mapping[int, TimelineEntry], named: set[int]) -> str:
    """What a note of ours has to say, or nothing for any other."""
    marked = words.marker_in(conversation)
    if not marked or not words.is_echo(conversation):
        return ""
    kind, _, number = marked.strip("[]").partition(":")
    entry = entries.get(int(number))
    if entry is None:
        return ""
    if kind == "ooh-summary":
        return summary(entry)
    return words.note(entry) if entry.pk in named else ""


def _says(conversation: Mapping[str, Any], wanted: str) -> bool:
    """The same words, however Freshdesk sets them."""
    there = str(conversation.get("body") or "")
    return "".join(plain_text(there).split()) == "".join(plain_text(wanted).split())


def _write(client: Client, ticket: Ticket, number: int, body: str) -> None:
    try:
        client.put(f"/conversations/{number}", {"body": body})
    except NotThere:  # deleted meanwhile: then it says nothing any more
        return
    except Refused as error:
        raise _by_hand(ticket, number, error) from None


def _rewrite_facts(client: Client, ticket: Ticket, incident: Incident) -> None:
    wanted = {"subject": words.subject(incident), "description": words.description(incident)}
    try:
        there = client.get(f"/tickets/{ticket.number}")
        if _says({"body": there.get("description")}, wanted["description"]):
            return
        client.put(f"/tickets/{ticket.number}", wanted)
    except NotThere:
        raise CannotDeliver(
            f"Freshdesk no longer has ticket {ticket.number}, or has archived it. Take the patient data out "
            "there by hand, then drop this"
        ) from None
    except Refused as error:
        raise CannotDeliver(
            f"{error}. Take the patient data out of ticket {ticket.number} by hand, then drop this"
        ) from None


def _by_hand(ticket: Ticket, number: int, error: Refused) -> CannotDeliver:
    return CannotDeliver(
        f"{error}. Take the patient data out of note {number} of ticket {ticket.current_number} by hand, "
        "then drop this"
    )


def _conversations(client: Client, ticket: Ticket) -> Iterator[Mapping[str, Any]]:
    for number in dict.fromkeys((ticket.current_number, ticket.number)):
        try:
            yield from client.pages(f"/tickets/{number}/conversations")
        except NotThere:
            raise CannotDeliver(
                f"Freshdesk no longer has ticket {number}. Restore it there, then retry"
            ) from None


def _ticket_of(incident: Incident) -> Ticket:
    ticket = Ticket.objects.filter(incident=incident).first()
    if ticket is None:
        raise RetryLater("Its ticket is not in Freshdesk yet")
    return ticket
