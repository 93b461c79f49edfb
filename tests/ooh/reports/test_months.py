"""Months by the clocks of Europe/London."""

from datetime import UTC, datetime, timedelta

import pytest

from ooh.reports.months import Month, NoReport, month_of, parse

NOW = datetime(2026, 11, 22, 2, 7, 12, tzinfo=UTC)


def test_a_month_is_bounded_by_local_midnights() -> None:
    october = Month(2026, 10)
    assert october.starts_at == datetime(2026, 9, 30, 23, 0, tzinfo=UTC)
    assert october.ends_at == datetime(2026, 11, 1, 0, 0, tzinfo=UTC)
    assert october.bounds_words == "Thu 1 Oct 00:00 BST to Sat 31 Oct 24:00 GMT"


@pytest.mark.parametrize(
    ("at", "month"),
    [
        (datetime(2026, 9, 30, 22, 59, 59, tzinfo=UTC), Month(2026, 9)),
        (datetime(2026, 9, 30, 23, 0, tzinfo=UTC), Month(2026, 10)),
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), Month(2026, 10)),
        (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), Month(2026, 11)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), Month(2026, 12)),
    ],
)
def test_a_call_belongs_to_the_month_of_its_local_time(at: datetime, month: Month) -> None:
    assert month_of(at) == month
    assert month.starts_at <= at < month.ends_at


def test_a_month_with_a_clock_change_is_an_hour_longer_or_shorter() -> None:
    assert Month(2026, 10).ends_at - Month(2026, 10).starts_at == timedelta(days=31, hours=1)
    assert Month(2026, 3).ends_at - Month(2026, 3).starts_at == timedelta(days=31, hours=-1)


def test_the_odd_day_is_told_in_words() -> None:
    assert Month(2026, 10).odd_day() == "Sunday 25 October had 25 hours: the clocks went back at 02:00 BST."
    assert Month(2026, 3).odd_day() == "Sunday 29 March had 23 hours: the clocks went forward at 01:00 GMT."
    assert Month(2026, 11).odd_day() == ""


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert Month(2026, 1).after(-1) == Month(2025, 12)
    assert Month(2026, 12).after(1) == Month(2027, 1)
    assert Month(2026, 11).after(-11) == Month(2025, 12)
    assert len(Month(2028, 2).days) == 29


def test_the_month_that_runs_and_those_before_have_reports() -> None:
    assert parse("2026-11", NOW) == Month(2026, 11)
    assert parse("2000-01", NOW) == Month(2000, 1)


@pytest.mark.parametrize(
    "address", ["2026-13", "2026-00", "2026", "2026-1", "26-10", "2026-10-01", "٢٠٢٦-10", "x", "2026-10\n"]
)
def test_what_is_no_month_is_refused_with_the_way_to_write_one(address: str) -> None:
    with pytest.raises(NoReport, match="as in 2026-10"):
        parse(address, NOW)


def test_a_month_that_has_not_begun_is_refused_in_words() -> None:
    with pytest.raises(NoReport, match=r"December 2026 has not begun\. The latest report is that of Nov"):
        parse("2026-12", NOW)


def test_the_next_month_begins_at_local_midnight() -> None:
    assert parse("2026-10", datetime(2026, 9, 30, 23, 0, tzinfo=UTC)) == Month(2026, 10)
    with pytest.raises(NoReport):
        parse("2026-10", datetime(2026, 9, 30, 22, 59, 59, tzinfo=UTC))


def test_a_month_from_before_the_desk_is_refused_in_words() -> None:
    with pytest.raises(NoReport, match="before 2000"):
        parse("1999-12", NOW)
