"""The gate against a slow and obvious calculation of the same, and from many threads at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.coverage import (
    NATIONS,
    Calendar,
    Day,
    Seconds,
    explain,
    holidays_between,
    is_out_of_hours,
    seconds_between,
)
from incidents.local_time import LONDON

nations = st.sampled_from(sorted(NATIONS))
whole_years = st.datetimes(datetime(1975, 1, 2), datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
short_spans = st.integers(0, 20 * 86_400)
clock_changes = st.sampled_from([datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
near_by = st.integers(-300_000, 300_000).map(lambda seconds: timedelta(seconds=seconds))
near_changes = st.builds(lambda at, by: at + by, clock_changes, near_by)
starts = st.one_of(whole_years.filter(lambda at: at.year < 2199), near_changes)


def is_working(at: datetime, nation: str) -> bool:
    """The rule as DESIGN words it, read off the local clocks."""
    there = at.astimezone(LONDON)
    is_holiday = bool(holidays_between(there.date(), there.date(), nation))
    return there.weekday() < 5 and 8 <= there.hour < 18 and not is_holiday


def counted(start: datetime, end: datetime, nation: str) -> Seconds:
    """The seconds, quarter of an hour by quarter of an hour: every edge lies on one."""
    found = {True: 0, False: 0}
    at = start.replace(microsecond=0)
    end = end.replace(microsecond=0)
    while at < end:
        quarter = at.replace(minute=at.minute // 15 * 15, second=0) + timedelta(minutes=15)
        following = min(quarter, end)
        found[is_working(at, nation)] += int((following - at).total_seconds())
        at = following
    return Seconds(out_of_hours=found[False], working=found[True])


@settings(max_examples=60, deadline=None)
@given(start=starts, span=short_spans, nation=nations)
def test_seconds_are_what_counting_gives(start: datetime, span: int, nation: str):
    end = start + timedelta(seconds=span)
    assert seconds_between(start, end, nation) == counted(start, end, nation)


@settings(max_examples=300, deadline=None)
@given(at=whole_years, nation=nations)
def test_an_instant_is_out_of_hours_exactly_when_it_is_not_working_time(at: datetime, nation: str):
    assert is_out_of_hours(at, nation) is not is_working(at, nation)
    assert explain(at, nation).out_of_hours is not is_working(at, nation)


@settings(max_examples=300, deadline=None)
@given(instants=st.lists(whole_years, min_size=3, max_size=3), nation=nations)
def test_spans_that_meet_add_up(instants: list[datetime], nation: str):
    first, middle, last = sorted(instants)
    before, after = seconds_between(first, middle, nation), seconds_between(middle, last, nation)
    whole = seconds_between(first, last, nation)
    assert whole == Seconds(before.out_of_hours + after.out_of_hours, before.working + after.working)
    elapsed = last.replace(microsecond=0) - first.replace(microsecond=0)
    assert whole.out_of_hours + whole.working == elapsed.total_seconds()


@settings(max_examples=300, deadline=None)
@given(at=whole_years, nation=nations)
def test_a_window_holds_one_answer_and_ends_where_it_changes(at: datetime, nation: str):
    verdict = explain(at, nation)
    assert verdict.starts_at <= at < verdict.ends_at
    inside = seconds_between(max(verdict.starts_at, datetime(1975, 1, 1, tzinfo=UTC)), at, nation)
    assert (inside.working if verdict.out_of_hours else inside.out_of_hours) == 0
    if verdict.ends_at.year < 2200:
        assert is_out_of_hours(verdict.ends_at, nation) is not verdict.out_of_hours


@settings(max_examples=100, deadline=None)
@given(
    changes=st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 1, 31)), st.booleans(), max_size=8),
    start=st.datetimes(datetime(2025, 12, 28), datetime(2026, 1, 20), timezones=st.just(UTC)),  # noqa: DTZ001
    nation=nations,
)
def test_changed_days_count_like_published_ones(changes: dict[date, bool], start: datetime, nation: str):
    days = [Day(day, nation, "Extra", is_withdrawn) for day, is_withdrawn in changes.items()]
    changed, end = Calendar(days), start + timedelta(days=14)
    listed = dict(changed.holidays_between(date(2025, 12, 1), date(2026, 2, 28), nation))
    expected = sum(is_working_day(start.date() + timedelta(days=number), listed) for number in range(14))
    begins, ends = (moment.replace(hour=0, minute=0, second=0, microsecond=0) for moment in (start, end))
    assert changed.seconds_between(begins, ends, nation).working == expected * 36_000


def is_working_day(day: date, listed: dict[date, str]) -> bool:
    return day.weekday() < 5 and day not in listed


def year_starts(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


def test_many_threads_get_the_answers_that_one_would():
    asked = [(1975 + 7 * number % 224, nation) for number in range(120) for nation in NATIONS]
    spans = [(year_starts(year), year_starts(year + 1), nation) for year, nation in asked]
    alone = Calendar()
    expected = [alone.seconds_between(*span) for span in spans]
    shared, start_line = Calendar(), Barrier(8)

    def ask(offset: int) -> bool:
        start_line.wait()
        order = spans[offset:] + spans[:offset]
        return [shared.seconds_between(*span) for span in order] == expected[offset:] + expected[:offset]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(0, 480, 60)))
