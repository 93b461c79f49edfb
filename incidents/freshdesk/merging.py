"""A ticket of ours that the vendor merged into another: from then on the other one is the incident's.

Contract: no field of a merged ticket names the other. Freshdesk closes it and adds a note in an agent's name,
“This ticket is closed and merged into ticket 3900”, whose words an account may have in its own language.
"""

import re
from collections.abc import Iterable

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.wall.identity import as_system
from incidents.freshdesk.conversations import digest_of, plain
from incidents.freshdesk.plain_text import own_words
from incidents.freshdesk.rows import ConversationRow
from incidents.models import Conversation, Kind, Ticket
from incidents.timeline import record


def primary_of(rows: Iterable[ConversationRow]) -> tuple[int, ConversationRow] | None:
    """The ticket that the newest such note of an agent names, and the note."""
    words = settings.FRESHDESK_MERGED_WORDS
    if not words:
        return None
    pattern = re.compile(rf"{re.escape(words)}\s*#?([0-9]{{1,18}})(?![0-9])", re.IGNORECASE)
    for row in sorted(rows, key=lambda row: (row.created_at, row.number), reverse=True):
        found = None if row.is_incoming else pattern.search(own_words(plain(row)))
        if found and int(found[1]):
            return int(found[1]), row
    return None


@as_system("a note over there may be known as a private one")
@transaction.atomic
def follow(ticket_id: int, primary: int, note: ConversationRow) -> None:
    """Notes go to the other ticket from now on, and the timeline says so. Done once, however often read.

    What was seen of the ticket's status was of the other one: it is forgotten.
    """
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("incident").get(pk=ticket_id)
    if primary in (ticket.number, ticket.merged_into):
        return
    title = f"Ticket {ticket.current_number} was merged into ticket {primary} in Freshdesk"
    entry = record(
        ticket.incident, Kind.NOTE, title, "Notes go there from now on.", by=User.objects.vendors_desk(),
        at=min(note.created_at, note.updated_at), announces=False, conversation=note.number,
    )  # fmt: skip
    Conversation.objects.get_or_create(
        ticket=ticket, number=note.number,
        defaults={"entry": entry, "digest": digest_of(note), "created_at": note.created_at},
    )  # fmt: skip
    ticket.merged_into, ticket.is_archived = primary, False
    ticket.seen_status = ticket.seen_updated_at = None
    ticket.save()
