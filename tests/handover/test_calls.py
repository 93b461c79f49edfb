"""The calls of 17:45 and 08:00 follow the desk's working days, not the days of the week."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handover.calls import (
    TO_PARTNER,
    TO_VENDOR,
    Call,
    call_before,
    call_for,
    call_times,
    last_call,
    next_calls,
    to_prepare,
)
from incidents.local_time import format_day_time


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def words(*calls: Call) -> list[str]:
    return [f"{format_day_time(call.at)} {call.direction}" for call in calls]


def test_a_working_day_has_both_calls():
    assert words(*call_times(date(2026, 11, 23), "ENG")) == [
        "Mon 23 Nov 08:00 GMT to_vendor", "Mon 23 Nov 17:45 GMT to_partner"
    ]  # fmt: skip


def test_a_weekend_day_and_a_bank_holiday_have_none():
    assert call_times(date(2026, 11, 22), "ENG") == ()
    assert call_times(date(2026, 12, 25), "ENG") == ()


def test_in_summer_the_calls_keep_their_local_times():
    morning, evening = call_times(date(2026, 7, 1), "ENG")
    assert (morning.at, evening.at) == (utc(2026, 7, 1, 7), utc(2026, 7, 1, 16, 45))


def test_after_the_evening_call_before_good_friday_the_next_morning_call_is_on_tuesday():
    evening = call_times(date(2027, 3, 25), "ENG")[1]
    after = evening.at + timedelta(seconds=1)
    assert words(*next_calls(after, "ENG")) == [
        "Tue 30 Mar 08:00 BST to_vendor", "Tue 30 Mar 17:45 BST to_partner"
    ]  # fmt: skip


def test_scotland_has_no_easter_monday():
    after = call_times(date(2027, 3, 25), "SCT")[1].at + timedelta(seconds=1)
    assert words(next_calls(after, "SCT")[0]) == ["Mon 29 Mar 08:00 BST to_vendor"]


def test_the_christmas_chain():
    at, chain = utc(2026, 12, 24, 7), []
    for _ in range(4):
        call = next_calls(at, "ENG")[0]
        chain.append(call)
        at = call.at + timedelta(seconds=1)
    assert words(*chain) == [
        "Thu 24 Dec 08:00 GMT to_vendor", "Thu 24 Dec 17:45 GMT to_partner",
        "Tue 29 Dec 08:00 GMT to_vendor", "Tue 29 Dec 17:45 GMT to_partner",
    ]  # fmt: skip


def test_a_call_that_begins_now_is_still_the_next():
    assert next_calls(utc(2026, 11, 23, 8), "ENG")[0].at == utc(2026, 11, 23, 8)
    assert next_calls(utc(2026, 11, 23, 8, 0, 1), "ENG")[0].at == utc(2026, 11, 23, 17, 45)


def test_the_last_call_and_the_one_before_it_reach_over_the_weekend():
    assert last_call(utc(2026, 11, 22, 2), "ENG") == Call(utc(2026, 11, 20, 17, 45), TO_PARTNER)
    assert call_before(utc(2026, 11, 23, 8), "ENG") == Call(utc(2026, 11, 20, 17, 45), TO_PARTNER)


def test_until_the_other_call_a_handover_belongs_to_the_one_that_has_begun():
    assert call_for(TO_VENDOR, utc(2026, 11, 23, 10, 30), "ENG").at == utc(2026, 11, 23, 8)
    assert call_for(TO_VENDOR, utc(2026, 11, 23, 17, 50), "ENG").at == utc(2026, 11, 24, 8)
    assert call_for(TO_PARTNER, utc(2026, 11, 23, 17, 30), "ENG").at == utc(2026, 11, 23, 17, 45)
    assert call_for(TO_PARTNER, utc(2026, 11, 23, 19), "ENG").at == utc(2026, 11, 23, 17, 45)


def test_drafts_are_due_fifteen_minutes_before_and_made_up_for_within_the_hour():
    evening = Call(utc(2026, 11, 23, 17, 45), TO_PARTNER)
    assert to_prepare(utc(2026, 11, 23, 17, 29, 59), "ENG") == []
    assert to_prepare(utc(2026, 11, 23, 17, 30), "ENG") == [evening]
    assert to_prepare(utc(2026, 11, 23, 18, 45), "ENG") == [evening]
    assert to_prepare(utc(2026, 11, 23, 18, 45, 1), "ENG") == []


@given(minutes=st.integers(0, 600 * 1440), nation=st.sampled_from(["ENG", "WLS", "SCT", "NIR"]))
def test_the_two_next_calls_are_one_of_each_direction(minutes, nation):
    first, second = next_calls(utc(2026, 1, 1) + timedelta(minutes=minutes), nation)
    assert first.at < second.at
    assert {first.direction, second.direction} == {TO_VENDOR, TO_PARTNER}
