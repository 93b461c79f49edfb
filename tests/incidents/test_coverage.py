from datetime import UTC, date, datetime, timedelta

import pytest

from incidents.coverage import (
    NATIONS,
    explain,
    holidays_between,
    is_out_of_hours,
)
from incidents.local_time import LONDON

EVERY_NATION = sorted(NATIONS)


def london(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold)


def why(text: str, nation: str = "ENG") -> tuple[str, str]:
    verdict = explain(london(text), nation)
    assert verdict.out_of_hours is (verdict.reason != "working-hours")
    assert is_out_of_hours(london(text), nation) is verdict.out_of_hours
    return verdict.reason, verdict.title


# The edges of a working day


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("00:00:00", "weekday-night"),
        ("07:59:59", "weekday-night"),
        ("07:59:59.999999", "weekday-night"),
        ("08:00:00", "working-hours"),
        ("08:00:00.000001", "working-hours"),
        ("17:45:00", "working-hours"),
        ("17:59:59", "working-hours"),
        ("17:59:59.999999", "working-hours"),
        ("18:00:00", "weekday-night"),
        ("23:59:59.999999", "weekday-night"),
    ],
)
@pytest.mark.parametrize("day", ["2026-01-14", "2026-07-15"])
def test_working_time_is_from_eight_to_before_eighteen_on_local_clocks(day: str, time: str, reason: str):
    assert why(f"{day}T{time}") == (reason, "")


@pytest.mark.parametrize("nation", EVERY_NATION)
def test_saturday_and_sunday_noon_are_weekend(nation: str):
    assert why("2026-11-21T12:00", nation) == ("weekend", "")
    assert why("2026-11-22T12:00", nation) == ("weekend", "")


def test_friday_evening_and_monday_before_dawn_are_weekday_nights():
    assert why("2026-11-20T20:00") == ("weekday-night", "")
    assert why("2026-11-23T03:00") == ("weekday-night", "")


def test_the_reason_goes_by_the_local_date_not_by_utc():
    assert explain(datetime(2026, 5, 3, 23, 30, tzinfo=UTC), "ENG").reason == "holiday"
    assert explain(datetime(2026, 5, 4, 23, 30, tzinfo=UTC), "ENG").reason == "weekday-night"
    assert explain(datetime(2026, 7, 3, 23, 30, tzinfo=UTC), "ENG").reason == "weekend"


# Bank holidays, against gov.uk


@pytest.mark.parametrize(
    ("day", "nation", "title"),
    [
        ("2027-03-29", "ENG", "Easter Monday"),
        ("2027-03-29", "WLS", "Easter Monday"),
        ("2027-03-29", "NIR", "Easter Monday"),
        ("2027-03-26", "SCT", "Good Friday"),
        ("2026-01-02", "SCT", "2nd January"),
        ("2021-01-04", "SCT", "2nd January"),
        ("2027-01-04", "SCT", "2nd January"),
        ("2022-01-03", "SCT", "New Year’s Day"),
        ("2022-01-04", "SCT", "2nd January"),
        ("2017-01-02", "SCT", "2nd January"),
        ("2017-01-03", "SCT", "New Year’s Day"),
        ("2023-01-02", "SCT", "New Year’s Day"),
        ("2023-01-03", "SCT", "2nd January"),
        ("2034-01-02", "SCT", "New Year’s Day"),
        ("2034-01-03", "SCT", "2nd January"),
        ("2023-01-02", "ENG", "New Year’s Day"),
        ("2012-06-04", "ENG", "Spring bank holiday"),
        ("2012-06-05", "ENG", "Queen’s Diamond Jubilee"),
        ("2020-05-08", "WLS", "Early May bank holiday (VE day)"),
        ("2021-05-03", "WLS", "Early May bank holiday"),
        ("2022-06-02", "NIR", "Spring bank holiday"),
        ("2022-06-03", "NIR", "Platinum Jubilee bank holiday"),
        ("2022-09-19", "SCT", "Bank Holiday for the State Funeral of Queen Elizabeth II"),
        ("2023-05-08", "ENG", "Bank holiday for the coronation of King Charles III"),
        ("2026-06-15", "SCT", "World Cup bank holiday"),
        ("2027-08-02", "SCT", "Summer bank holiday"),
        ("2027-08-30", "ENG", "Summer bank holiday"),
        ("2026-11-30", "SCT", "St Andrew’s Day"),
        ("2025-12-01", "SCT", "St Andrew’s Day"),
        ("2024-03-18", "NIR", "St Patrick’s Day"),
        ("2025-07-14", "NIR", "Battle of the Boyne (Orangemen’s Day)"),
        ("2026-07-13", "NIR", "Battle of the Boyne (Orangemen’s Day)"),
        ("2022-12-26", "ENG", "Boxing Day"),
        ("2022-12-27", "ENG", "Christmas Day"),
        ("2026-12-25", "ENG", "Christmas Day"),
        ("2026-12-28", "ENG", "Boxing Day"),
        ("2027-12-27", "SCT", "Christmas Day"),
        ("2027-12-28", "SCT", "Boxing Day"),
    ],
)
def test_a_bank_holiday_has_the_title_of_gov_uk(day: str, nation: str, title: str):
    assert why(f"{day}T12:00", nation) == ("holiday", title)


