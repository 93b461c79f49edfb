"""What is behind, how old it is and why, in the words that the board, the workbench and the page show."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Aggregate, Count, F, Min, Q, Window
from django.utils import timezone

from accounts.templatetags.desk import duration_words, moment_words
from incidents.local_time import format_time
from incidents.models import Heartbeat, Incident, OutboxRow, Ticket
from incidents.models.outbox import OutboxQuerySet
from incidents.outbox import registry

PARKED = Q(parked_at__isnull=False)
# A webhook of somebody else's that does not answer is not us being behind, unless a person has to decide.
OTHERS_AFFAIR = Q(event__in=("webhook", "challenge"), parked_at=None)
SWEEP = "outbox-sweep"
SWEEP_SILENT_AFTER = timedelta(seconds=60)
ON_ITS_WAY = timedelta(seconds=60)  # younger than this and without an error, a row is not behind
COUNTED = (
    ("ticket", "the ticket", "tickets"),
    ("note", "a note", "notes"),
    ("state", "the status", "status changes"),
    ("summary", "the closing summary", "closing summaries"),
)


@dataclass(frozen=True)
class Line:
    """One line of a panel: `kind` is good, warn, bad or nothing (neutral)."""

    name: str
    kind: str
    icon: str
    headline: str
    detail: str
    waiting: int = 0
    parked: int = 0


@dataclass(frozen=True)
class Backlog:
    """What waits for one destination, in numbers, for machines: no words of anybody, no reference."""

    destination: str
    is_configured: bool
    waiting: int
    parked: int
    oldest_seconds: int

    @property
    def is_behind(self) -> bool:
        """As the board warns: something needs a decision, or is late for a receiver that we know."""
        return bool(self.parked) or (self.is_configured and self.oldest_seconds > ON_ITS_WAY.total_seconds())


@dataclass(frozen=True)
class IncidentDeliveries:
    """The Freshdesk panel of one incident."""

    ticket: Ticket | None
    ticket_url: str
    lines: list[Line]


def deliveries_now(at: datetime, swept_at: datetime | None) -> list[Line]:
    """One line for each destination, in one query, whatever has been delivered or waits.

    A destination that is not configured has one only while something waits for it. Before them all stands
    that nobody sends, when that is why something waits.
    """
    heads = OutboxRow.objects.waiting().exclude(OTHERS_AFFAIR).annotate(
        waiting=_of_all(Count("pk")), parked=_of_all(Count("pk", filter=PARKED)),
        oldest=_of_all(Min("written_at")), first=_of_all(Min("pk")),
        first_parked=_of_all(Min("pk", filter=PARKED)),
    ).filter(Q(pk=F("first")) | Q(pk=F("first_parked")))  # fmt: skip
    rows: dict[int, Any] = {row.pk: row for row in heads}
    found = {row.destination: row for row in rows.values()}
    shown = [name for name in OutboxRow.Destination if name in found or registry.destination(name)]
    lines = [_line(name, found.get(name), rows, at) for name in shown]
    return [*_silence(min((row.oldest for row in found.values()), default=at), swept_at, at), *lines]


def _silence(oldest: datetime, beat_at: datetime | None, at: datetime) -> list[Line]:
    """Whether the worker or its scheduler stopped: then no row is tried within seconds."""
    is_swept = beat_at is not None and at - beat_at < SWEEP_SILENT_AFTER
    if is_swept or at - oldest < ON_ITS_WAY:
        return []
    since = f"since {moment_words(beat_at, at)}" if beat_at else "yet"
    detail = f"Nothing was swept {since}: the worker or its scheduler stopped. Tell whoever runs the desk"
    return [Line("worker", "bad", "late", "Nobody sends. Nothing is lost", detail)]


def last_sweep() -> datetime | None:
    return Heartbeat.objects.filter(name=SWEEP).values_list("beat_at", flat=True).first()


def backlogs(at: datetime) -> list[Backlog]:
    """Each destination in numbers, in one query; where nothing waits, only those that are configured."""
    counted = OutboxRow.objects.waiting().exclude(OTHERS_AFFAIR).order_by().values("destination").annotate(
        waiting=Count("pk"), parked=Count("pk", filter=PARKED), oldest=Min("written_at")
    )  # fmt: skip
    found = {row["destination"]: row for row in counted}
    answers = []
    for name in OutboxRow.Destination.values:
        row, is_configured = found.get(name), registry.destination(name) is not None
        if row:
            age = max(int((at - row["oldest"]).total_seconds()), 0)
            answers.append(Backlog(name, is_configured, row["waiting"], row["parked"], age))
        elif is_configured:
            answers.append(Backlog(name, is_configured, 0, 0, 0))
    return answers


def _of_all(what: Aggregate) -> Window:
    """Over all that waits for the row's destination."""
    return Window(what, partition_by="destination")


def _line(name: OutboxRow.Destination, count: Any, rows: dict[int, Any], at: datetime) -> Line:
    label = str(name.label)
    if count is None:
        return Line(name, "good", "check", label, "Nothing waiting")
    waiting, parked = count.waiting, count.parked
    headline = f"{label}: {waiting} waiting"
    if parked:
        why = rows[count.first_parked].last_error
        detail = f"{_parked_words(parked)}. {why}"
        return Line(name, "bad", "late", headline, detail, waiting, parked)
    if registry.destination(name) is None:
        detail = f"Not configured: {waiting} wait{'s' if waiting == 1 else ''}, nothing is lost"
        return Line(name, "warn", "queue", headline, detail, waiting)
    head = rows[count.first]
    is_late = bool(head.last_error) or at - count.oldest > ON_ITS_WAY
    detail = why_it_waits(head, count.oldest, at)
    return Line(name, "warn" if is_late else "", "queue", headline, detail, waiting)


