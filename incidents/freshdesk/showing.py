"""What the workbench and the board say of a ticket as it stands over there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from incidents.freshdesk import polling
from incidents.freshdesk.answering import may_answer
from incidents.freshdesk.asking import status_words
from incidents.freshdesk.delivery import is_configured
from incidents.local_time import format_time
from incidents.models import Heartbeat, Incident, SyncCursor, Ticket
from incidents.models.incident import REOPEN_WITHIN
from incidents.outbox.reading import Line

SHOWN = 20
SILENT_AFTER = timedelta(minutes=5)  # several polls failed, and not one that waited for its share


@dataclass(frozen=True)
class Question:
    """The two sides do not agree: the ticket is closed and the incident open, or the other way round."""

    ticket: Ticket
    incident: Incident
    status: str
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
    read = f"Ticket {ticket.current_number}, read {format_time(at)}." if at else ""
    if ticket.is_asking and incident.is_open:
        text = f"{read} It is open here until somebody says what holds."
        headline = f"The service desk set the ticket to “{status}”"
        return Question(ticket, incident, status, headline, text, may_answer(incident, user))
    if ticket.reopened_at and not incident.is_open:
        text = f"{read} It is {incident.get_state_display().lower()} here."
        headline = f"The service desk set the ticket back to “{status}”"
        return Question(ticket, incident, status, headline, text, may_answer=False)
    return None


def questions(user: User, now: datetime) -> list[Question]:
    """Every one of an incident that this person sees: what asks, then what is only told. One query.

    A ticket that was opened again is told as long as its incident may be reopened.
    """
    opened = Q(reopened_at__isnull=False, incident__resolved_at__gte=now - REOPEN_WITHIN)
    asking = Q(asked_at__isnull=False, answered_at=None)
    tickets = Ticket.objects.visible_to(user).filter(opened | asking).order_by("-asked_at", "-reopened_at")
    rows: Any = tickets.select_related("incident__customer", "incident__service", "incident__owner")
    asked = [question(ticket.incident, user) for ticket in rows[:SHOWN]]
    return sorted((each for each in asked if each), key=lambda each: not each.asks)


def reading_lines(at: datetime) -> list[Line]:
    """For the panel of deliveries: whether the desk hears what happens over there. Three queries at most."""
    if not is_configured():
        return []
    cursor = SyncCursor.objects.filter(name=polling.NAME).first()
    beat_at = Heartbeat.objects.filter(name=polling.NAME).values_list("beat_at", flat=True).first()
    if cursor is None or (beat_at is None and not cursor.last_error):
        return []  # the first look is under way
    unread = Ticket.objects.exclude(read_error="").count()
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