@pytest.mark.parametrize(
    ("day", "nation"),
    [
        ("2027-03-29", "SCT"),  # Easter Monday
        ("2026-01-02", "ENG"),
        ("2026-01-02", "NIR"),
        ("2023-01-03", "ENG"),
        ("2020-05-04", "ENG"),  # moved to VE day
        ("2022-05-30", "ENG"),  # moved to the jubilee
        ("2026-06-15", "ENG"),
        ("2027-08-30", "SCT"),
        ("2027-08-02", "ENG"),
        ("2026-11-30", "WLS"),
        ("2024-03-18", "ENG"),
        ("2026-03-17", "SCT"),
        ("2027-03-01", "WLS"),  # St David
        ("2026-04-23", "ENG"),  # St George
        ("2026-12-24", "SCT"),
        ("2026-12-31", "SCT"),
    ],
)
def test_what_gov_uk_does_not_list_for_the_nation_is_a_working_day(day: str, nation: str):
    assert why(f"{day}T12:00", nation) == ("working-hours", "")


@pytest.mark.parametrize(
    ("day", "nation"),
    [
        ("2027-12-25", "ENG"),
        ("2027-12-26", "NIR"),
        ("2026-12-26", "ENG"),
        ("2022-12-25", "SCT"),
        ("2022-01-01", "WLS"),
        ("2021-01-02", "SCT"),
        ("2025-11-30", "SCT"),
        ("2024-03-17", "NIR"),
        ("2025-07-12", "NIR"),
    ],
)
def test_a_holiday_on_a_weekend_leaves_the_day_a_weekend(day: str, nation: str):
    assert why(f"{day}T12:00", nation) == ("weekend", "")


def test_a_holiday_lasts_from_local_midnight_to_midnight():
    assert why("2026-05-03T23:59:59.999999")[0] == "weekend"
    assert why("2026-05-04T00:00")[0] == "holiday"
    assert why("2026-05-04T23:59:59.999999") == ("holiday", "Early May bank holiday")
    assert why("2026-05-05T00:00") == ("weekday-night", "")


def test_holidays_of_a_year_are_listed_in_order_with_titles():
    assert holidays_between(date(2026, 1, 1), date(2026, 12, 31), "SCT") == [
        (date(2026, 1, 1), "New Year’s Day"),
        (date(2026, 1, 2), "2nd January"),
        (date(2026, 4, 3), "Good Friday"),
        (date(2026, 5, 4), "Early May bank holiday"),
        (date(2026, 5, 25), "Spring bank holiday"),
        (date(2026, 6, 15), "World Cup bank holiday"),
        (date(2026, 8, 3), "Summer bank holiday"),
        (date(2026, 11, 30), "St Andrew’s Day"),
        (date(2026, 12, 25), "Christmas Day"),
        (date(2026, 12, 28), "Boxing Day"),
    ]


