"""How available a service was: days and shares, by the rule that the page states. Pure.

A day, by the clocks of Europe/London, is marked by the worst that any moment of it saw: unavailable for some
before partly available or slow. The share counts as down only the time unavailable for some, each moment once
however many incidents overlap. Planned maintenance makes no spell: what an incident says during it counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import floor

from incidents.local_time import LONDON, local

DAYS = 90
WELL, PARTLY, DOWN = 0, 1, 2
MARKS = {
    "operational": WELL, "under_maintenance": WELL, "degraded_performance": PARTLY, "partial_outage": PARTLY,
    "major_outage": DOWN,
}  # fmt: skip
RULE = (
    "A day is red when the service was unavailable for some at any time of it, and amber, at part of the "
    "height, when it was partly available or slow. The percentage leaves out the time unavailable for some, "
    "from the update that says so to the update that says otherwise. Planned maintenance counts as neither, "
    "but for what an incident says of the same time. Days are those of UK time."
)


@dataclass(frozen=True, slots=True)
class Spell:
    """From `start` until `end`, excluded, the service was in `state`."""

    start: datetime
    end: datetime
    state: str


def spells_of(updates: Iterable[tuple[datetime, str]], now: datetime) -> list[Spell]:
    """What one incident's updates, oldest first, say of its service.

    Each holds until the next, the last until now. Times without trouble are left out.
    """
    known = list(updates)
    ends = [at for at, _ in known[1:]] + [now]
    return [
        Spell(start, end, state)
        for (start, state), end in zip(known, ends, strict=True)
        if MARKS[state] != WELL and end > start
    ]


def last_days(now: datetime, count: int = DAYS) -> list[date]:
    """Today last."""
    today = local(now).date()
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]


def day_starts(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def day_marks(spells: Iterable[Spell], days: Sequence[date]) -> list[int]:
    """For each of these consecutive days WELL, PARTLY or DOWN."""
    marks = [WELL] * len(days)
    for spell in spells:
        first = (local(spell.start).date() - days[0]).days
        last = (local(spell.end - timedelta(microseconds=1)).date() - days[0]).days
        for index in range(max(first, 0), min(last, len(days) - 1) + 1):
            marks[index] = max(marks[index], MARKS[spell.state])
    return marks


def available_share(spells: Iterable[Spell], start: datetime, end: datetime) -> float:
    """The part of the time in per cent, to two places, rounded down: 100 only when nothing was down."""
    down, reached = timedelta(0), start
    for spell in sorted(spells, key=lambda spell: spell.start):
        if MARKS[spell.state] == DOWN and spell.end > reached:
            from_, until = max(spell.start, reached), min(spell.end, end)
            down += max(until - from_, timedelta(0))
            reached = max(reached, until)
    return floor((1 - down / (end - start)) * 10_000) / 100
