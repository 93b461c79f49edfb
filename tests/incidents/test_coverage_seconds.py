"""Seconds of a span, over clock changes and in any zone."""

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest

from incidents.coverage import (
    Seconds,
    explain,
    seconds_between,
)
from incidents.local_time import LONDON


def london(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold)


def hours(start: datetime, end: datetime, nation: str = "ENG") -> tuple[float, float]:
    found = seconds_between(start, end, nation)
    return found.out_of_hours / 3600, found.working / 3600


@pytest.mark.parametrize(
    ("nation", "year", "out_of_hours"),
    [
        ("ENG", 2025, 6230),
        ("ENG", 2026, 6230),
        ("ENG", 2027, 6230),
        ("WLS", 2025, 6230),
        ("WLS", 2026, 6230),
        ("WLS", 2027, 6230),
        ("SCT", 2026, 6250),
    ],
)
def test_the_out_of_hours_hours_of_a_year(nation: str, year: int, out_of_hours: int):
    found = hours(london(f"{year}-01-01"), london(f"{year + 1}-01-01"), nation)
    assert found == (out_of_hours, 365 * 24 - out_of_hours)


def test_the_night_of_the_october_change_has_the_hour_that_the_clocks_hide():
    assert hours(london("2026-10-24T18:00"), london("2026-10-26T08:00")) == (39, 0)


def test_the_night_of_the_march_change_lacks_an_hour():
    assert hours(london("2026-03-28T18:00"), london("2026-03-30T08:00")) == (37, 0)


def test_the_first_and_the_second_half_past_one_are_an_hour_apart():
    assert hours(london("2026-10-25T01:30"), london("2026-10-25T01:30", fold=1)) == (1, 0)
    assert hours(london("2026-10-25T01:30", fold=1), london("2026-10-25T02:30")) == (1, 0)


def test_fold_tells_the_two_apart_in_a_verdict_too():
    first, second = london("2026-10-25T01:30"), london("2026-10-25T01:30", fold=1)
    assert explain(first, "ENG") == explain(second, "ENG")
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)


def test_a_span_is_split_at_eight_and_at_eighteen():
    assert hours(london("2026-11-19T07:00"), london("2026-11-19T19:30")) == (2.5, 10)


def test_a_second_belongs_to_the_side_on_which_it_begins():
    before, inside = london("2026-11-19T07:59:59"), london("2026-11-19T17:59:59")
    second = timedelta(seconds=1)
    assert seconds_between(before, before + second, "ENG") == Seconds(1, 0)
    assert seconds_between(inside, inside + second, "ENG") == Seconds(0, 1)
    assert seconds_between(inside + second, inside + 2 * second, "ENG") == Seconds(1, 0)


def test_parts_of_a_second_count_by_the_whole_second_they_lie_in():
    start, end = london("2026-11-19T07:59:58.900000"), london("2026-11-19T08:00:01.100000")
    assert seconds_between(start, end, "ENG") == Seconds(2, 1)


def test_no_time_passes_between_equal_instants_or_backwards():
    at = london("2026-11-19T12:00")
    assert seconds_between(at, at, "ENG") == Seconds(0, 0)
    assert seconds_between(at, at - timedelta(days=900), "ENG") == Seconds(0, 0)
    assert seconds_between(at, london("1980-01-01"), "ENG") == Seconds(0, 0)


def test_seconds_are_whole_numbers():
    found = seconds_between(london("2026-11-19T07:00"), london("2026-11-19T19:30"), "ENG")
    assert (type(found.out_of_hours), type(found.working)) == (int, int)


def test_the_whole_range_of_years_is_one_span():
    start, end = datetime(1975, 1, 1, tzinfo=UTC), datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)
    found = seconds_between(start, end, "SCT")
    assert found.out_of_hours + found.working == (end - start).total_seconds()


class HalfAnHourBehind(tzinfo):
    """A zone that nobody knows, without names."""

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(minutes=-30)

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(0)


@pytest.mark.parametrize(
    "zone",
    [UTC, ZoneInfo("UTC"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Kiritimati"), HalfAnHourBehind()]
    + [timezone(timedelta(hours=hours)) for hours in (-12, 14)],
)
def test_the_zone_of_an_instant_does_not_change_the_answer(zone: tzinfo):
    at, later = london("2026-05-04T00:30"), london("2026-07-15T09:15")
    there, later_there = at.astimezone(zone), later.astimezone(zone)
    assert explain(there, "ENG") == explain(at, "ENG")
    assert seconds_between(there, later_there, "ENG") == seconds_between(at, later, "ENG")
