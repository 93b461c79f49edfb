"""What the workbench and the board say of a ticket as it stands over there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from accounts.models import User
from accounts.together import together
from incidents.freshdesk import polling
from incidents.freshdesk.answering import may_answer
from incidents.freshdesk.asking import status_words
from incidents.freshdesk.delivery import is_configured
from incidents.local_time import format_time
from incidents.models import Heartbeat, Incident, SyncCursor, Ticket
from incidents.models.incident import REOPEN_WITHIN
from incidents.outbox.reading import SWEEP, Line, deliveries_now

SHOWN = 20
SILENT_AFTER = timedelta(minutes=5)  # several polls failed, and not one that waited for its share


@dataclass(frozen=True)
class Question:
    """The two sides do not agree: the ticket is closed and the incident open, or the other way round."""

    ticket: Ticket
    incident: Incident
    status: str
    since: datetime
    headline: str
    text: str
    may_answer: bool

    @property
    def asks(self) -> bool:
        """It wants an answer; else it is only told."""
        return self.ticket.is_asking

    @property
    def url(self) -> str:
        return reverse("incident", args=[self.incident.reference]) + "#ticket-question"


def question(incident: Incident, user: User) -> Question | None:
    """Of one incident whose ticket is read already, as `select_related` does."""
    ticket: Ticket | None = getattr(incident, "ticket", None)
    if ticket is None or ticket.seen_status is None:
        return None
    status, at = status_words(ticket.seen_status), ticket.asked_at or ticket.reopened_at
    if at is None:
        return None
    read = f"Ticket {ticket.current_number}, read {format_time(at)}."
    if ticket.is_asking and incident.is_open:
        text = f"{read} It is open here until somebody says what holds."
        headline = f"The service desk set the ticket to “{status}”"
        return Question(ticket, incident, status, at, headline, text, may_answer(incident, user))
    if ticket.reopened_at and not incident.is_open:
        text = f"{read} It is {incident.get_state_display().lower()} here."
        headline = f"The service desk set the ticket back to “{status}”"
        return Question(ticket, incident, status, at, headline, text, may_answer=False)
    return None


def questions(user: User, incidents: Iterable[Incident], now: datetime) -> list[Question]:
    """Every one of these incidents, read with their tickets: what asks, then what is only told.

    A ticket that was opened again is told as long as its incident may be reopened.
    """
    found = [each for incident in incidents if (each := question(incident, user))]
    told = [each for each in found if each.asks or _may_be_reopened(each.incident, now)]
    newest = sorted(told, key=lambda each: each.since, reverse=True)
    return sorted(newest, key=lambda each: not each.asks)[:SHOWN]


def _may_be_reopened(incident: Incident, now: datetime) -> bool:
    return incident.resolved_at is not None and now - incident.resolved_at <= REOPEN_WITHIN


def delivery_lines(at: datetime, beside: Mapping[str, list[Any]] | None = None) -> list[Line]:
    """The whole panel: what goes out and, where that is set up, what comes back. Two queries.

    One, when `beside` has the rows of `signs_of_life`.
    """
    beside = together(**signs_of_life()) if beside is None else beside
    beats = {each.name: each.beat_at for each in beside["beats"]}
    return [
        *deliveries_now(at, beats.get(SWEEP)),
        *_reading_lines(at, beside["cursors"], beats.get(polling.NAME)),
    ]


def signs_of_life() -> dict[str, QuerySet[Any]]:
    """For `together`: when the sweep and the reading last went round, and how the reading went."""
    unread = Ticket.objects.exclude(read_error="").order_by().annotate(one=Value(1)).values("one")
    return {
        "beats": Heartbeat.objects.filter(name__in=(SWEEP, polling.NAME)),
        "cursors": SyncCursor.objects.filter(name=polling.NAME).annotate(
            unread=Coalesce(Subquery(unread.annotate(rows=Count("pk")).values("rows")), 0)
        ),
    }


def _reading_lines(at: datetime, cursors: list[Any], beat_at: datetime | None) -> list[Line]:
    """Whether the desk hears what happens over there."""
    cursor = cursors[0] if cursors and is_configured() else None
    if cursor is None or (beat_at is None and not cursor.last_error):
        return []  # nothing to read, or the first look is under way
    unread = cursor.unread
    if beat_at is None or at - beat_at > SILENT_AFTER:
        since = f"Not since {format_time(beat_at)}. " if beat_at else ""
        detail = f"{since}{cursor.last_error or 'Nobody looks'}. Nothing is lost"
        return [Line("read", "warn", "late", "Freshdesk is not read back", detail)]
    looked = f"Last looked {format_time(beat_at)}"
    if unread:
        told = f"{unread} ticket{'' if unread == 1 else 's'} could not be read. {looked}"
        return [Line("read", "warn", "late", "Freshdesk is read back", f"{told}, and tried again")]
    return [Line("read", "good", "check", "Freshdesk is read back", looked)]


def lines(ticket: Ticket | None) -> list[Line]:
    """What the panel of the incident says besides what was sent."""
    if ticket is None:
        return []
    found = []
    if ticket.seen_status is not None:
        status = status_words(ticket.seen_status)
        kind, icon = ("warn", "unknown") if ticket.is_asking or ticket.reopened_at else ("", "state")
        ours = (
            f"“{status_words(ticket.status)}” is what we wrote" if ticket.seen_status != ticket.status else ""
        )
        found.append(Line("status", kind, icon, f"“{status}” over there", ours))
    if ticket.merged_into:
        told = f"Ticket {ticket.number} was merged into {ticket.merged_into}"
        found.append(Line("merged", "", "info", told, "Notes go there"))
    if ticket.is_archived:
        found.append(Line("archived", "", "info", "Archived over there", "It takes nothing more"))
    if ticket.read_error:
        found.append(Line("unread", "warn", "late", "It could not be read back", ticket.read_error))
    return found
