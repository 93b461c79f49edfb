"""What was said in a ticket over there, on its way into the timeline.

Our own notes come back and are left out. A private note of the vendor's agents becomes a vendor row, unless
an agent wrote the agreed tag into it; a public reply and a tagged note are read by both organisations.
"""

import hashlib
import logging
import re
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.wall.identity import as_system
from incidents import deciding, pid
from incidents.freshdesk import words
from incidents.freshdesk.plain_text import own_words, plain_text, tidy
from incidents.freshdesk.rows import NOTE, ConversationRow
from incidents.freshdesk.summary import summary
from incidents.models import Conversation, Incident, Kind, Ticket, TimelineEntry, Wall
from incidents.timeline import record

logger = logging.getLogger(__name__)

LONGEST = 4800  # characters of a timeline row; what is longer says where the rest is
BEFORE = timedelta(minutes=5)  # how far their clock may stand behind ours
NO_WORDS = "No words that can be shown here. See it in Freshdesk."
_MARKER = re.compile(r"\[ooh-(entry|summary):([0-9]{1,18})\]$")


@as_system("a private note of the vendor’s agents becomes a vendor row")
def take_in(ticket: Ticket, rows: Iterable[ConversationRow]) -> int:
    """Add what is new or was edited, each in a transaction of its own; how many could not be.

    What was said before the incident was logged is left out: a ticket that took ours in may be about
    something else until then.
    """
    since = ticket.incident.logged_at - BEFORE
    wanted = [row for row in rows if row.created_at >= since]
    known = _known(ticket, wanted)
    failed = 0
    for row in wanted:
        if known.get(row.number) == OURS or known.get(row.number) == digest_of(row):
            continue
        try:
            _take_in_one(ticket.pk, row)
        except Exception as error:  # one that fails must not keep the others out; its words are not logged
            logger.error("Note %s of ticket %s: %s", row.number, ticket, type(error).__name__)
            failed += 1
    return failed


OURS = "ours"


def _known(ticket: Ticket, rows: list[ConversationRow]) -> dict[int, str]:
    """The fingerprint of each that was taken in already, or that it is ours, whichever ticket it came by."""
    found = Conversation.objects.filter(number__in=[row.number for row in rows])
    known = {each.number: each.digest for each in found if each.ticket_id == ticket.pk}
    return known | {each.number: OURS for each in found if each.is_ours}


@transaction.atomic
def _take_in_one(ticket_id: int, row: ConversationRow) -> None:
    """The ticket's row is locked, so that of two readers one writes it."""
    ticket = Ticket.objects.select_for_update(of=("self",)).select_related("incident").get(pk=ticket_id)
    known = Conversation.objects.select_related("entry").filter(ticket=ticket, number=row.number).first()
    if known is None and (entry := _echo_of(row)):
        facts = {"is_ours": True, "entry": entry, "created_at": row.created_at}
        own = Ticket.objects.filter(incident=entry.incident_id).first() or ticket
        Conversation.objects.get_or_create(ticket=own, number=row.number, defaults=facts)
        return
    digest = digest_of(row)
    if known and (known.is_ours or known.digest == digest):
        return
    entry = _write(ticket.incident, row, known.entry if known else None)
    known = known or Conversation(ticket=ticket, number=row.number, created_at=row.created_at)
    known.entry, known.digest = entry, digest
    known.save()


def _write(incident: Incident, row: ConversationRow, before: TimelineEntry | None) -> TimelineEntry:
    """As it happened over there, written now. An edited note supersedes the row of before."""
    wall, at = wall_of(row), row.updated_at if before else row.created_at
    deciding.note_masked(
        "conversation", pid.find(plain(row)), by=User.objects.vendors_desk(), incident=incident
    )
    return record(
        incident, Kind.PRODUCT_NOTE if wall == Wall.VENDOR else Kind.NOTE,
        title_of(row, is_edited=before is not None), _shown(row), by=User.objects.vendors_desk(),
        at=min(at, timezone.now()), wall=wall, supersedes=before, announces=False, conversation=row.number,
    )  # fmt: skip


def wall_of(row: ConversationRow) -> Wall:
    """For both organisations only what is public, or what an agent tagged in words of their own."""
    if not row.is_private:
        return Wall.SERVICE
    is_tagged = row.source == NOTE and not row.is_incoming and has_tag(own_words(plain(row)))
    return Wall.SERVICE if is_tagged else Wall.VENDOR


def has_tag(text: str) -> bool:
    """Whether the agreed tag stands in the text as a word of its own."""
    tag = settings.FRESHDESK_SHARED_TAG
    return bool(tag) and bool(re.search(rf"(?<![\w#-]){re.escape(tag)}(?![\w-])", text, re.IGNORECASE))


def title_of(row: ConversationRow, *, is_edited: bool = False) -> str:
    if row.is_private:
        title = "Private note in Freshdesk" if wall_of(row) == Wall.VENDOR else "Note from Freshdesk"
    else:
        title = "Reply of the requester in Freshdesk" if row.is_incoming else "Public reply in Freshdesk"
    return f"{title}, edited" if is_edited else title


def plain(row: ConversationRow) -> str:
    return plain_text(row.html) if row.html.strip() else tidy(row.text)


def masked(row: ConversationRow) -> str:
    """Nobody is there to look twice at what is only suspected: both levels are masked."""
    return pid.mask(plain(row), level="warn")


def digest_of(row: ConversationRow) -> str:
    """A fingerprint of what we show, and for whom. Of the masked words: else it would tell of the others."""
    content = "\0".join((wall_of(row), str(row.attachments), masked(row)))
    return hashlib.sha256(content.encode()).hexdigest()


def _shown(row: ConversationRow) -> str:
    text = masked(row)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST].rstrip()} …\n\nIt is longer. The rest is in Freshdesk."
    count = row.attachments
    files = f"{count} attachment{'' if count == 1 else 's'} in Freshdesk." if count else ""
    return "\n\n".join(part for part in (text, files) if part) or NO_WORDS


def _echo_of(row: ConversationRow) -> TimelineEntry | None:
    """The entry of ours whose note this is: by its marker, and by saying just what we would send for it.

    An agent who copies a note of ours and adds to it has written one of their own.
    """
    text = plain(row)
    marker = _MARKER.search(text)
    if marker is None:
        return None
    entries = TimelineEntry.objects.select_related("by", "incident__customer", "incident__service")
    entry = entries.exclude(wall=Wall.VENDOR).filter(pk=marker[2]).first()
    if entry is None:
        return None
    sent = words.note(entry) if marker[1] == "entry" else summary(entry)
    return entry if "".join(plain_text(sent).split()) == "".join(text.split()) else None
