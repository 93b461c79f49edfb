"""Shifts of the weekly pattern, to the second, over both clock changes."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handover.rota import HOLIDAY, Pattern, Span, gap_words, gaps, next_change, on_at, shifts

SATURDAY, SUNDAY, MONDAY, FRIDAY = 5, 6, 0, 4
SINCE = date(2026, 1, 1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def night(weekday, person=1, starts=time(20), ends=time(8), **rest) -> Pattern:
    return Pattern(person, weekday, starts, ends, SINCE, **rest)


def people(patterns: list[Pattern], at: datetime) -> list[int]:
    return [shift.person for shift in on_at(patterns, at, "ENG")]


def test_a_shift_past_midnight_ends_on_the_next_day():
    (shift,) = shifts([night(SATURDAY)], utc(2026, 11, 21), utc(2026, 11, 23), "ENG")
    assert (shift.starts_at, shift.ends_at) == (utc(2026, 11, 21, 20), utc(2026, 11, 22, 8))


def test_whoever_starts_is_on_at_that_second_and_whoever_ends_is_not():
    patterns = [night(SATURDAY, 1), night(SUNDAY, 2, time(8), time(20))]
    assert people(patterns, utc(2026, 11, 21, 19, 59, 59)) == []
    assert people(patterns, utc(2026, 11, 21, 20)) == [1]
    assert people(patterns, utc(2026, 11, 22, 7, 59, 59)) == [1]
    assert people(patterns, utc(2026, 11, 22, 8)) == [2]


def test_the_night_when_the_clocks_go_back_is_an_hour_longer():
    (shift,) = shifts([night(SATURDAY)], utc(2026, 10, 24), utc(2026, 10, 26), "ENG")
    assert (shift.starts_at, shift.ends_at) == (utc(2026, 10, 24, 19), utc(2026, 10, 25, 8))
    assert shift.ends_at - shift.starts_at == timedelta(hours=13)


def test_the_night_when_the_clocks_go_forward_is_an_hour_shorter():
    (shift,) = shifts([night(SATURDAY)], utc(2027, 3, 27), utc(2027, 3, 29), "ENG")
    assert shift.ends_at - shift.starts_at == timedelta(hours=11)


def test_a_change_at_the_time_that_happens_twice_is_at_the_first():
    patterns = [night(SUNDAY, 1, time(0), time(1, 30)), night(SUNDAY, 2, time(1, 30), time(8))]
    assert people(patterns, utc(2026, 10, 25, 0, 29, 59)) == [1]
    assert people(patterns, utc(2026, 10, 25, 0, 30)) == [2]
    assert people(patterns, utc(2026, 10, 25, 1, 30)) == [2]


def test_a_change_at_the_time_that_is_skipped_is_when_the_clocks_go_forward():
    patterns = [night(SUNDAY, 1, time(0), time(1, 30)), night(SUNDAY, 2, time(1, 30), time(8))]
    assert people(patterns, utc(2027, 3, 28, 0, 59, 59)) == [1]
    assert people(patterns, utc(2027, 3, 28, 1)) == [2]


def test_a_shift_inside_the_skipped_hour_is_none():
    skipped = night(SUNDAY, 1, time(1, 10), time(1, 50))
    assert shifts([skipped], utc(2027, 3, 28), utc(2027, 3, 29), "ENG") == []


def test_overlapping_shifts_are_both_on():
    patterns = [night(SATURDAY, 1), night(SATURDAY, 2, time(19), time(23))]
    assert sorted(people(patterns, utc(2026, 11, 21, 21))) == [1, 2]


def test_a_pattern_holds_from_its_first_to_its_last_day_both_included():
    pattern = Pattern(1, SATURDAY, time(20), time(8), date(2026, 11, 21), date(2026, 11, 28))
    found = shifts([pattern], utc(2026, 11, 1), utc(2026, 12, 31), "ENG")
    assert [shift.starts_at.day for shift in found] == [21, 28]


def test_a_desk_shift_falls_away_on_a_bank_holiday():
    desk = night(FRIDAY, 1, time(8), time(18), is_desk=True)
    assert people([desk], utc(2026, 12, 18, 12)) == [1]
    assert people([desk], utc(2026, 12, 25, 12)) == []


def test_a_bank_holiday_shift_is_on_each_bank_holiday_of_the_desk_only():
    pattern = night(HOLIDAY, 1, time(8), time(18))
    found = shifts([pattern], utc(2026, 12, 1), utc(2027, 1, 6), "ENG")
    assert [shift.starts_at.date() for shift in found] == [
        date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)
    ]  # fmt: skip


def test_a_pattern_that_starts_and_ends_at_once_is_refused():
    with pytest.raises(ValueError, match="starts and ends at the same time"):
        shifts([night(SATURDAY, 1, time(8), time(8))], utc(2026, 11, 21), utc(2026, 11, 23), "ENG")


def test_a_gap_is_what_is_out_of_hours_and_has_nobody():
    patterns = [
        night(FRIDAY, 1, time(18), time(8)), night(SATURDAY, 1, time(8), time(20)),
        night(SUNDAY, 1, time(8), time(23, 59)), night(SUNDAY, 2, time(23, 59), time(8)),
    ]  # fmt: skip
    (gap,) = gaps(patterns, utc(2026, 11, 27, 12), utc(2026, 11, 30, 12), "ENG")
    assert gap == Span(utc(2026, 11, 28, 20), utc(2026, 11, 29, 8))
    assert gap_words(gap) == "Sat 28 Nov 20:00 to Sun 29 Nov 08:00 GMT"


def test_working_hours_without_anybody_are_no_gap():
    assert gaps([], utc(2026, 11, 23, 8), utc(2026, 11, 23, 18), "ENG") == []


def test_a_bank_holiday_without_a_shift_is_a_gap():
    nights = [night(day, 1, time(18), time(8)) for day in range(5)]
    found = gaps(nights, utc(2026, 12, 24, 12), utc(2026, 12, 25, 20), "ENG")
    assert [gap_words(gap) for gap in found] == ["Fri 25 Dec 08:00 to 18:00 GMT"]


def test_a_gap_over_a_clock_change_has_both_zones():
    (gap,) = gaps([], utc(2026, 10, 24, 19), utc(2026, 10, 25, 8), "ENG")
    assert gap_words(gap) == "Sat 24 Oct 20:00 BST to Sun 25 Oct 08:00 GMT"


def test_the_next_change_is_when_other_people_are_on():
    patterns = [night(SATURDAY, 1), night(SUNDAY, 1, time(8), time(20)), night(SUNDAY, 2)]
    assert next_change(patterns, utc(2026, 11, 21, 22), "ENG") == utc(2026, 11, 22, 20)


def test_without_shifts_there_is_no_next_change():
    assert next_change([], utc(2026, 11, 21, 22), "ENG") is None


clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
# Around both clock changes, and around Christmas
starts = st.sampled_from([utc(2026, 10, 23), utc(2027, 3, 26), utc(2026, 12, 23)])


@given(cuts=st.sets(clocks, min_size=2, max_size=5), start=starts, minutes=st.integers(0, 5 * 1440))
def test_shifts_that_meet_on_the_clock_leave_no_gap_and_no_overlap_on_any_night(cuts, start, minutes):
    ordered = sorted(cuts)
    pairs = list(zip(ordered, ordered[1:] + ordered[:1], strict=True))
    patterns = [night(day, n, first, last) for day in range(7) for n, (first, last) in enumerate(pairs)]
    at = start + timedelta(minutes=minutes)
    assert len(on_at(patterns, at, "ENG")) == 1
    assert gaps(patterns, start, start + timedelta(days=5), "ENG") == []
