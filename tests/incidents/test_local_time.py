from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from incidents.local_time import (
    LONDON,
    AmbiguousTime,
    NonExistentTime,
    format_date,
    format_day,
    format_day_time,
    format_time,
    local,
    resolve_local,
)

FIRST_HALF_PAST_ONE = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
SECOND_HALF_PAST_ONE = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def typed(text: str) -> datetime:
    """What a form hands over: a local time without a zone."""
    return datetime.fromisoformat(text)


def test_a_winter_time_is_its_own_utc():
    assert resolve_local(typed("2026-11-22T02:19")) == datetime(2026, 11, 22, 2, 19, tzinfo=UTC)


def test_a_summer_time_is_one_hour_ahead_of_utc():
    assert resolve_local(typed("2026-07-01T02:19")) == datetime(2026, 7, 1, 1, 19, tzinfo=UTC)


def test_a_resolved_time_is_in_utc():
    assert resolve_local(typed("2026-07-01T02:19")).tzinfo is UTC


def test_half_past_one_on_the_october_night_must_be_asked_about():
    with pytest.raises(AmbiguousTime) as caught:
        resolve_local(typed("2026-10-25T01:30"))
    first, second = caught.value.candidates
    assert (first.at, first.label, first.fold) == (FIRST_HALF_PAST_ONE, "BST", 0)
    assert (second.at, second.label, second.fold) == (SECOND_HALF_PAST_ONE, "GMT", 1)


def test_the_question_names_both_times_with_their_zones():
    with pytest.raises(AmbiguousTime, match=r"01:30 on Sun 25 Oct happens twice: .*01:30 BST .*01:30 GMT"):
        resolve_local(typed("2026-10-25T01:30"))


@pytest.mark.parametrize(("fold", "instant"), [(0, FIRST_HALF_PAST_ONE), (1, SECOND_HALF_PAST_ONE)])
def test_the_answer_chooses_the_first_or_the_second(fold: int, instant: datetime):
    assert resolve_local(typed("2026-10-25T01:30"), fold) == instant


@pytest.mark.parametrize("text", ["2026-10-25T01:00:00", "2026-10-25T01:59:59.999999"])
def test_the_hour_from_one_to_two_is_ambiguous_to_its_ends(text: str):
    with pytest.raises(AmbiguousTime):
        resolve_local(typed(text))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-10-25T00:59:59", datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)),
        ("2026-10-25T02:00:00", datetime(2026, 10, 25, 2, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("fold", [None, 0, 1])
def test_outside_that_hour_the_answer_is_ignored(text: str, instant: datetime, fold: int | None):
    assert resolve_local(typed(text), fold) == instant


def test_a_fold_on_the_typed_time_itself_is_no_answer():
    with pytest.raises(AmbiguousTime):
        resolve_local(typed("2026-10-25T01:30").replace(fold=1))


@pytest.mark.parametrize("text", ["2027-03-28T01:00:00", "2027-03-28T01:30:00", "2027-03-28T01:59:59.999999"])
@pytest.mark.parametrize("fold", [None, 0, 1])
def test_the_hour_that_the_clocks_skip_in_march_does_not_exist(text: str, fold: int | None):
    with pytest.raises(NonExistentTime) as caught:
        resolve_local(typed(text), fold)
    assert caught.value.gap_starts == typed("2027-03-28T01:00")
    assert caught.value.gap_ends == typed("2027-03-28T02:00")


def test_a_skipped_time_is_refused_with_what_to_enter():
    with pytest.raises(NonExistentTime, match=r"Enter a time before 01:00, or 02:00 or later\."):
        resolve_local(typed("2027-03-28T01:30"))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2027-03-28T00:59:59", datetime(2027, 3, 28, 0, 59, 59, tzinfo=UTC)),
        ("2027-03-28T02:00:00", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ],
)
def test_the_march_night_is_plain_around_the_gap(text: str, instant: datetime):
    assert resolve_local(typed(text)) == instant


def test_both_problems_are_value_errors_so_that_a_form_can_show_them():
    assert issubclass(AmbiguousTime, ValueError)
    assert issubclass(NonExistentTime, ValueError)


def test_a_time_with_a_zone_is_not_resolved_again():
    with pytest.raises(ValueError, match="has a time zone already"):
        resolve_local(datetime(2026, 1, 1, tzinfo=UTC))


def test_only_first_and_second_are_answers():
    with pytest.raises(ValueError, match="fold is 2"):
        resolve_local(typed("2026-10-25T01:30"), 2)


def test_instants_of_a_whole_year_survives_the_way_to_london_and_back():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at.year == 2026:
        there = local(at)
        assert resolve_local(there.replace(tzinfo=None), there.fold) == at
        at += timedelta(minutes=7)


def test_local_is_the_same_instant_on_the_clocks_of_london():
    at = datetime(2026, 7, 1, 20, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert local(at) == at
    assert local(at).isoformat() == "2026-07-01T15:30:00+01:00"
    assert local(at).tzinfo is LONDON


def test_local_refuses_a_time_without_a_zone():
    with pytest.raises(ValueError, match="has no time zone"):
        local(typed("2026-07-01T12:00"))


@pytest.mark.parametrize(
    ("at", "time", "day_time"),
    [
        (datetime(2026, 11, 22, 2, 19, tzinfo=UTC), "02:19 GMT", "Sun 22 Nov 02:19 GMT"),
        (datetime(2026, 6, 30, 23, 5, tzinfo=UTC), "00:05 BST", "Wed 1 Jul 00:05 BST"),
        (FIRST_HALF_PAST_ONE, "01:30 BST", "Sun 25 Oct 01:30 BST"),
        (SECOND_HALF_PAST_ONE, "01:30 GMT", "Sun 25 Oct 01:30 GMT"),
    ],
)
def test_times_are_printed_with_their_zone(at: datetime, time: str, day_time: str):
    assert format_time(at) == time
    assert format_day_time(at) == day_time


def test_days_are_printed_without_a_leading_nought():
    assert format_day(date(2026, 4, 1)) == "Wed 1 Apr"
    assert format_date(date(2026, 4, 1)) == "1 Apr 2026"
