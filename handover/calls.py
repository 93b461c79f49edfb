"""The two calls of the desk's working day: 08:00, partner to desk, and 17:45, desk to partner. Pure.

From 17:45 to 18:00 both are there: the partner is briefed, and the desk owns until each item is accepted.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from incidents import coverage
from incidents.local_time import local, resolve_local

TO_VENDOR, TO_PARTNER = "to_vendor", "to_partner"
MORNING, EVENING = time(8, 0), time(17, 45)
PREPARE_BEFORE = timedelta(minutes=15)  # drafts stand ready at 07:45 and 17:30
PREPARE_LATE = timedelta(minutes=60)  # and are made up for when nothing swept at that time
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One call: when it begins (UTC), and to whom the incidents go in it."""

    at: datetime
    direction: str


def call_times(day: date, nation: str) -> tuple[Call, ...]:
    """The calls of a local date: both on a working day of the desk, else none."""
    morning = resolve_local(datetime.combine(day, MORNING))
    if coverage.is_out_of_hours(morning, nation):
        return ()
    evening = resolve_local(datetime.combine(day, EVENING))
    return Call(morning, TO_VENDOR), Call(evening, TO_PARTNER)


def next_calls(at: datetime, nation: str) -> tuple[Call, Call]:
    """The next call of each direction, the sooner one first. A call that begins at `at` is still next."""
    found: list[Call] = []
    day = local(at).date()
    while len(found) < 2:
        found += [call for call in call_times(day, nation) if call.at >= at]
        day += _DAY
    return found[0], found[1]


def last_call(at: datetime, nation: str) -> Call:
    """The call that began last, at or before `at`."""
    day = local(at).date()
    while not (begun := [call for call in call_times(day, nation) if call.at <= at]):
        day -= _DAY
    return begun[-1]


def call_before(call_at: datetime, nation: str) -> Call:
    """The call before the one at `call_at`: where the time that a handover tells of begins."""
    return last_call(call_at - timedelta(microseconds=1), nation)


def call_for(direction: str, at: datetime, nation: str) -> Call:
    """The call that a handover begun at `at` belongs to.

    Until the other call comes it is the one that has begun; after that the next one of its direction.
    """
    last = last_call(at, nation)
    if last.direction == direction:
        return last
    return next(call for call in next_calls(at, nation) if call.direction == direction)


def to_prepare(at: datetime, nation: str) -> list[Call]:
    """The calls whose drafts must stand at `at`: one comes within 15 minutes, or began within the hour."""
    near = {last_call(at, nation), *next_calls(at, nation)}
    return sorted(call for call in near if at - PREPARE_LATE <= call.at <= at + PREPARE_BEFORE)