def test_a_list_of_holidays_includes_both_its_ends_and_crosses_years():
    listed = holidays_between(date(2026, 12, 25), date(2027, 1, 1), "ENG")
    assert [title for _, title in listed] == ["Christmas Day", "Boxing Day", "New Year’s Day"]
    assert holidays_between(date(2027, 1, 1), date(2026, 12, 25), "ENG") == []


@pytest.mark.parametrize(("nation", "count"), [("ENG", 8), ("WLS", 8), ("SCT", 10), ("NIR", 10)])
def test_the_number_of_days_in_2026(nation: str, count: int):
    assert len(holidays_between(date(2026, 1, 1), date(2026, 12, 31), nation)) == count


@pytest.mark.parametrize("nation", EVERY_NATION)
def test_holidays_go_on_to_the_end_of_the_range_and_none_is_on_a_weekend(nation: str):
    listed = holidays_between(date(1975, 1, 1), date(2199, 12, 31), nation)
    assert all(day.weekday() < 5 for day, _ in listed)
    assert not any("'" in title or "observed" in title or ";" in title for _, title in listed)
    per_year = [sum(day.year == year for day, _ in listed) for year in range(1978, 2200)]
    assert min(per_year) >= 8


# Merged windows


@pytest.mark.parametrize(
    ("at", "nation", "starts", "ends", "hours"),
    [
        ("2026-11-21T12:00", "ENG", "2026-11-20T18:00", "2026-11-23T08:00", 62),
        ("2026-03-28T12:00", "ENG", "2026-03-27T18:00", "2026-03-30T08:00", 61),
        ("2026-10-24T12:00", "ENG", "2026-10-23T18:00", "2026-10-26T08:00", 63),
        ("2026-05-02T12:00", "ENG", "2026-05-01T18:00", "2026-05-05T08:00", 86),
        ("2026-11-18T23:00", "ENG", "2026-11-18T18:00", "2026-11-19T08:00", 14),
        ("2026-11-19T02:00", "ENG", "2026-11-18T18:00", "2026-11-19T08:00", 14),
        ("2027-03-28T12:00", "ENG", "2027-03-25T18:00", "2027-03-30T08:00", 109),
        ("2027-03-28T12:00", "SCT", "2027-03-25T18:00", "2027-03-29T08:00", 85),
        ("2026-12-26T12:00", "ENG", "2026-12-24T18:00", "2026-12-29T08:00", 110),
        ("2027-01-01T12:00", "SCT", "2026-12-31T18:00", "2027-01-05T08:00", 110),
        ("2026-06-15T12:00", "SCT", "2026-06-12T18:00", "2026-06-16T08:00", 86),
    ],
)
def test_a_window_is_the_whole_closed_period(at: str, nation: str, starts: str, ends: str, hours: int):
    verdict = explain(london(at), nation)
    assert verdict.starts_at == london(starts).astimezone(UTC)
    assert verdict.ends_at == london(ends).astimezone(UTC)
    assert verdict.ends_at - verdict.starts_at == timedelta(hours=hours)
    assert verdict.starts_at.tzinfo is verdict.ends_at.tzinfo is UTC


def test_in_working_hours_the_window_is_the_working_day():
    verdict = explain(london("2026-07-15T12:00"), "ENG")
    assert verdict.starts_at == datetime(2026, 7, 15, 7, tzinfo=UTC)
    assert verdict.ends_at == datetime(2026, 7, 15, 17, tzinfo=UTC)


def test_windows_follow_each_other_without_a_gap_through_a_year():
    at, end = london("2026-01-01T12:00").astimezone(UTC), london("2027-01-05T00:00")
    while at < end:
        verdict = explain(at, "NIR")
        following = explain(verdict.ends_at, "NIR")
        assert verdict.starts_at <= at < verdict.ends_at == following.starts_at
        assert verdict.out_of_hours is not following.out_of_hours
        at = verdict.ends_at


def test_windows_reach_over_the_edges_of_the_range():
    assert explain(london("1975-01-01T00:00"), "ENG").starts_at == london("1974-12-31T18:00")
    assert explain(london("2199-12-31T23:59:59"), "ENG").ends_at == london("2200-01-02T08:00")
