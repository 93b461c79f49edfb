"""What the public sees, read from published updates alone: never the customer, the reference or a person."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby

from django.db.models import Q

from accounts.models import Service
from incidents.models import Phase, StatusUpdate
from incidents.status import history, wording

State = StatusUpdate.ServiceState
WORST_FIRST = (State.MAJOR_OUTAGE, State.PARTIAL_OUTAGE, State.DEGRADED, State.OPERATIONAL)
# state: tag of an incident, class, icon
TAGS = {
    State.MAJOR_OUTAGE: ("Unavailable", "bad", "cross"),
    State.PARTIAL_OUTAGE: ("Partly available", "warn", "late"),
    State.DEGRADED: ("Slow", "warn", "late"),
    State.OPERATIONAL: ("Monitoring", "good", "search"),
}
LATELY, SHOWN_UPDATES, MOST = 8, 3, 50


@dataclass(frozen=True)
class PublicIncident:
    """One incident as the public knows it. `updates` are the published ones, oldest first, at least one."""

    public_id: str
    title: str
    service_code: str
    service_name: str
    updates: list[StatusUpdate]

    @property
    def latest(self) -> StatusUpdate:
        return self.updates[-1]

    @property
    def newest_first(self) -> list[StatusUpdate]:
        return self.updates[::-1]

    @property
    def shown(self) -> list[StatusUpdate]:
        """What the first page has room for; the incident's own page has all."""
        return self.newest_first[:SHOWN_UPDATES]

    @property
    def earlier(self) -> int:
        return max(len(self.updates) - SHOWN_UPDATES, 0)

    @property
    def is_open(self) -> bool:
        return self.latest.phase != Phase.RESOLVED

    @property
    def state(self) -> str:
        return self.latest.service_state

    @property
    def tag(self) -> tuple[str, str, str]:
        return TAGS[State(self.state)] if self.is_open else ("Resolved", "good", "check")

    @property
    def heading(self) -> str:
        """As the title, until the service is available again."""
        is_back = self.is_open and self.state == State.OPERATIONAL
        return f"{self.service_name}: available again" if is_back else self.title

    @property
    def due_at(self) -> datetime | None:
        """When the next update was promised for."""
        return self.latest.next_update_due_at if self.is_open else None

    @property
    def started_at(self) -> datetime:
        return self.updates[0].posted_at

    @property
    def resolved_at(self) -> datetime | None:
        return None if self.is_open else self.latest.posted_at

    @property
    def monitoring_at(self) -> datetime | None:
        return next((update.posted_at for update in self.updates if update.phase == Phase.MONITORING), None)

    @property
    def lasted(self) -> timedelta | None:
        return self.resolved_at - self.started_at if self.resolved_at else None

    @property
    def worst_state(self) -> str:
        return min((update.service_state for update in self.updates), key=_rank)

    def spells(self, now: datetime) -> list[history.Spell]:
        return history.spells_of(((update.posted_at, update.service_state) for update in self.updates), now)


@dataclass(frozen=True)
class PublicService:
    """A component of the page, its state now and its last 90 days."""

    service: Service
    incidents: list[PublicIncident]
    now: datetime

    @property
    def state(self) -> str:
        states = [incident.state for incident in self.incidents if incident.is_open]
        return min(states, key=_rank, default=State.OPERATIONAL)

    @property
    def state_words(self) -> str:
        if self.state == State.OPERATIONAL:
            return "Monitoring" if any(incident.is_open for incident in self.incidents) else "Available"
        return str(State(self.state).label)

    @property
    def kind(self) -> str:
        return TAGS[State(self.state)][1]

    @property
    def icon(self) -> str:
        return "check" if self.state == State.OPERATIONAL else TAGS[State(self.state)][2]

    @cached_property
    def marks(self) -> list[int]:
        return history.day_marks(self._spells, history.last_days(self.now))

    @property
    def bad_days(self) -> int:
        return sum(1 for mark in self.marks if mark)

    @property
    def share(self) -> str:
        """`99.87`, or `100` when nothing was down."""
        start = history.day_starts(history.last_days(self.now)[0])
        return f"{history.available_share(self._spells, start, self.now):.2f}".removesuffix(".00")

    @property
    def partly_path(self) -> str:
        return _path(self.marks, history.PARTLY, "8h4v16h-4z")

    @property
    def down_path(self) -> str:
        return _path(self.marks, history.DOWN, "0h4v24h-4z")

    @cached_property
    def _spells(self) -> list[history.Spell]:
        return [spell for incident in self.incidents for spell in incident.spells(self.now)]


