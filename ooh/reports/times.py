"""Durations of a report: percentiles, promises kept, and unavailable time split by the calendar."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from incidents.coverage import Seconds, holidays_between, seconds_between
from incidents.local_time import local
from ooh.reports.months import midnight
from ooh.reports.rows import Call, Update, elapsed


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in seconds, over `count` observations. Without any, nothing is known."""

    count: int
    median: int | None = None
    p90: int | None = None
    longest: int | None = None


def times(seconds: Iterable[int | None]) -> Times:
    """Of what was observed; None is no observation."""
    known = sorted(each for each in seconds if each is not None)
    if not known:
        return Times(0)
    return Times(len(known), percentile(known, 50), percentile(known, 90), known[-1])


def percentile(ordered: Sequence[int], percent: int) -> int:
    """Between neighbours in proportion, as MEDIAN and PERCENTILE of a spreadsheet do; to the whole second.

    >>> percentile([60, 120, 240, 600], 50)
    180
    """
    whole, hundredths = divmod(percent * (len(ordered) - 1), 100)
    upper = ordered[min(whole + 1, len(ordered) - 1)]
    return (ordered[whole] * (100 - hundredths) + upper * hundredths + 50) // 100


@dataclass(frozen=True, slots=True)
class Promises:
    """Status updates that were promised: how many came in time, how many late, and by how much at most."""

    on_time: int = 0
    late: int = 0
    latest: int = 0

    @property
    def made(self) -> int:
        return self.on_time + self.late

    def __add__(self, other: "Promises") -> "Promises":
        return Promises(self.on_time + other.on_time, self.late + other.late, max(self.latest, other.latest))


def promises(updates: Sequence[Update], now: datetime) -> Promises:
    """Each update but one that says resolved promises the next. What is still to come due is not counted."""
    found = Promises()
    for update, following in zip_longest(updates, updates[1:]):
        if update.next_due_at is None:
            continue
        if following and following.posted_at <= update.next_due_at:
            found += Promises(on_time=1)
        elif following or update.next_due_at < now:
            late_by = elapsed(update.next_due_at, following.posted_at if following else now)
            found += Promises(late=1, latest=late_by)
    return found


def unavailable(call: Call, now: datetime, desk_nation: str) -> Seconds:
    """How long an accepted incident's service was unavailable, until now where it still is.

    Out of hours is when the desk is closed or, where the contract follows its own nation, on a bank holiday
    there.
    """
    if not call.is_accepted:
        return Seconds(0, 0)
    start, end = call.unavailable_since, call.restored_at or now
    split = seconds_between(start, end, desk_nation)
    moved = _working_on_own_holidays(start, end, desk_nation, call.own_nation)
    return Seconds(split.out_of_hours + moved, split.working - moved)


def _working_on_own_holidays(start: datetime, end: datetime, desk_nation: str, own_nation: str) -> int:
    """The desk's working seconds on bank holidays of the customer's own nation."""
    if not own_nation or own_nation == desk_nation:
        return 0
    days = holidays_between(local(start).date(), local(end).date(), own_nation)
    spans = [(midnight(day), midnight(day + timedelta(days=1))) for day, _ in days]
    return sum(
        seconds_between(max(start, first), min(end, after), desk_nation).working for first, after in spans
    )
