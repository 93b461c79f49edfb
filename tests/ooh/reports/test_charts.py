"""What is drawn agrees with what is counted."""

from datetime import UTC, datetime

import pytest

from ooh.reports import charts
from ooh.reports.charts import FLOOR, LEFT, TOP, WIDTH, tick_step
from ooh.reports.figures import Figures, figures
from ooh.reports.months import Month
from tests.ooh.reports.calls import LONG_AFTER, NIGHT, call, declined


def counted(*calls: object, month: Month = Month(2026, 10)) -> Figures:  # noqa: B008  (frozen)
    return figures(calls, month, now=LONG_AFTER, desk_nation="ENG")  # type: ignore[arg-type]


def test_bars_are_as_high_as_their_counts_and_stand_on_each_other() -> None:
    drawn = charts.chart(counted(call(), call(), declined()))
    accepted, refused = drawn.bars
    one = (FLOOR - TOP) / 3
    assert (accepted.kind, refused.kind) == ("bar", "bar-2")
    assert accepted.height == pytest.approx(2 * one - 1, abs=0.1)
    assert accepted.y + 2 * one == pytest.approx(FLOOR, abs=0.1)
    assert refused.y + one == pytest.approx(accepted.y, abs=0.1)
    assert accepted.x == refused.x


def test_an_empty_month_has_axes_and_no_bars() -> None:
    drawn = charts.chart(counted())
    assert drawn.bars == []
    assert [line.word for line in drawn.lines] == ["0", "1"]
    assert drawn.description == "No calls."


def test_everything_stays_inside_the_picture() -> None:
    last = datetime(2026, 10, 31, 23, 0, tzinfo=UTC)
    drawn = charts.chart(counted(*[call(NIGHT)] * 23, call(last)))
    assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH and bar.y >= TOP for bar in drawn.bars)
    assert len(drawn.lines) <= 6


def test_one_call_beside_hundreds_is_still_a_bar() -> None:
    drawn = charts.chart(counted(*[call(NIGHT)] * 400, declined()))
    assert all(bar.height > 0 for bar in drawn.bars)


def test_the_description_names_the_busiest_day() -> None:
    drawn = charts.chart(counted(call(), declined(), call(datetime(2026, 10, 9, 2, tzinfo=UTC))))
    assert drawn.description.startswith("Most on Wednesday 7 October: 1 accepted, 1 declined.")


def test_the_days_are_named_on_the_first_and_on_mondays() -> None:
    assert [mark.word for mark in charts.chart(counted()).days] == [
        "Thu 1",
        "Mon 5",
        "Mon 12",
        "Mon 19",
        "Mon 26",
    ]
    november = charts.chart(counted(month=Month(2026, 11))).days
    assert [mark.word for mark in november] == ["Mon 2", "Mon 9", "Mon 16", "Mon 23", "Mon 30"]
    assert (november[-1].at, november[-1].anchor) == (WIDTH, "end")


@pytest.mark.parametrize(
    ("most", "step"), [(0, 1), (5, 1), (6, 2), (10, 2), (11, 5), (26, 10), (51, 20), (101, 50)]
)
def test_the_axis_has_at_most_five_round_steps(most: int, step: int) -> None:
    assert tick_step(most) == step


def test_working_hours_are_striped_and_warmth_follows_the_most() -> None:
    hours = [[0] * 24 for _ in range(7)]
    hours[0][9], hours[5][9], hours[6][2] = 1, 3, 9
    heat = dict(charts.heat(hours))
    assert heat["Mon"][9].kind == "in-hours h1"
    assert heat["Mon"][7].kind == heat["Mon"][18].kind == ""
    assert heat["Sat"][9].kind == "h1"
    assert heat["Sun"][2].kind == "h3"