@dataclass(frozen=True)
class Snapshot:
    """The whole page at one instant."""

    now: datetime
    services: list[PublicService]
    incidents: list[PublicIncident] = field(default_factory=list)

    @cached_property
    def open(self) -> list[PublicIncident]:
        """The worst first, then the newest."""
        ongoing = [incident for incident in self.incidents if incident.is_open]
        return sorted(ongoing, key=lambda one: (_rank(one.state), -one.started_at.timestamp()))

    @property
    def lately(self) -> list[PublicIncident]:
        closed = [incident for incident in self.incidents if not incident.is_open]
        return sorted(closed, key=lambda one: one.latest.posted_at, reverse=True)[:LATELY]

    @property
    def state(self) -> str:
        return min((incident.state for incident in self.open), key=_rank, default=State.OPERATIONAL)

    @property
    def kind(self) -> str:
        return TAGS[State(self.state)][1]

    @property
    def headline(self) -> str:
        """The one sentence, of the worst that holds now."""
        names = list(dict.fromkeys(one.service_name for one in self.open if one.state == self.state))
        if not names:
            return "All services are available"
        if self.state == State.OPERATIONAL:
            return f"Available again, and watched: {', '.join(names)}"
        many = len(names) > 1
        subject = f"{len(names)} services are" if many else f"{names[0]} is"
        return f"{subject} {_NOW[State(self.state)]}"

    @property
    def changed_at(self) -> datetime:
        """When something was last said, for readers that ask what is new."""
        return max((one.latest.posted_at for one in self.incidents), default=self.now)


_NOW = {
    State.MAJOR_OUTAGE: "unavailable for some hospitals",
    State.PARTIAL_OUTAGE: "partly available",
    State.DEGRADED: "slow",
}


def snapshot(now: datetime) -> Snapshot:
    """The services and the incidents of the last 90 days, and whatever is still open. Two queries."""
    since = history.day_starts(history.last_days(now)[0])
    recent = StatusUpdate.objects.published().filter(posted_at__gte=since).values("incident")
    is_ongoing = Q(incident__public_phase__in=[phase for phase in Phase if phase != Phase.RESOLVED])
    incidents = read_incidents(Q(incident__in=recent) | is_ongoing)
    services = Service.objects.on_status_page()
    found = [
        PublicService(service, [one for one in incidents if one.service_code == service.code], now)
        for service in services
    ]
    return Snapshot(now, found, incidents)


def read_incidents(which: Q) -> list[PublicIncident]:
    """The public incidents whose updates these are, the newest first. One query."""
    rows = (
        StatusUpdate.objects.published()
        .filter(which, incident__is_rehearsal=False)
        .select_related("incident__service")
        .order_by("incident_id", "posted_at", "id")
    )
    incidents = [
        _incident(list(updates)) for _, updates in groupby(rows, key=lambda update: update.incident_id)
    ]
    return sorted(incidents, key=lambda one: one.started_at, reverse=True)


def latest_incidents() -> list[PublicIncident]:
    """The 50 that were told of last, for readers that follow. Two queries."""
    told = StatusUpdate.objects.published().filter(incident__is_rehearsal=False).order_by()
    newest = told.values("incident").distinct().order_by("-incident")[:MOST]
    return read_incidents(Q(incident__in=[row["incident"] for row in newest]))


def one_incident(public_id: str) -> PublicIncident | None:
    return next(iter(read_incidents(Q(incident__public_id=public_id))), None)


def incidents_of_month(start: datetime, end: datetime) -> list[PublicIncident]:
    """Those whose first update falls into the month. One query."""
    told = StatusUpdate.objects.published().filter(posted_at__gte=start, posted_at__lt=end).values("incident")
    return [one for one in read_incidents(Q(incident__in=told)) if start <= one.started_at < end]


def _incident(updates: list[StatusUpdate]) -> PublicIncident:
    incident = updates[0].incident
    name = wording.public_name(incident)
    return PublicIncident(
        incident.public_id, wording.public_title(incident), incident.service.code, name, updates
    )


def _rank(state: str) -> int:
    return WORST_FIRST.index(State(state))


def _path(marks: list[int], mark: int, shape: str) -> str:
    return "".join(f"M{index * 5} {shape}" for index, value in enumerate(marks) if value == mark)