def why_it_waits(row: OutboxRow, oldest: datetime, at: datetime) -> str:
    """`Oldest 6 min. Freshdesk asked us to wait; next try 02:09 GMT`."""
    why = f"{row.last_error}; " if row.last_error else ""
    words = f"{why}{next_try(row, at)}"
    return f"Oldest {duration_words(at - oldest)}. {words[0].upper()}{words[1:]}"


def next_try(row: OutboxRow, at: datetime) -> str:
    if row.locked_until and row.locked_until > at:
        return "being sent now"
    if row.due_at <= at:
        return "next try within seconds"
    return f"next try {moment_words(row.due_at, at)}"


def heads(waiting: OutboxQuerySet, at: datetime, most: int) -> list[OutboxRow]:
    """The first of each incident and destination, the parked before all, with `.behind` and `.why`."""
    first = waiting.exclude(waiting.is_behind()).order_by(F("parked_at").asc(nulls_last=True), "due_at", "pk")
    shown = list(first[:most])
    ours = Q(incident__in={row.incident_id for row in shown if row.incident_id})
    ours |= Q(lane__in={row.lane for row in shown if row.lane})
    counted = waiting.filter(ours).order_by().values_list("incident", "lane", "destination")
    behind = {tuple(group): rows - 1 for *group, rows in counted.annotate(rows=Count("pk"))}
    for row in shown:
        row.behind = behind.get((row.incident_id, row.lane, row.destination), 0)  # type: ignore[attr-defined]
        row.why = _why(row, at)  # type: ignore[attr-defined]
    return shown


def _why(row: OutboxRow, at: datetime) -> str:
    if row.parked_at:
        return row.last_error
    if registry.destination(row.destination) is None:
        return "Not configured: it is sent once it is, and nothing is lost"
    words = f"{row.last_error}; {next_try(row, at)}" if row.last_error else next_try(row, at)
    return words[0].upper() + words[1:]


def for_incident(incident: Incident, at: datetime | None = None) -> IncidentDeliveries:
    """What Freshdesk has of this incident, and what waits. One query, none with `deliveries` prefetched."""
    at, rows = at or timezone.now(), _rows_of(incident)
    ticket = getattr(rows[0].incident, "ticket", None) if rows else getattr(incident, "ticket", None)
    waiting = [row for row in rows if row.done_at is None and row.dropped_at is None]
    lines = [line for line in (_behind(waiting, at), _there(rows, ticket)) if line]
    if not lines:
        lines = [Line("freshdesk", "", "info", "Nothing to send", "No ticket, and nothing waits")]
    url = (
        f"{settings.FRESHDESK_URL}/a/tickets/{ticket.current_number}"
        if ticket and settings.FRESHDESK_URL
        else ""
    )
    return IncidentDeliveries(ticket, url, lines)


def _rows_of(incident: Incident) -> list[OutboxRow]:
    name = OutboxRow.Destination.FRESHDESK
    if "deliveries" in getattr(incident, "_prefetched_objects_cache", {}):
        rows = [row for row in incident.deliveries.all() if row.destination == name]
    else:
        rows = list(incident.deliveries.filter(destination=name).select_related("incident__ticket"))
    return sorted(rows, key=lambda row: row.pk)


def _behind(waiting: list[OutboxRow], at: datetime) -> Line | None:
    if not waiting:
        return None
    headline = f"{_counted(waiting)} waiting"
    parked = [row for row in waiting if row.parked_at]
    if parked:
        detail = f"{_parked_words(len(parked))}. {parked[0].last_error}"
        return Line("freshdesk", "bad", "late", headline, detail, len(waiting), len(parked))
    if registry.destination(OutboxRow.Destination.FRESHDESK) is None:
        return Line("freshdesk", "warn", "queue", headline, "Not configured: nothing is lost", len(waiting))
    oldest = min(row.written_at for row in waiting)
    is_late = bool(waiting[0].last_error) or at - oldest > ON_ITS_WAY
    detail = f"{why_it_waits(waiting[0], oldest, at)}. Nothing for you to do"
    return Line("freshdesk", "warn" if is_late else "", "queue", headline, detail, len(waiting))


def _there(rows: list[OutboxRow], ticket: Ticket | None) -> Line | None:
    done = [row for row in rows if row.done_at]
    if ticket is None or not done:
        return None
    notes = sum(1 for row in done if row.event == "note")
    headline = {0: "The ticket is there", 1: "Ticket and 1 note are there"}.get(
        notes, f"Ticket and {notes} notes are there"
    )
    written = max(row.done_at for row in done if row.done_at)
    detail = f"Last read back {format_time(ticket.read_back_at)}" if ticket.read_back_at else ""
    return Line("freshdesk", "good", "check", headline, detail or f"Last written {format_time(written)}")


def _counted(rows: list[OutboxRow]) -> str:
    """`The ticket and 3 notes`."""
    parts = []
    for event, one, many in COUNTED:
        count = sum(1 for row in rows if row.event == event)
        parts += [one if count == 1 else f"{count} {many}"] if count else []
    words = (
        ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1] if parts else f"{len(rows)}"
    )
    return words[0].upper() + words[1:]


def _parked_words(parked: int) -> str:
    return "1 is parked and needs a decision" if parked == 1 else f"{parked} are parked and need a decision"
