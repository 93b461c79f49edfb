"""Working time, calculated: Monday to Friday, [08:00:00, 18:00:00) in Europe/London, less bank holidays.

All else is out of hours. Instants count by their whole second; years 1975 to 2199 are answered. Ask through
`incidents.coverage`, which holds the calendar in force.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from threading import Lock

from incidents.bank_holidays import FIRST_YEAR, LAST_YEAR, NATIONS, published
from incidents.local_time import LONDON

OPENS_AT_HOUR, CLOSES_AT_HOUR = 8, 18

_DAY = 86_400
_WORKING_DAY = (CLOSES_AT_HOUR - OPENS_AT_HOUR) * 3_600
_CLOSED = _DAY  # The opening second of a day that does not open: later than every second of it.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_FIRST_DAY = date(FIRST_YEAR, 1, 1).toordinal() - _EPOCH_ORDINAL
_END_DAY = date(LAST_YEAR + 1, 1, 1).toordinal() - _EPOCH_ORDINAL
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an instant is out of hours, why, and the whole period (UTC) around it with that answer."""

    out_of_hours: bool
    reason: str
    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Seconds:
    """A span of time, split into whole seconds out of hours and in working time."""

    out_of_hours: int
    working: int


@dataclass(frozen=True, slots=True)
class Day:
    """A bank holiday that a service manager adds to a nation's list, or withdraws from it.

    On a weekend, or outside the years 1975 to 2199, it has no effect: a stray row must not stop the gate.
    """

    date: date
    nation: str
    title: str = ""
    is_withdrawn: bool = False

    def __post_init__(self) -> None:
        _check_nation(self.nation)
        _check_type(self.date, "date")
        if not isinstance(self.title, str):
            raise TypeError(f"title: pass text, not {type(self.title).__name__}.")
        if not self.is_withdrawn and not self.title.strip():
            raise ValueError("title: say what an added day is called, as gov.uk prints it.")


@dataclass(frozen=True, slots=True)
class _Table:
    """Working time of one nation, day by day in UTC, for whole years in one piece."""

    first_day: int  # in days since 1970, like `end_day` and every `day` below
    end_day: int
    opens: list[int]  # the second of each day at which it opens
    worked: list[int]  # working seconds of all days before each day
    titles: dict[date, str]


class Calendar:
    """The published bank holidays and one book of added and withdrawn days.

    Its answers never change, and threads may share it. The book holds at most one change for a
    nation and a date: the last one given.
    """

    def __init__(self, days: Iterable[Day] = ()) -> None:
        self._book = {(day.nation, day.date): day for day in map(_checked, days)}
        self._tables: dict[str, _Table] = {}
        self._growing = Lock()

    @property
    def days(self) -> tuple[Day, ...]:
        """The added and withdrawn days in force, in order of date."""
        return tuple(sorted(self._book.values(), key=lambda day: (day.date, day.nation)))

    def explain(self, at: datetime, nation: str) -> Verdict:
        """Whether `at` is out of hours for the nation, and why. See `incidents.coverage.explain`."""
        since = _since_epoch(at)
        day, second = since.days, since.seconds
        table = self._table(nation, day)
        opens = table.opens[day - table.first_day]
        if opens <= second < opens + _WORKING_DAY:
            opening = _instant(day, opens)
            return Verdict(False, "working-hours", "", opening, opening + timedelta(seconds=_WORKING_DAY))
        is_over = second >= opens + _WORKING_DAY
        last = self._working_day(nation, day if is_over else day - 1, step=-1)
        following = self._working_day(nation, day + 1 if second >= opens else day, step=1)
        closed_at = _instant(last, self._opening(nation, last) + _WORKING_DAY)
        reason, title = _reason((_EPOCH + since).astimezone(LONDON).date(), table)
        return Verdict(True, reason, title, closed_at, _instant(following, self._opening(nation, following)))

    def is_out_of_hours(self, at: datetime, nation: str) -> bool:
        """Whether `at` lies outside the nation's working time."""
        since = _since_epoch(at)
        opens = self._opening(nation, since.days)
        return not opens <= since.seconds < opens + _WORKING_DAY

    def seconds_between(self, start: datetime, end: datetime, nation: str) -> Seconds:
        """The seconds from `start` to `end`, split. See `incidents.coverage.seconds_between`."""
        first, last = _since_epoch(start), _since_epoch(end)
        table = self._table(nation, first.days)
        if last.days >= table.end_day:
            table = self._table(nation, last.days)
        elapsed = (last.days - first.days) * _DAY + last.seconds - first.seconds
        if elapsed <= 0:
            return Seconds(0, 0)
        working = _worked(table, last) - _worked(table, first)
        return Seconds(elapsed - working, working)

    def holidays_between(self, first: date, last: date, nation: str) -> list[tuple[date, str]]:
        """The nation's bank holidays from `first` to `last`, both included, in order, with their titles."""
        _check_nation(nation)
        _check_date(first, "first")
        _check_date(last, "last")
        years = range(first.year, last.year + 1)
        listed = [item for year in years for item in sorted(self._titles(nation, year).items())]
        return [(day, title) for day, title in listed if first <= day <= last]

    def _opening(self, nation: str, day: int) -> int:
        table = self._table(nation, day)
        return table.opens[day - table.first_day]

    def _working_day(self, nation: str, day: int, step: int) -> int:
        """The nearest day that opens, from `day` on, forwards or backwards."""
        while self._opening(nation, day) == _CLOSED:
            day += step
        return day

    def _table(self, nation: str, day: int) -> _Table:
        try:
            table = self._tables[nation]
        except (KeyError, TypeError):  # not built yet, or no nation, which growing says in clear words
            return self._grow(nation, day)
        return table if table.first_day <= day < table.end_day else self._grow(nation, day)

    def _grow(self, nation: str, day: int) -> _Table:
        """Extend the nation's table by the decade of `day`, in one piece, and swap it in."""
        _check_nation(nation)
        decade = _date(day).year // 10 * 10
        with self._growing:
            known = self._tables.get(nation)
            first = min(decade, _date(known.first_day).year if known else decade)
            last = max(decade + 9, _date(known.end_day - 1).year if known else decade)
            # One year more on either side, for periods that reach over the edge.
            grown = self._build(nation, max(first, FIRST_YEAR - 1), min(last, LAST_YEAR + 1))
            self._tables[nation] = grown
        return grown

    def _build(self, nation: str, first_year: int, last_year: int) -> _Table:
        years = range(first_year, last_year + 1)
        opens = [second for year in years for second in _weekday_openings(year)]
        titles = {day: title for year in years for day, title in self._titles(nation, year).items()}
        first_day = date(first_year, 1, 1).toordinal() - _EPOCH_ORDINAL
        for day in titles:
            opens[day.toordinal() - _EPOCH_ORDINAL - first_day] = _CLOSED
        worked = accumulate((0 if second == _CLOSED else _WORKING_DAY for second in opens), initial=0)
        return _Table(first_day, first_day + len(opens), opens, list(worked), titles)

    def _titles(self, nation: str, year: int) -> dict[date, str]:
        """The year's bank holidays: the published ones, as the book changes them. None is on a weekend."""
        titles = dict(published(year, nation))
        changes = [day for day in self._book.values() if day.nation == nation and day.date.year == year]
        for day in changes:
            if day.is_withdrawn:
                titles.pop(day.date, None)
            elif day.date.weekday() < _SATURDAY:
                titles[day.date] = day.title
        return titles


