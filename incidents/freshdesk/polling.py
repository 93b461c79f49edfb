"""Asking Freshdesk which tickets changed: what webhooks lose, this catches. Webhooks only make it quicker.

Contract: `updated_since`, oldest change first, pages by `Link`; an account refuses a page too far on (the
300th). So a window that was refused begins again where it had come to. How far we have read is kept by the
clock of Freshdesk, in `SyncCursor`, and moves only when the tickets of a page are marked to be read.
"""

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from incidents.freshdesk import reading
from incidents.freshdesk.client import Client, Refused, connect
from incidents.freshdesk.rows import NotUnderstood, TicketRow, ticket_row
from incidents.models import Heartbeat, Incident, SyncCursor, Ticket
from incidents.models.incident import OPEN
from incidents.outbox.registry import CannotDeliver, RetryLater, Unsure

logger = logging.getLogger(__name__)

NAME = "freshdesk-tickets"
OVERLAP = timedelta(minutes=5)  # a change may be listed so long after it was made
FIRST = timedelta(hours=1)  # the first poll looks back so far: our clock is not theirs
SECOND = timedelta(seconds=1)  # what their times are counted in
_REFERENCE = re.compile(r"(?:ooh-)?(ooh-[0-9]{4}-[0-9]{5,9})", re.IGNORECASE)


def poll() -> bool:
    """Look once for what changed since the last look, if it is time; whether this look reached the end.

    Of several at once one looks. What went wrong is kept with the cursor, and the next look goes on.
    """
    began = timezone.now()
    cursor = _claim(began)
    if cursor is None:
        return False
    error, after = "", _every()
    try:
        with connect(leaves=reading.LEAVES) as client:
            _look(client, cursor)
    except RetryLater as problem:
        error, after = str(problem), timedelta(seconds=problem.after) if problem.after else after
    except (CannotDeliver, Unsure) as problem:
        error = str(problem)
    except Exception as problem:  # a defect of ours: its words may hold anything
        logger.error("The look at Freshdesk failed: %s", type(problem).__name__)
        error = f"It failed on our side ({type(problem).__name__})"
    ran_at = timezone.now() + after - _every() if error else began
    SyncCursor.objects.filter(name=NAME).update(last_error=error[:300], ran_at=ran_at)
    if not error and not Heartbeat.objects.filter(name=NAME).update(beat_at=began):
        Heartbeat.objects.get_or_create(name=NAME, defaults={"beat_at": began})
    return not error


def _every() -> timedelta:
    return timedelta(seconds=settings.FRESHDESK_POLL_SECONDS)


def _claim(now: datetime) -> SyncCursor | None:
    """One conditional UPDATE: who moves `ran_at`, past the longest look, has the look."""
    due = Q(ran_at=None) | Q(ran_at__lte=now - _every())
    SyncCursor.objects.get_or_create(name=NAME, defaults={"since": now - FIRST})
    if not SyncCursor.objects.filter(due, name=NAME).update(ran_at=now + reading.LEASE):
        return None
    return SyncCursor.objects.get(name=NAME)


def _look(client: Client, cursor: SyncCursor) -> None:
    """Window after window, until a page has no other behind it.

    After a look that got on and did not reach the end the next one starts where it stopped, without looking
    back: else it might read the same minutes for ever.
    """
    start = cursor.since if cursor.is_behind else cursor.since - OVERLAP
    while True:
        newest = start
        for rows, has_more in _pages(client, start):
            newest = max([newest, *(row.updated_at for row in _mark(rows))])
            _move(newest, is_behind=has_more)
            if not has_more:
                return
        start = newest if newest > start else _past(start)


def _pages(client: Client, since: datetime) -> Iterator[tuple[list[Any], bool]]:
    """The pages of one window, until the last one or until a further one is refused."""
    asked = {"updated_since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    asked |= {"order_by": "updated_at", "order_type": "asc"}
    number = 1
    while True:
        try:
            rows, has_more = client.page("/tickets", number, **asked)
        except Refused:
            if number == 1:
                raise
            return  # the first page was given: it is the number that is refused
        yield rows, has_more
        number += 1


def _mark(listed: list[Any]) -> list[TicketRow]:
    """Of a page, have our tickets read that changed since we read them. A row that is none stops nothing."""
    rows = list(_understood(listed))
    _adopt(rows)
    changed = {row.number: row.updated_at for row in rows}
    reading.mark(each.pk for each in Ticket.objects.known_as(changed) if _is_news(each, changed))
    return rows


def _is_news(ticket: Ticket, changed: dict[int, datetime]) -> bool:
    """Of a ticket that was merged, only the one that took it in can have any."""
    at = changed.get(ticket.current_number)
    return at is not None and (ticket.seen_updated_at is None or at > ticket.seen_updated_at)


def _understood(listed: list[Any]) -> Iterator[TicketRow]:
    for each in listed:
        try:
            yield ticket_row(each)
        except NotUnderstood as error:
            logger.warning("A ticket in the list is not understood: %s", error)


def _adopt(rows: list[TicketRow]) -> None:
    """A ticket that bears the reference of an incident without a ticket is that incident's.

    Its creation was never answered, or a person opened it by hand. The oldest, where there are several.
    """
    named: dict[str, int] = {}
    for row in sorted(rows, key=lambda row: row.number):
        for reference in _references(row):
            named.setdefault(reference, row.number)
    for incident in Incident.objects.counted().filter(reference__in=named, ticket=None) if named else ():
        number = named[incident.reference]
        try:
            with transaction.atomic():
                Ticket.objects.create(number=number, incident=incident)
        except IntegrityError:  # the delivery was faster, or the ticket is another incident's
            continue
        logger.warning("Ticket %s bears the reference of %s", number, incident)


def _references(row: TicketRow) -> list[str]:
    texts = [row.reference, *(tag for tag in row.tags if tag.startswith("ooh-"))]
    return [found[1].upper() for text in texts if (found := _REFERENCE.fullmatch(text))]


def _move(newest: datetime, *, is_behind: bool) -> None:
    """Only ever on: a slower look at the same time moves nothing back."""
    SyncCursor.objects.filter(name=NAME).update(is_behind=is_behind)
    SyncCursor.objects.filter(name=NAME, since__lt=newest).update(since=newest)


def _past(start: datetime) -> datetime:
    """More changed within one second than the account lists: look past it, and read ours one by one."""
    logger.error("More tickets changed at %s than Freshdesk lists", start)
    reading.mark(Ticket.objects.filter(incident__state__in=OPEN).values_list("pk", flat=True))
    _move(start + SECOND, is_behind=True)
    return start + SECOND
