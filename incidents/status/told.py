"""What the public was told of one incident or maintenance, as it reads after corrections. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from incidents.models import MaintenanceUpdate, Phase, StatusUpdate
from incidents.status.history import Spell, spells_of

State = StatusUpdate.ServiceState
OUTAGES = (State.MAJOR_OUTAGE, State.PARTIAL_OUTAGE, State.DEGRADED)
WORST_FIRST = (*OUTAGES, State.MAINTENANCE, State.OPERATIONAL)
# state: tag of an incident, class, icon
TAGS = {
    State.MAJOR_OUTAGE: ("Unavailable", "bad", "cross"),
    State.PARTIAL_OUTAGE: ("Partly available", "warn", "late"),
    State.DEGRADED: ("Slow", "warn", "late"),
    State.MAINTENANCE: ("Under maintenance", "now", "tool"),
    State.OPERATIONAL: ("Monitoring", "good", "search"),
}


def worst(states: Iterable[str]) -> str:
    """The worst of them; without any, operational."""
    return min(states, key=lambda state: WORST_FIRST.index(State(state)), default=State.OPERATIONAL)


@dataclass(frozen=True)
class Said:
    """One update as it reads now. `former` are the words that corrections took the place of, newest first."""

    posted_at: datetime
    phase: str
    phase_words: str
    words: str
    states: Mapping[str, str]  # a service's code: its state from then on
    due_at: datetime | None = None
    corrected_at: datetime | None = None
    former: tuple[str, ...] = ()

    @property
    def changed_at(self) -> datetime:
        return self.corrected_at or self.posted_at


class _Told:
    """What was said of it, oldest first, at least once."""

    updates: list[Said]

    @property
    def latest(self) -> Said:
        return self.updates[-1]

    @property
    def newest_first(self) -> list[Said]:
        return self.updates[::-1]


@dataclass(frozen=True)
class PublicIncident(_Told):
    """One incident as the public knows it. `updates` are the published ones, oldest first, at least one.

    `services` are those on the status page that it was said to affect, its own first: name by code.
    """

    public_id: str
    title: str
    service_name: str
    services: Mapping[str, str]
    updates: list[Said]

    @property
    def is_open(self) -> bool:
        return self.latest.phase != Phase.RESOLVED

    @cached_property
    def states(self) -> dict[str, str]:
        """Each service's state by the last update that speaks of it."""
        now: dict[str, str] = {}
        for said, states in self.steps():
            now.update(dict.fromkeys(now, State.OPERATIONAL) if said.phase == Phase.RESOLVED else states)
        return now

    @property
    def state(self) -> str:
        return worst(self.states.values())

    @property
    def tag(self) -> tuple[str, str, str]:
        return TAGS[State(self.state)] if self.is_open else ("Resolved", "good", "check")

    @property
    def heading(self) -> str:
        """As the title, until all is available again."""
        is_back = self.is_open and self.state == State.OPERATIONAL
        return f"{self.service_name}: available again" if is_back else self.title

    @property
    def due_at(self) -> datetime | None:
        """When the next update was promised for."""
        return self.latest.due_at if self.is_open else None

    @property
    def started_at(self) -> datetime:
        return self.updates[0].posted_at

    @property
    def changed_at(self) -> datetime:
        return max(said.changed_at for said in self.updates)

    @property
    def resolved_at(self) -> datetime | None:
        return None if self.is_open else self.latest.posted_at

    @property
    def monitoring_at(self) -> datetime | None:
        return next((said.posted_at for said in self.updates if said.phase == Phase.MONITORING), None)

    @property
    def lasted(self) -> timedelta | None:
        return self.resolved_at - self.started_at if self.resolved_at else None

    @property
    def worst_state(self) -> str:
        return worst(state for said in self.updates for state in said.states.values())

    def steps(self) -> Iterator[tuple[Said, dict[str, str]]]:
        """Each update with the states that hold from it on: resolved makes all that it affected available."""
        known: set[str] = set()
        for said in self.updates:
            known |= set(said.states)
            is_over = said.phase == Phase.RESOLVED
            yield said, dict.fromkeys(known, State.OPERATIONAL) if is_over else dict(said.states)

    def spells(self, code: str, now: datetime) -> list[Spell]:
        """What it says of one service, for the history."""
        told = ((said.posted_at, states[code]) for said, states in self.steps() if code in states)
        return spells_of(told, now)


@dataclass(frozen=True)
class PublicMaintenance(_Told):
    """Planned work as the public knows it, with its published updates, oldest first, at least one."""

    public_id: str
    title: str
    services: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    updates: list[Said]

    @property
    def phase(self) -> str:
        return self.latest.phase

    @property
    def is_upcoming(self) -> bool:
        return self.phase == MaintenanceUpdate.Phase.SCHEDULED

    @property
    def is_active(self) -> bool:
        return self.phase in (MaintenanceUpdate.Phase.IN_PROGRESS, MaintenanceUpdate.Phase.VERIFYING)

    @property
    def is_over(self) -> bool:
        return not (self.is_upcoming or self.is_active)

    @property
    def tag(self) -> tuple[str, str, str]:
        """By what was posted alone, whatever the clock says."""
        kind, icon = {
            MaintenanceUpdate.Phase.COMPLETED: ("good", "check"),
            MaintenanceUpdate.Phase.CANCELLED: ("", "cross"),
            MaintenanceUpdate.Phase.SCHEDULED: ("", "clock"),
        }.get(MaintenanceUpdate.Phase(self.phase), ("now", "tool"))
        return (self.latest.phase_words, kind, icon)

    @property
    def announced_at(self) -> datetime:
        return self.updates[0].posted_at

    @property
    def changed_at(self) -> datetime:
        return max(said.changed_at for said in self.updates)

    @property
    def began_at(self) -> datetime | None:
        begun = (said.posted_at for said in self.updates if said.phase == MaintenanceUpdate.Phase.IN_PROGRESS)
        return next(begun, None)

    @property
    def ended_at(self) -> datetime | None:
        return self.latest.posted_at if self.is_over else None

    @property
    def service_names(self) -> str:
        return ", ".join(self.services.values())
