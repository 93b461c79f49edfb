"""Whether an instant is out of hours, and why: one answer for gate, board, rota, paging and reports."""

from collections.abc import Iterable
from datetime import date, datetime

from incidents.bank_holidays import NATIONS
from incidents.working_time import Calendar, Day, Seconds, Verdict

__all__ = [
    "NATIONS",
    "Calendar",
    "Day",
    "Seconds",
    "Verdict",
    "current",
    "explain",
    "holidays_between",
    "is_out_of_hours",
    "preview",
    "seconds_between",
    "set_days",
]

_current = Calendar()


def explain(at: datetime, nation: str) -> Verdict:
    """Whether an instant is out of hours for a nation, and why.

    `reason` is the first that holds of holiday, weekend, weekday-night and working-hours on the local date;
    `title` is gov.uk's title of the holiday, else empty. `starts_at` and `ends_at` bound, in UTC, the whole
    period around the instant with the same answer: Friday 18:00 to Monday 08:00 over a plain weekend.
    Raises TypeError for what is no datetime or no text, and ValueError for a datetime without a zone or
    outside the years 1975 to 2199, and for a nation that is not ENG, WLS, SCT or NIR.
    """
    return _current.explain(at, nation)


def is_out_of_hours(at: datetime, nation: str) -> bool:
    """Whether an instant lies outside the nation's working time. Raises as `explain` does."""
    return _current.is_out_of_hours(at, nation)


def seconds_between(start: datetime, end: datetime, nation: str) -> Seconds:
    """The seconds from `start` to `end` out of hours and in working time, exact over both clock changes.

    Both instants count by their whole second, so spans that meet add up. An `end` before `start` is no
    time at all. Takes the same time however long the span. Raises as `explain` does.
    """
    return _current.seconds_between(start, end, nation)


def holidays_between(first: date, last: date, nation: str) -> list[tuple[date, str]]:
    """The nation's bank holidays from `first` to `last`, both included, in order, with their titles."""
    return _current.holidays_between(first, last, nation)


def set_days(days: Iterable[Day]) -> None:
    """Put a whole book of added and withdrawn days in force, at once, for this process.

    The book replaces the one before. The same book again changes nothing and keeps what was calculated.
    """
    global _current
    wanted = Calendar(days)
    if wanted.days != _current.days:
        _current = wanted


def preview(days: Iterable[Day]) -> Calendar:
    """The calendar as it would be with this whole book in force. Changes nothing."""
    return Calendar(days)


def current() -> Calendar:
    """The calendar in force, for several questions that must be answered alike."""
    return _current
