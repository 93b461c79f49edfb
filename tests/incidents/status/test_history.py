"""The rule of the 90 days, at its awkward moments."""

from datetime import UTC, date, datetime, timedelta

import pytest

from incidents.status.history import (
    DOWN,
    PARTLY,
    WELL,
    Spell,
    available_share,
    day_marks,
    day_starts,
    last_days,
    spells_of,
)  # fmt: skip

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = [date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_each_update_holds_until_the_next_and_the_last_until_now() -> None:
    told = [
        (at("2026-11-22T01:00"), "major_outage"), (at("2026-11-22T02:00"), "partial_outage"),
        (at("2026-11-22T03:00"), "operational"), (at("2026-11-22T05:00"), "degraded_performance"),
    ]  # fmt: skip
    assert spells_of(told, NOON) == [
        Spell(at("2026-11-22T01:00"), at("2026-11-22T02:00"), "major_outage"),
        Spell(at("2026-11-22T02:00"), at("2026-11-22T03:00"), "partial_outage"),
        Spell(at("2026-11-22T05:00"), NOON, "degraded_performance"),
    ]


def test_the_last_90_days_end_today_by_the_clocks_of_the_united_kingdom() -> None:
    days = last_days(at("2026-07-01T23:30"))
    assert (len(days), days[-1]) == (90, date(2026, 7, 2))


def test_a_day_bears_the_worst_of_its_moments() -> None:
    spells = [
        Spell(at("2026-11-21T10:00"), at("2026-11-21T11:00"), "degraded_performance"),
        Spell(at("2026-11-21T10:30"), at("2026-11-21T10:31"), "major_outage"),
        Spell(at("2026-11-22T10:00"), at("2026-11-22T11:00"), "partial_outage"),
    ]
    assert day_marks(spells, DAYS) == [WELL, DOWN, PARTLY]


def test_an_outage_over_midnight_marks_both_days_and_one_until_midnight_only_the_first() -> None:
    over = Spell(at("2026-11-20T23:59"), at("2026-11-21T00:01"), "major_outage")
    until = Spell(at("2026-11-20T23:00"), at("2026-11-21T00:00"), "major_outage")
    assert day_marks([over], DAYS) == [DOWN, DOWN, WELL]
    assert day_marks([until], DAYS) == [DOWN, WELL, WELL]


def test_what_began_before_the_first_day_counts_from_it() -> None:
    spell = Spell(at("2026-10-01T00:00"), at("2026-11-20T01:00"), "major_outage")
    assert day_marks([spell], DAYS) == [DOWN, WELL, WELL]


def test_the_day_on_which_the_clocks_go_back_has_25_hours() -> None:
    start, end = day_starts(date(2026, 10, 25)), day_starts(date(2026, 10, 26))
    assert end - start == timedelta(hours=25)
    assert available_share([Spell(start, start + timedelta(hours=1), "major_outage")], start, end) == 96.0


@pytest.mark.parametrize(
    ("spells", "share"),
    [
        ([], 100.0),
        ([(0, 1, "major_outage")], 90.0),
        ([(0, 1, "partial_outage"), (3, 4, "degraded_performance")], 100.0),
        ([(0, 2, "major_outage"), (1, 3, "major_outage")], 70.0),
        ([(0, 5, "major_outage"), (1, 2, "major_outage")], 50.0),
        ([(-5, 1, "major_outage"), (9, 20, "major_outage")], 80.0),
        ([(-5, 20, "major_outage")], 0.0),
    ],
)
def test_the_share_counts_each_moment_unavailable_once(
    spells: list[tuple[int, int, str]], share: float
) -> None:
    start, hour = NOON, timedelta(hours=1)
    given = [Spell(start + from_ * hour, start + until * hour, state) for from_, until, state in spells]
    assert available_share(given, start, start + 10 * hour) == share


def test_a_second_of_outage_is_never_rounded_up_to_100() -> None:
    start = NOON - timedelta(days=90)
    assert available_share([Spell(start, start + timedelta(seconds=1), "major_outage")], start, NOON) == 99.99
