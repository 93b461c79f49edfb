"""Local times as people say and read them, because the clocks in Europe/London go forward and back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of the two instants that an ambiguous local time may mean."""

    at: datetime
    label: str
    fold: int


class AmbiguousTime(ValueError):
    """A local time that happens twice, on the night when the clocks go back. A person says which."""

    def __init__(self, naive: datetime, candidates: tuple[Candidate, Candidate]) -> None:
        self.naive = naive
        self.candidates = candidates
        first, second = candidates
        super().__init__(
            f"{_clock(naive)} on {format_day(naive)} happens twice: choose "
            f"{_clock(naive)} {first.label} (the first) or {_clock(naive)} {second.label} (the second)."
        )


class NonExistentTime(ValueError):
    """A local time that never happens, on the night when the clocks go forward."""

    def __init__(self, naive: datetime, gap_starts: datetime, gap_ends: datetime) -> None:
        self.naive = naive
        self.gap_starts, self.gap_ends = gap_starts, gap_ends
        super().__init__(
            f"{_clock(naive)} on {format_day(naive)} does not exist: the clocks went forward from "
            f"{_clock(gap_starts)} to {_clock(gap_ends)}. "
            f"Enter a time before {_clock(gap_starts)}, or {_clock(gap_ends)} or later."
        )


def local(at: datetime) -> datetime:
    """The same instant on the clocks of Europe/London. Raises ValueError for a datetime without a zone."""
    if at.utcoffset() is None:
        raise ValueError(f"{at!r} has no time zone. Attach one, for example tzinfo=datetime.UTC.")
    return at.astimezone(LONDON)


def resolve_local(naive: datetime, fold: int | None = None) -> datetime:
    """The instant, in UTC, that a time typed without a zone means on the clocks of Europe/London.

    `fold` is the person's answer where the time happens twice: 0 the first (BST), 1 the second (GMT). It is
    ignored at every other time. Raises AmbiguousTime where the answer is needed and missing, NonExistentTime
    inside the hour that the clocks skip, and ValueError for a time that has a zone already.
    """
    if naive.tzinfo is not None:
        raise ValueError(f"{naive!r} has a time zone already. Pass the local time without one.")
    if fold not in (None, 0, 1):
        raise ValueError(f"fold is {fold!r}. Pass 0 (the first), 1 (the second), or None if not asked.")
    first, second = (_candidate(naive, answer) for answer in (0, 1))
    if first.at == second.at:
        return first.at
    if local(first.at).replace(tzinfo=None) != naive.replace(fold=0):
        raise _non_existent(naive, first, second)
    if fold is None:
        raise AmbiguousTime(naive, (first, second))
    return (first, second)[fold].at


def format_time(at: datetime) -> str:
    """02:19 GMT."""
    there = local(at)
    return f"{_clock(there)} {there.tzname()}"


def format_day_time(at: datetime) -> str:
    """Sun 22 Nov 02:19 GMT."""
    return f"{format_day(local(at))} {format_time(at)}"


def format_day(day: date) -> str:
    """Sun 22 Nov. A datetime counts as it stands: convert it with `local` first."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def format_date(day: date) -> str:
    """22 Nov 2026, for days that may lie years away."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _clock(at: datetime) -> str:
    return f"{at.hour:02}:{at.minute:02}"


def _candidate(naive: datetime, fold: int) -> Candidate:
    there = naive.replace(tzinfo=LONDON, fold=fold)
    return Candidate(at=there.astimezone(UTC), label=there.tzname() or "", fold=fold)


def _non_existent(naive: datetime, first: Candidate, second: Candidate) -> NonExistentTime:
    # The clocks of Europe/London have always gone forward by whole hours, on the hour.
    gap_starts = naive.replace(minute=0, second=0, microsecond=0)
    return NonExistentTime(naive, gap_starts, gap_starts + (first.at - second.at))
