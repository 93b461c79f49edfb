"""A month of the report: named in an address, bounded by London's midnights, counted in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from incidents.local_time import LONDON, format_day, format_time, local

EARLIEST_YEAR = 2000  # as the intake: no call is from before it
_DAY = timedelta(days=1)
_ADDRESS = re.compile(r"([0-9]{4})-([0-9]{2})")


class NoReport(ValueError):
    """There is no report of what was asked for; the text says why, and what to ask for."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """From the first's 00:00 to the next first's 00:00, Europe/London."""

    year: int
    month: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"

    @property
    def words(self) -> str:
        return f"{self.first_day:%B} {self.year}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def days(self) -> list[date]:
        count = (self.after(1).first_day - self.first_day).days
        return [self.first_day + number * _DAY for number in range(count)]

    @property
    def starts_at(self) -> datetime:
        return midnight(self.first_day)

    @property
    def ends_at(self) -> datetime:
        """Not of the month any more: the next one's first instant."""
        return self.after(1).starts_at

    @property
    def bounds_words(self) -> str:
        """Thu 1 Oct 00:00 BST to Sat 31 Oct 24:00 GMT."""
        zone = local(self.ends_at - timedelta(seconds=1)).tzname()
        first, last = self.days[0], self.days[-1]
        return f"{format_day(first)} {format_time(self.starts_at)} to {format_day(last)} 24:00 {zone}"

    @property
    def is_kept(self) -> bool:
        """Whether the desk may have anything of it."""
        return self.year >= EARLIEST_YEAR

    def after(self, months: int) -> "Month":
        """The month so many later, or earlier where negative."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month + 1)

    def odd_day(self, until: date = date.max) -> str:
        """Of the day on which the clocks change, if this month had it by `until`: how many hours it had."""
        for day in (day for day in self.days if day <= until):
            hours = round((midnight(day + _DAY) - midnight(day)) / timedelta(hours=1))
            if hours > 24:
                return f"{day:%A} {day.day} {day:%B} had {hours} hours: the clocks went back at 02:00 BST."
            if hours < 24:
                return f"{day:%A} {day.day} {day:%B} had {hours} hours: the clocks went forward at 01:00 GMT."
        return ""


def month_of(at: datetime) -> Month:
    """The month on London's calendar: 30 September 23:30 UTC is in October already."""
    there = local(at)
    return Month(there.year, there.month)


def parse(address: str, now: datetime) -> Month:
    """The month of an address, `2026-10`. Raises NoReport, with words, for what has no report."""
    found = _ADDRESS.fullmatch(address)
    if not found or not 1 <= int(found[2]) <= 12:
        raise NoReport("There is no such month. Write the year and the month, as in 2026-10.")
    month, current = Month(int(found[1]), int(found[2])), month_of(now)
    if not month.is_kept:
        raise NoReport(f"The desk has nothing from before {EARLIEST_YEAR}. Ask for a later month.")
    if month > current:
        raise NoReport(f"{month.words} has not begun. The latest report is that of {current.words}.")
    return month


def midnight(day: date) -> datetime:
    """The local day's first instant, in UTC. The clocks of London never change at midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
