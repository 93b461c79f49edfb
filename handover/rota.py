"""Shifts of a weekly pattern: who is on, until when, and where nobody is. Pure: no database, no clock.

Patterns are wall-clock times in Europe/London, shifts are instants in UTC, half-open: whoever starts at 20:00
is on at 20:00:00, and whoever ends then is not. A wall time means the first instant at which the clocks show
it or a later time: 01:30 on the last Sunday of October is the first of the two, and on the last Sunday of
March it is the moment when the clocks go forward. So shifts that meet on the clock meet in fact, every night.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from incidents import coverage
from incidents.local_time import (
    NonExistentTime,
    format_day,
    format_day_time,
    format_time,
    local,
    resolve_local,
)

HOLIDAY = 7  # the eighth "weekday": each bank holiday of the desk
_DAY = timedelta(days=1)
LOOK_FOR_CHANGE = timedelta(days=15)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One weekly shift of one person. `ends` before `starts` is on the next day. Both dates are included."""

    person: int
    weekday: int
    starts: time
    ends: time
    valid_from: date
    valid_until: date | None = None
    is_desk: bool = False  # a day shift of the desk, which a bank holiday takes away


@dataclass(frozen=True, slots=True, order=True)
class Shift:
    """One person, from one instant up to another (UTC)."""

    starts_at: datetime
    ends_at: datetime
    person: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Time without anybody on shift (UTC)."""

    starts_at: datetime
    ends_at: datetime


def shifts(patterns: Iterable[Pattern], start: datetime, end: datetime, nation: str) -> list[Shift]:
    """Every shift with time in [start, end), whole, in order of its start.

    A pattern that starts and ends at the same time says nothing and is refused with ValueError.
    """
    first, last = local(start).date() - _DAY, local(end).date()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    holidays = {day for day, _ in coverage.holidays_between(first, last, nation)}
    found = (shift for pattern in patterns for shift in _of_pattern(pattern, days, holidays))
    return sorted(shift for shift in found if shift.starts_at < end and shift.ends_at > start)


def on_at(patterns: Iterable[Pattern], at: datetime, nation: str) -> list[Shift]:
    """The shifts that hold this instant."""
    return shifts(patterns, at, at + timedelta(microseconds=1), nation)


def next_change(patterns: Iterable[Pattern], at: datetime, nation: str) -> datetime | None:
    """The next instant after `at` when not the same people are on as at `at`; None within fifteen days."""
    ahead = shifts(patterns, at, at + LOOK_FOR_CHANGE, nation)
    edges = sorted({edge for shift in ahead for edge in (shift.starts_at, shift.ends_at) if edge > at})
    now = _people(ahead, at)
    return next((edge for edge in edges if _people(ahead, edge) != now), None)


def gaps(patterns: Iterable[Pattern], start: datetime, end: datetime, nation: str) -> list[Span]:
    """Every span of [start, end) that is out of hours and has nobody on shift, in order."""
    covered = shifts(patterns, start, end, nation)
    return [gap for period in _out_of_hours(start, end, nation) for gap in _uncovered(period, covered)]


def gap_words(gap: Span) -> str:
    """Sat 28 Nov 20:00 to Sun 29 Nov 08:00 GMT; each time has its zone where the clocks change in between."""
    first, last = local(gap.starts_at), local(gap.ends_at)
    end = format_time(last) if first.date() == last.date() else format_day_time(last)
    if first.tzname() == last.tzname():
        return f"{format_day(first)} {first:%H:%M} to {end}"
    return f"{format_day_time(first)} to {end}"


def _of_pattern(pattern: Pattern, days: list[date], holidays: set[date]) -> Iterator[Shift]:
    if pattern.starts == pattern.ends:
        raise ValueError("A shift that starts and ends at the same time says nothing. Give it two times.")
    for day in days:
        if _applies(pattern, day, holidays):
            last = day + _DAY if pattern.ends < pattern.starts else day
            shift = Shift(_instant(day, pattern.starts), _instant(last, pattern.ends), pattern.person)
            if shift.starts_at < shift.ends_at:  # else it lies in the hour that the clocks skip
                yield shift


def _applies(pattern: Pattern, day: date, holidays: set[date]) -> bool:
    if day < pattern.valid_from or (pattern.valid_until is not None and day > pattern.valid_until):
        return False
    if pattern.weekday == HOLIDAY:
        return day in holidays
    return day.weekday() == pattern.weekday and not (pattern.is_desk and day in holidays)


def _instant(day: date, clock: time) -> datetime:
    wall = datetime.combine(day, clock)
    try:
        return resolve_local(wall, fold=0)
    except NonExistentTime as skipped:
        return resolve_local(skipped.gap_ends)


def _people(among: list[Shift], at: datetime) -> set[int]:
    return {shift.person for shift in among if shift.starts_at <= at < shift.ends_at}


def _out_of_hours(start: datetime, end: datetime, nation: str) -> Iterator[Span]:
    at = start.astimezone(UTC)
    while at < end:
        verdict = coverage.explain(at, nation)
        if verdict.out_of_hours:
            yield Span(at, min(verdict.ends_at, end))
        at = verdict.ends_at


def _uncovered(period: Span, covered: list[Shift]) -> Iterator[Span]:
    reached = period.starts_at
    for shift in covered:
        if shift.starts_at >= period.ends_at:
            break
        if shift.starts_at > reached:
            yield Span(reached, shift.starts_at)
        reached = max(reached, shift.ends_at)
    if reached < period.ends_at:
        yield Span(reached, period.ends_at)
