"""What the public sees, read from published updates alone: never the customer, the reference or a person."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.db.models import Prefetch, Q

from accounts.models import Service
from incidents.models import AffectedService, Maintenance, MaintenanceUpdate, Phase, StatusUpdate
from incidents.status import history, wording
from incidents.status.components import PublicGroup, PublicService, grouped
from incidents.status.edition import Edition
from incidents.status.told import (
    TAGS,
    WORST_FIRST,
    PublicIncident,
    PublicMaintenance,
    Said,
    State,
    worst,
)  # fmt: skip

LATELY, SOON, MOST = 8, 5, 50
_NOW = {
    State.MAJOR_OUTAGE: "unavailable for some hospitals",
    State.PARTIAL_OUTAGE: "partly available",
    State.DEGRADED: "slow",
    State.MAINTENANCE: "under planned maintenance",
}


@dataclass(frozen=True)
class Overview:
    """All services at one instant, with what is told of them and what is planned."""

    edition: Edition
    services: list[PublicService]
    incidents: list[PublicIncident]
    maintenances: list[PublicMaintenance]

    @cached_property
    def groups(self) -> list[PublicGroup]:
        return grouped(self.services)

    @cached_property
    def open(self) -> list[PublicIncident]:
        """The worst first, then the newest."""
        ongoing = [incident for incident in self.incidents if incident.is_open]
        newest = sorted(ongoing, key=lambda one: one.started_at, reverse=True)
        return sorted(newest, key=lambda one: WORST_FIRST.index(State(one.state)))

    @property
    def lately(self) -> list[PublicIncident]:
        closed = [incident for incident in self.incidents if not incident.is_open]
        return sorted(closed, key=lambda one: one.latest.posted_at, reverse=True)[:LATELY]

    @property
    def active(self) -> list[PublicMaintenance]:
        return [one for one in self.maintenances if one.is_active]

    @property
    def upcoming(self) -> list[PublicMaintenance]:
        """The earliest first."""
        return [one for one in self.maintenances if one.is_upcoming]

    @property
    def next(self) -> list[PublicMaintenance]:
        return self.upcoming[:SOON]

    @cached_property
    def state(self) -> str:
        outages = [incident.state for incident in self.open]
        return worst([*outages, State.MAINTENANCE] if self.active else outages)

    @property
    def kind(self) -> str:
        return TAGS[State(self.state)][1]

    @property
    def icon(self) -> str:
        return {"good": "check", "now": "tool"}.get(self.kind, "late")

    @property
    def headline(self) -> str:
        """The one sentence, of the worst that holds now."""
        names = self._worst_names()
        if self.state == State.OPERATIONAL:
            watched = list(dict.fromkeys(one.service_name for one in self.open))
            again = f"Available again, and watched: {', '.join(watched)}"
            return again if watched else "All services are available"
        many = len(names) > 1
        subject = f"{len(names)} services are" if many else f"{names[0]} is"
        return f"{subject} {_NOW[State(self.state)]}"

    def _worst_names(self) -> list[str]:
        """What is in the worst state; a service that is not on the page goes by its public name."""
        if self.state == State.MAINTENANCE:
            return list(dict.fromkeys(name for one in self.active for name in one.services.values()))
        found = [name for one in self.open for name in _names_in(one, self.state)]
        return list(dict.fromkeys(found))


def _names_in(incident: PublicIncident, state: str) -> Iterator[str]:
    for code, its in incident.states.items():
        if its == state:
            yield incident.services.get(code, incident.service_name)


def overview(edition: Edition) -> Overview:
    """The services, the incidents and maintenances of the last 90 days, and what is open. Six queries."""
    now = edition.as_of
    since = history.day_starts(history.last_days(now)[0])
    recent = StatusUpdate.objects.published().filter(posted_at__gte=since).values("incident")
    is_ongoing = Q(incident__public_phase__in=[phase for phase in Phase if phase != Phase.RESOLVED])
    incidents = read_incidents(Q(incident__in=recent) | is_ongoing)
    planned = read_maintenances(Q(ends_at__gte=since))
    services = [
        PublicService(
            service, [one for one in incidents if service.code in one.services],
            [one for one in planned if service.code in one.services], now,
        )
        for service in Service.objects.on_status_page().select_related("group")
    ]  # fmt: skip
    return Overview(edition, services, incidents, planned)


def read_incidents(which: Q) -> list[PublicIncident]:
    """The public incidents whose updates these are, the newest first. Two queries."""
    rows = (
        StatusUpdate.objects.published()
        .filter(which, incident__is_rehearsal=False)
        .select_related("incident__service")
        .prefetch_related(Prefetch("affected", AffectedService.objects.select_related("service")))
        .order_by("incident_id", "posted_at", "id")
    )
    found = [_incident(list(updates)) for _, updates in groupby(rows, key=lambda row: row.incident_id)]
    return sorted((one for one in found if one.updates), key=lambda one: one.started_at, reverse=True)


def latest_incidents() -> list[PublicIncident]:
    """The 50 that were told of last, for readers that follow. Three queries."""
    told = StatusUpdate.objects.published().filter(incident__is_rehearsal=False).order_by()
    newest = told.values("incident").distinct().order_by("-incident")[:MOST]
    return read_incidents(Q(incident__in=[row["incident"] for row in newest]))


def one_incident(public_id: str) -> PublicIncident | None:
    return next(iter(read_incidents(Q(incident__public_id=public_id))), None)


def incidents_of_month(start: datetime, end: datetime) -> list[PublicIncident]:
    """Those whose first update falls into the month. Two queries."""
    told = StatusUpdate.objects.published().filter(posted_at__gte=start, posted_at__lt=end).values("incident")
    return [one for one in read_incidents(Q(incident__in=told)) if start <= one.started_at < end]


def read_maintenances(which: Q) -> list[PublicMaintenance]:
    """The announced ones of these, the earliest first. Three queries."""
    rows = Maintenance.objects.published().filter(which).order_by("starts_at", "pk")
    updates = MaintenanceUpdate.objects.published().order_by("posted_at", "pk")
    listed = rows.prefetch_related(
        Prefetch("updates", updates, to_attr="told"), Prefetch("services", Service.objects.on_status_page())
    )
    return [_maintenance(row, row.told) for row in listed]  # type: ignore[attr-defined]


def one_maintenance(public_id: str) -> PublicMaintenance | None:
    return next(iter(read_maintenances(Q(public_id=public_id))), None)


def latest_maintenances() -> list[PublicMaintenance]:
    """The 50 that begin last, the latest first."""
    newest = Maintenance.objects.published().order_by("-starts_at", "-pk").values_list("pk", flat=True)[:MOST]
    return read_maintenances(Q(pk__in=list(newest)))[::-1]


def _incident(rows: list[StatusUpdate]) -> PublicIncident:
    """A service that is not on the page has no name here but “Another service”."""
    incident, own = rows[0].incident, rows[0].incident.service
    said = list(thread(rows, own.code))
    spoken_of = [own, *(each.service for row in rows for each in row.affected.all())]
    names = {service.code: service.name for service in spoken_of if service.is_public}
    services = {code: names[code] for each in said for code in each.states if code in names}
    return PublicIncident(
        incident.public_id, wording.public_title(incident), wording.public_name(incident), services, said
    )


def thread(rows: Iterable[StatusUpdate], own_code: str) -> Iterator[Said]:
    """The updates, each in the words of its last correction. A correction has no place of its own."""
    listed = list(rows)
    corrections = {row.corrects_id: row for row in listed if row.corrects_id}
    for row in listed:
        if row.corrects_id is None:
            yield _said(row, corrections, own_code)


def _said(row: StatusUpdate, corrections: dict[int, StatusUpdate], own_code: str) -> Said:
    last = row
    former: list[str] = []
    while last.pk in corrections:
        former.insert(0, last.words)
        last = corrections[last.pk]
    states = {own_code: last.service_state} | {each.service.code: each.state for each in last.affected.all()}
    return Said(
        row.posted_at, row.phase, row.get_phase_display(), last.words, states, row.next_update_due_at,
        corrected_at=last.posted_at if former else None, former=tuple(former),
    )  # fmt: skip


def _maintenance(row: Maintenance, updates: list[MaintenanceUpdate]) -> PublicMaintenance:
    said = [Said(each.posted_at, each.phase, each.get_phase_display(), each.words, {}) for each in updates]
    services = {service.code: service.name for service in row.services.all()}
    return PublicMaintenance(row.public_id, row.title, services, row.starts_at, row.ends_at, said)
