"""Percentiles, promises and unavailable time, against examples counted by hand."""

import statistics
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.coverage import Seconds
from ooh.reports.times import Promises, Times, percentile, promises, times, unavailable
from tests.ooh.reports.calls import LONG_AFTER, NIGHT, call, declined, update

MINUTE, HOUR = 60, 3600


def test_no_observation_is_not_known() -> None:
    assert times([None, None]) == Times(0, None, None, None)


def test_percentiles_lie_between_neighbours_in_proportion() -> None:
    assert times([600, 60, None, 240, 120]) == Times(count=4, median=180, p90=492, longest=600)
    assert times([70]) == Times(count=1, median=70, p90=70, longest=70)


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**7), min_size=2))
def test_percentiles_are_those_of_a_spreadsheet(seconds: list[int]) -> None:
    ordered = sorted(seconds)
    deciles = statistics.quantiles(ordered, n=10, method="inclusive")
    assert abs(percentile(ordered, 50) - statistics.median(ordered)) <= 0.5
    assert abs(percentile(ordered, 90) - deciles[8]) <= 0.5 + 1e-6


def test_an_update_at_the_very_promise_is_on_time_and_a_second_later_is_late() -> None:
    assert promises([update(0, 30), update(30)], LONG_AFTER) == Promises(on_time=1)
    late = promises([update(0, 30), update(30 + 1 / 60)], LONG_AFTER)
    assert late == Promises(late=1, latest=1)


def test_each_update_but_the_last_resolved_one_promises_the_next() -> None:
    told = [update(3, 33), update(31, 61), update(69, 99), update(80)]
    assert promises(told, LONG_AFTER) == Promises(on_time=2, late=1, latest=8 * MINUTE)


def test_a_promise_that_was_never_kept_is_late_and_one_still_to_come_due_is_not_counted() -> None:
    due_at = NIGHT + timedelta(minutes=30)
    assert promises([update(0, 30)], due_at) == Promises()
    assert promises([update(0, 30)], due_at + timedelta(minutes=4)) == Promises(late=1, latest=4 * MINUTE)


def test_no_update_promises_nothing() -> None:
    assert promises([], LONG_AFTER) == Promises()


def test_unavailable_time_is_split_at_the_opening_of_the_desk() -> None:
    """Wed 7 Oct, 06:30 to 09:15 BST."""
    began, back = datetime(2026, 10, 7, 5, 30, tzinfo=UTC), datetime(2026, 10, 7, 8, 15, tzinfo=UTC)
    one = call(began + timedelta(minutes=5), began_at=began, restored_at=back)
    assert unavailable(one, LONG_AFTER, "ENG") == Seconds(out_of_hours=90 * MINUTE, working=75 * MINUTE)


def test_the_night_of_the_clock_change_has_an_hour_more() -> None:
    """Sat 24 Oct 22:00 BST to Sun 25 Oct 06:00 GMT is nine hours, not eight."""
    began, back = datetime(2026, 10, 24, 21, 0, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)
    one = call(began, restored_at=back)
    assert unavailable(one, LONG_AFTER, "ENG") == Seconds(out_of_hours=9 * HOUR, working=0)


def test_the_night_of_the_other_clock_change_has_an_hour_less() -> None:
    """Sat 28 Mar 22:00 GMT to Sun 29 Mar 06:00 BST is seven hours."""
    began, back = datetime(2026, 3, 28, 22, 0, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)
    assert unavailable(call(began, restored_at=back), LONG_AFTER, "ENG") == Seconds(7 * HOUR, 0)


def test_a_bank_holiday_of_the_desk_is_out_of_hours_all_day() -> None:
    """Mon 31 Aug 2026, summer bank holiday: 09:00 to 12:00 BST."""
    began, back = datetime(2026, 8, 31, 8, 0, tzinfo=UTC), datetime(2026, 8, 31, 11, 0, tzinfo=UTC)
    assert unavailable(call(began, restored_at=back), LONG_AFTER, "ENG") == Seconds(3 * HOUR, 0)


@pytest.mark.parametrize(("nation", "working"), [("", 3 * HOUR), ("WLS", 3 * HOUR), ("SCT", 0)])
def test_a_bank_holiday_of_the_own_nation_counts_where_the_contract_follows_it(
    nation: str, working: int
) -> None:
    """Mon 3 Aug 2026 is a bank holiday in Scotland alone: 09:00 to 12:00 BST."""
    began, back = datetime(2026, 8, 3, 8, 0, tzinfo=UTC), datetime(2026, 8, 3, 11, 0, tzinfo=UTC)
    one = call(began, restored_at=back, own_nation=nation)
    assert unavailable(one, LONG_AFTER, "ENG") == Seconds(3 * HOUR - working, working)


def test_an_own_bank_holiday_counts_for_its_day_alone() -> None:
    """Sun 2 Aug 20:00 BST to Tue 4 Aug 10:00 BST: of Monday nothing is working time, of Tuesday two hours."""
    began, back = datetime(2026, 8, 2, 19, 0, tzinfo=UTC), datetime(2026, 8, 4, 9, 0, tzinfo=UTC)
    one = call(began, restored_at=back, own_nation="SCT")
    assert unavailable(one, LONG_AFTER, "ENG") == Seconds(out_of_hours=36 * HOUR, working=2 * HOUR)


def test_what_is_not_restored_counts_until_now() -> None:
    one = call(NIGHT, state="escalated", restored_at=None)
    assert unavailable(one, NIGHT + timedelta(hours=2), "ENG") == Seconds(2 * HOUR, 0)


def test_a_declined_call_has_no_unavailable_time() -> None:
    assert unavailable(declined(), LONG_AFTER, "ENG") == Seconds(0, 0)


@settings(deadline=None)
@given(st.integers(0, 3 * 366 * 24 * 60), st.integers(0, 14 * 24 * 60), st.sampled_from(["", "SCT", "NIR"]))
def test_out_of_hours_and_working_time_make_up_the_whole(start: int, length: int, nation: str) -> None:
    began = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=start)
    one = call(began, restored_at=began + timedelta(minutes=length), own_nation=nation)
    split = unavailable(one, LONG_AFTER, "ENG")
    assert split.out_of_hours + split.working == length * MINUTE
    assert min(split.out_of_hours, split.working) >= 0
