"""What a report is made of, as plain rows: a call, its status updates, its runs, its handovers."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from incidents.local_time import local


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DECLINED = "declined"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Update:
    """A status update, and by when it promised the next one (None: it said resolved)."""

    posted_at: datetime
    next_due_at: datetime | None = None
    is_published: bool = True


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an SOP that is no rehearsal."""

    sop: str
    title: str
    state: str
    outcome: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(slots=True)
class Call:
    """One incident as the report counts it. Rehearsals never get here."""

    reference: str
    customer: str
    service: str
    reported_at: datetime
    state: str
    gate: str = "accept"
    hours: str = "weekday-night"  # why it was out of hours, as the gate said at the call
    source: str = "phone"
    failure: str = ""
    is_overridden: bool = False
    decline_rule: str = ""
    is_with_vendor: bool = False
    began_at: datetime | None = None
    restored_at: datetime | None = None
    is_handed_over: bool = False
    escalated_to: str = ""
    own_nation: str = ""  # whose bank holidays the contract adds to the desk's; empty: none
    updates: list[Update] = field(default_factory=list)  # in the order of posting
    runs: list[Run] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)  # the states of its handover items
    sop_gap: str = ""  # what an SOP would have had to do, where none fitted

    @property
    def outcome(self) -> Outcome:
        """Declined; or accepted by the gate, by a lead, or by having been resolved; or not decided yet."""
        if self.state == "declined":
            return Outcome.DECLINED
        if self.gate == "accept" or self.is_overridden or self.state == "resolved":
            return Outcome.ACCEPTED
        return Outcome.UNDECIDED

    @property
    def is_accepted(self) -> bool:
        return self.outcome == Outcome.ACCEPTED

    @property
    def unavailable_since(self) -> datetime:
        return self.began_at or self.reported_at

    @property
    def day(self) -> date:
        """The local date of the call."""
        return local(self.reported_at).date()

    @property
    def seconds_to_update(self) -> int | None:
        """From the call to the first status update."""
        return elapsed(self.reported_at, self.updates[0].posted_at) if self.updates else None

    @property
    def seconds_to_restored(self) -> int | None:
        """From the call until the service was back; 0 where it was back before the call came."""
        return elapsed(self.reported_at, self.restored_at) if self.restored_at else None


def elapsed(start: datetime, end: datetime) -> int:
    """Whole seconds, never less than none. In UTC: within one zone Python subtracts wall clocks."""
    return max(0, int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()))
