"""The services of the status page, in their groups: their state now, and the bars of their last 90 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from accounts.models import Service
from incidents.status import history
from incidents.status.told import TAGS, PublicIncident, PublicMaintenance, State, worst


@dataclass(frozen=True)
class PublicService:
    """A component of the page: what is told of it, and its last 90 days."""

    service: Service
    incidents: list[PublicIncident]
    maintenances: list[PublicMaintenance]
    now: datetime

    @property
    def code(self) -> str:
        return self.service.code

    @property
    def name(self) -> str:
        return self.service.name

    @property
    def state(self) -> str:
        """The worst that an open incident says; under maintenance only where none says anything worse."""
        outages = [one.states[self.code] for one in self.incidents if one.is_open]
        is_maintained = any(one.is_active for one in self.maintenances)
        return worst([*outages, State.MAINTENANCE] if is_maintained else outages)

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

    @property
    def changed_at(self) -> datetime | None:
        told: list[PublicIncident | PublicMaintenance] = [*self.incidents, *self.maintenances]
        return max((one.changed_at for one in told), default=None)

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
        return _path(self.marks, history.PARTLY)

    @property
    def down_path(self) -> str:
        return _path(self.marks, history.DOWN)

    @cached_property
    def _spells(self) -> list[history.Spell]:
        return [spell for one in self.incidents for spell in one.spells(self.code, self.now)]


@dataclass(frozen=True)
class PublicGroup:
    """Services that stand together. The last has no name: what belongs to no group."""

    code: str
    name: str
    services: list[PublicService]

    @property
    def state(self) -> str:
        return worst(service.state for service in self.services)

    @property
    def changed_at(self) -> datetime | None:
        return max((each.changed_at for each in self.services if each.changed_at), default=None)


def grouped(services: Sequence[PublicService]) -> list[PublicGroup]:
    """In the order of the groups, and of the services within each; without a group last."""

    def place(each: PublicService) -> tuple[bool, int, str]:
        group = each.service.group
        return (group is None, group.position if group else 0, group.name if group else "")

    found = []
    for _, members in groupby(sorted(services, key=place), key=place):
        listed = list(members)
        group = listed[0].service.group
        found.append(PublicGroup(group.code if group else "", group.name if group else "", listed))
    return found


def _path(marks: list[int], mark: int) -> str:
    """One box for each run of days with this mark, 5 wide a day; a pattern cuts it into days."""
    boxes, start = [], 0
    for value, run in groupby(marks):
        length = sum(1 for _ in run)
        if value == mark:
            boxes.append(f"M{start * 5} 0h{length * 5}v24h-{length * 5}z")
        start += length
    return "".join(boxes)