def _since_epoch(at: datetime) -> timedelta:
    """The exact time since 1970, whatever the zone. Its days and seconds are the UTC day and its second."""
    try:
        since = at - _EPOCH  # not the local clocks: 01:30 on the last Sunday of October is two instants
    except TypeError:
        raise _not_an_instant(at) from None
    if not _FIRST_DAY <= since.days < _END_DAY:
        raise ValueError(f"{at!r} is outside the years {FIRST_YEAR} to {LAST_YEAR}. Check the year.")
    return since


def _worked(table: _Table, since: timedelta) -> int:
    """Working seconds from the table's first day to an instant in it."""
    index = since.days - table.first_day
    today = since.seconds - table.opens[index]
    if today <= 0:
        return table.worked[index]
    return table.worked[index + 1] if today >= _WORKING_DAY else table.worked[index] + today


def _not_an_instant(at: object) -> Exception:
    if isinstance(at, datetime):
        return ValueError(f"{at!r} has no time zone. Attach one, for example tzinfo=datetime.UTC.")
    return TypeError(f"Pass a datetime with a time zone, not {type(at).__name__}.")


def _check_nation(nation: object) -> None:
    if isinstance(nation, str) and nation in NATIONS:
        return
    names = ", ".join(f"{code} ({name})" for code, name in NATIONS.items())
    if not isinstance(nation, str):
        raise TypeError(f"nation: pass one of {names}, not {type(nation).__name__}.")
    raise ValueError(f"nation: {nation!r} is not known. Use one of {names}.")


def _check_type(day: object, field: str) -> None:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise TypeError(f"{field}: pass a date without a time, not {type(day).__name__}.")


def _check_date(day: date, field: str) -> None:
    _check_type(day, field)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"{field}: {day} is outside the years {FIRST_YEAR} to {LAST_YEAR}. Check the year.")


def _checked(day: object) -> Day:
    if not isinstance(day, Day):
        raise TypeError(f"days: pass Day objects, not {type(day).__name__}.")
    return day


@cache
def _weekday_openings(year: int) -> tuple[int, ...]:
    """For each day of a year, the second of the UTC day at which it opens, bank holidays still in."""
    ordinals = range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())
    return tuple(_weekday_opening(date.fromordinal(ordinal)) for ordinal in ordinals)


def _weekday_opening(day: date) -> int:
    if day.weekday() >= _SATURDAY:
        return _CLOSED
    opening = datetime(day.year, day.month, day.day, OPENS_AT_HOUR, tzinfo=LONDON)
    # Working time lies in one UTC day: the offset is 0 or 1 h, and changes on Sundays only.
    return (opening - _EPOCH).seconds


def _reason(day: date, table: _Table) -> tuple[str, str]:
    """Why a local day is out of hours outside its working time, and the title of its holiday."""
    if title := table.titles.get(day):
        return "holiday", title
    return ("weekend" if day.weekday() >= _SATURDAY else "weekday-night"), ""


def _date(day: int) -> date:
    return date.fromordinal(day + _EPOCH_ORDINAL)


def _instant(day: int, second: int) -> datetime:
    return _EPOCH + timedelta(days=day, seconds=second)
