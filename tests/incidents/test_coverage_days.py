"""Days that a service manager adds or withdraws, at once and without a release."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from incidents import coverage
from incidents.coverage import (
    Day,
    explain,
    holidays_between,
    is_out_of_hours,
    preview,
    seconds_between,
    set_days,
)
from incidents.local_time import LONDON

MONDAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 16, 12, tzinfo=LONDON)
MOURNING = Day(MONDAY, "ENG", "National day of mourning")
NO_BOXING_DAY = Day(date(2026, 12, 28), "ENG", is_withdrawn=True)
WEEK = (datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _empty_book() -> Iterator[None]:
    yield
    set_days([])


def test_an_added_day_is_a_holiday_at_once():
    assert explain(NOON, "ENG").reason == "working-hours"
    set_days([MOURNING])
    verdict = explain(NOON, "ENG")
    assert verdict.out_of_hours
    assert (verdict.reason, verdict.title) == ("holiday", "National day of mourning")
    assert verdict.starts_at == datetime(2026, 11, 13, 18, tzinfo=UTC)
    assert verdict.ends_at == datetime(2026, 11, 17, 8, tzinfo=UTC)
    assert is_out_of_hours(NOON, "ENG")


def test_an_added_day_changes_the_seconds_and_the_list():
    before = seconds_between(*WEEK, "ENG")
    set_days([MOURNING])
    after = seconds_between(*WEEK, "ENG")
    assert (after.out_of_hours, after.working) == (before.out_of_hours + 36_000, before.working - 36_000)
    assert holidays_between(MONDAY, MONDAY, "ENG") == [(MONDAY, "National day of mourning")]


def test_an_added_day_is_of_its_nation_only():
    set_days([MOURNING])
    assert explain(NOON, "WLS").reason == "working-hours"
    assert explain(NOON, "SCT").reason == "working-hours"


def test_a_withdrawn_day_is_a_working_day_at_once():
    noon = datetime(2026, 12, 28, 12, tzinfo=UTC)
    assert explain(noon, "ENG").title == "Boxing Day"
    set_days([NO_BOXING_DAY])
    assert explain(noon, "ENG").reason == "working-hours"
    assert explain(noon, "SCT").reason == "holiday"


def test_the_correction_of_a_published_day_moves_it():
    moved = Day(date(2026, 8, 10), "SCT", "Summer bank holiday")
    set_days([Day(date(2026, 8, 3), "SCT", is_withdrawn=True), moved])
    listed = holidays_between(date(2026, 8, 1), date(2026, 8, 31), "SCT")
    assert listed == [(date(2026, 8, 10), "Summer bank holiday")]


def test_an_added_day_on_a_weekend_is_no_holiday():
    saturday = date(2026, 11, 21)
    set_days([Day(saturday, "ENG", "Festival")])
    verdict = explain(datetime(2026, 11, 21, 12, tzinfo=UTC), "ENG")
    assert (verdict.reason, verdict.title) == ("weekend", "")
    assert holidays_between(saturday, saturday, "ENG") == []


@pytest.mark.parametrize("year", [1, 1974, 2200, 9999])
def test_a_stray_day_outside_the_years_does_not_stop_the_gate(year: int):
    set_days([Day(date(year, 1, 4), "ENG", "Stray"), MOURNING])
    assert explain(NOON, "ENG").reason == "holiday"
    assert explain(datetime(2199, 12, 31, 23, tzinfo=UTC), "ENG").out_of_hours
    assert explain(datetime(1975, 1, 1, tzinfo=UTC), "ENG").out_of_hours


def test_withdrawing_what_is_no_holiday_changes_nothing():
    set_days([Day(MONDAY, "ENG", is_withdrawn=True)])
    assert explain(NOON, "ENG").reason == "working-hours"


def test_an_added_day_may_correct_the_title_of_a_published_one():
    set_days([Day(date(2026, 6, 15), "SCT", "World Cup bank holiday in Scotland")])
    assert explain(datetime(2026, 6, 15, 12, tzinfo=UTC), "SCT").title == "World Cup bank holiday in Scotland"


def test_the_last_change_of_a_date_counts():
    set_days([MOURNING, Day(MONDAY, "ENG", is_withdrawn=True)])
    assert explain(NOON, "ENG").reason == "working-hours"


def test_a_book_replaces_the_one_before():
    set_days([MOURNING])
    set_days([NO_BOXING_DAY])
    assert explain(NOON, "ENG").reason == "working-hours"
    assert coverage.current().days == (NO_BOXING_DAY,)


def test_the_same_book_again_keeps_what_was_calculated():
    set_days([MOURNING, NO_BOXING_DAY])
    in_force = coverage.current()
    set_days(iter([NO_BOXING_DAY, MOURNING]))
    assert coverage.current() is in_force


def test_a_preview_answers_without_putting_the_change_in_force():
    previewed = preview([*coverage.current().days, MOURNING])
    assert previewed.explain(NOON, "ENG").title == "National day of mourning"
    assert previewed.is_out_of_hours(NOON, "ENG")
    assert previewed.seconds_between(*WEEK, "ENG").working == seconds_between(*WEEK, "ENG").working - 36_000
    assert previewed.holidays_between(MONDAY, MONDAY, "ENG") == [(MONDAY, "National day of mourning")]
    assert explain(NOON, "ENG").reason == "working-hours"


def test_a_calendar_in_hand_keeps_its_answers_when_the_book_changes():
    in_hand = coverage.current()
    set_days([MOURNING])
    assert in_hand.explain(NOON, "ENG").reason == "working-hours"


def test_a_change_during_questions_gives_each_of_them_one_whole_book():
    possible = {seconds_between(*WEEK, "ENG"), preview([MOURNING]).seconds_between(*WEEK, "ENG")}

    def swap() -> None:
        for number in range(200):
            set_days([MOURNING] if number % 2 else [])

    with ThreadPoolExecutor(4) as threads:
        swapping = threads.submit(swap)
        answers = [seconds_between(*WEEK, "ENG") for _ in range(5_000)]
        swapping.result()
    assert set(answers) <= possible


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"date": datetime(2026, 11, 16, tzinfo=UTC)}, TypeError, "date: pass a date without a time"),
        ({"date": "2026-11-16"}, TypeError, "date: pass a date without a time"),
        ({"nation": "GB"}, ValueError, "'GB' is not known"),
        ({"nation": None}, TypeError, "nation: pass one of"),
        ({"title": " "}, ValueError, "title: say what an added day is called"),
        ({"title": None}, TypeError, "title: pass text"),
    ],
)
def test_a_day_that_cannot_be_is_refused_by_field(
    wrong: dict[str, object], error: type[Exception], message: str
):
    fields = {"date": MONDAY, "nation": "ENG", "title": "Extra"} | wrong
    with pytest.raises(error, match=message):
        Day(**fields)


def test_a_book_of_something_else_is_refused_and_the_old_one_stays():
    set_days([MOURNING])
    with pytest.raises(TypeError, match="days: pass Day objects, not tuple"):
        set_days([(MONDAY, "ENG", "Extra")])
    assert coverage.current().days == (MOURNING,)
