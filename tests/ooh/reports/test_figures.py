"""The figures of a month, against examples counted by hand; and that the sums agree, whatever the calls."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ooh.reports.figures import RESULTS, Figures, figures, trend
from ooh.reports.months import Month, month_of
from ooh.reports.rows import Call, Outcome, Run, Update
from ooh.reports.times import Promises, Times
from tests.ooh.reports.calls import LONG_AFTER, NIGHT, call, declined, update

OCTOBER = Month(2026, 10)
MINUTE, HOUR = 60, 3600
HALF_PAST_ONE_BST = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
HALF_PAST_ONE_GMT = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def counted(*calls: Call, month: Month = OCTOBER) -> Figures:
    return figures(calls, month, now=LONG_AFTER, desk_nation="ENG")


def test_an_empty_month_counts_nothing_and_knows_no_times() -> None:
    empty = counted()
    assert (empty.total.calls, empty.customers, empty.sops) == (0, [], [])
    assert empty.first_update == empty.restored == Times(0)
    assert len(empty.days) == 31


def test_calls_of_other_months_are_left_out() -> None:
    last_of_september = datetime(2026, 9, 30, 22, 59, 59, tzinfo=UTC)
    first_of_october = datetime(2026, 9, 30, 23, 0, tzinfo=UTC)
    assert counted(call(last_of_september), call(first_of_october)).total.calls == 1


def test_a_call_is_accepted_by_the_gate_by_a_lead_or_by_being_resolved() -> None:
    assert call(state="triaging", restored_at=None).outcome == Outcome.ACCEPTED
    assert call(state="triaging", gate="pass_to_lead", is_overridden=True).outcome == Outcome.ACCEPTED
    assert call(state="resolved", gate="decline").outcome == Outcome.ACCEPTED


def test_an_accepted_call_that_was_declined_later_is_declined() -> None:
    assert call(state="declined", gate="accept", decline_rule="one-person").outcome == Outcome.DECLINED


def test_a_call_that_nobody_decided_is_neither() -> None:
    assert call(state="logged", gate="ask", restored_at=None).outcome == Outcome.UNDECIDED
    assert call(state="triaging", gate="pass_to_lead", restored_at=None).outcome == Outcome.UNDECIDED


def test_a_small_month_counted_by_hand() -> None:
    """Three accepted, two declined; times and unavailable hours as a person would add them up."""
    morning = datetime(2026, 10, 7, 6, 0, tzinfo=UTC)  # 07:00 BST: an hour until the desk opens
    found = counted(
        call(NIGHT, updates=[update(4, 34), update(40)]),
        call(
            morning, began_at=morning - timedelta(minutes=30), restored_at=morning + timedelta(hours=3),
            is_handed_over=True, is_with_vendor=True, customer="Harbour Lane Clinic",
            updates=[update(10, 40, morning), update(35, 65, morning), update(181, None, morning)],
        ),
        call(NIGHT, state="escalated", restored_at=None, escalated_to="Database on call", service="Ward"),
        declined(), declined(rule="printing", customer="Harbour Lane Clinic"),
    )  # fmt: skip
    assert (found.total.calls, found.total.accepted, found.total.declined) == (5, 3, 2)
    assert found.first_update == Times(2, median=7 * MINUTE, p90=564, longest=10 * MINUTE)
    assert found.restored == Times(2, median=2 * HOUR, p90=168 * MINUTE, longest=3 * HOUR)
    assert found.promises == Promises(on_time=1, late=2, latest=116 * MINUTE)
    assert found.still_unavailable == 1
    assert found.declined == [("slow", 1), ("printing", 1)]
    assert found.escalated == [("Database on call", 1)]
    assert dict(found.results) == {
        "restored_by_partner": 1, "restored_by_vendor": 1, "open": 1, "declined": 2,
    }  # fmt: skip
    harbour = next(line for line in found.customers if line.name == "Harbour Lane Clinic")
    assert (harbour.calls, harbour.accepted, harbour.declined, harbour.handed_over) == (2, 1, 1, 1)
    assert (harbour.out_of_hours_seconds, harbour.working_seconds) == (90 * MINUTE, 2 * HOUR)


def test_both_half_past_ones_of_the_long_day_fall_into_one_cell_and_their_times_stay_true() -> None:
    found = counted(
        call(HALF_PAST_ONE_BST, restored_at=HALF_PAST_ONE_GMT, updates=[Update(HALF_PAST_ONE_GMT)]),
        call(HALF_PAST_ONE_GMT),
    )
    assert found.hours[6][1] == 2
    assert next(line for line in found.days if line.day == date(2026, 10, 25)).calls == 2
    assert found.restored.longest == found.first_update.longest == HOUR


def test_hours_are_local() -> None:
    """Fri 30 Oct 23:30 GMT stays on Friday; Fri 2 Oct 23:30 UTC is Saturday 00:30 BST."""
    winter, summer = datetime(2026, 10, 30, 23, 30, tzinfo=UTC), datetime(2026, 10, 2, 23, 30, tzinfo=UTC)
    hours = counted(call(winter), call(summer)).hours
    assert (hours[4][23], hours[5][0]) == (1, 1)


def test_service_back_before_the_call_took_no_time() -> None:
    found = counted(
        call(NIGHT, began_at=NIGHT - timedelta(hours=1), restored_at=NIGHT - timedelta(minutes=5))
    )
    assert found.restored.longest == 0
    assert found.total.out_of_hours_seconds == 55 * MINUTE


def test_runs_are_counted_by_sop_and_outcome() -> None:
    start = NIGHT + timedelta(minutes=10)
    runs = [
        Run("SOP-05", "Expired secret", "finished", "restored", start, start + timedelta(minutes=20)),
        Run("SOP-05", "Expired secret", "finished", "not_restored", start, start + timedelta(minutes=40)),
        Run("SOP-03", "Restart", "stopped", "", start, start + timedelta(minutes=5)),
        Run("SOP-03", "Restart", "waiting", "", start),
    ]
    restart, secret = counted(call(runs=runs), call()).sops
    assert (restart.code, restart.runs, restart.stopped, restart.active) == ("SOP-03", 2, 1, 1)
    assert (secret.runs, secret.restored, secret.not_restored) == (2, 1, 1)
    assert secret.duration == Times(2, median=30 * MINUTE, p90=38 * MINUTE, longest=40 * MINUTE)
    assert counted(call(runs=runs), call()).without_sop == 1


def test_handovers_overrides_and_passed_calls_are_counted() -> None:
    found = counted(
        call(answers=["refused", "accepted"]),
        call(answers=["accepted"], gate="pass_to_lead", is_overridden=True),
        declined(rule="not-entitled"),
    )
    assert dict(found.handovers) == {"refused": 1, "accepted": 2}
    assert (found.overrides, found.total.passed_to_lead) == (1, 1)


def test_the_trend_has_six_months_with_those_without_a_call() -> None:
    september = call(datetime(2026, 9, 10, 2, 0, tzinfo=UTC), answers=["refused"])
    lines = trend([september, call(), declined()], OCTOBER, now=LONG_AFTER)
    assert [str(line.month) for line in lines] == [f"2026-{month:02}" for month in range(5, 11)]
    assert [line.calls for line in lines] == [0, 0, 0, 0, 1, 2]
    assert (lines[-2].refused, lines[-2].answered) == (1, 1)


moments = st.integers(0, 70 * 24 * 3600).map(
    lambda seconds: datetime(2026, 9, 15, tzinfo=UTC) + timedelta(seconds=seconds)
)


@st.composite
def any_call(draw: st.DrawFn) -> Call:
    reported_at = draw(moments)
    state = draw(
        st.sampled_from(["logged", "triaging", "sop", "escalated", "handed_over", "resolved", "declined"])
    )
    took = timedelta(seconds=draw(st.integers(0, 10**6)))
    return call(
        reported_at,
        state=state,
        customer=draw(st.sampled_from("ABC")),
        service=draw(st.sampled_from("XY")),
        gate=draw(st.sampled_from(["accept", "decline", "pass_to_lead", "ask"])),
        is_overridden=draw(st.booleans()),
        decline_rule=draw(st.sampled_from(["slow", "printing"])) if state == "declined" else "",
        restored_at=reported_at + took if state == "resolved" else None,
        is_handed_over=draw(st.booleans()),
        own_nation=draw(st.sampled_from(["", "SCT", "NIR"])),
        hours=draw(st.sampled_from(["weekend", "weekday-night"])),
    )


@settings(deadline=None)
@given(st.lists(any_call(), max_size=30))
def test_the_sums_agree_by_customer_by_service_by_day_and_in_all(calls: list[Call]) -> None:
    found = counted(*calls)
    names = [
        "calls", "accepted", "declined", "undecided", "out_of_hours_seconds", "working_seconds", "sop_runs",
        "handed_over", "passed_to_lead",
    ]  # fmt: skip
    for name in names:
        total = getattr(found.total, name)
        for lines in (found.customers, found.services, found.days):
            assert sum(getattr(line, name) for line in lines) == total, name


@settings(deadline=None)
@given(st.lists(any_call(), max_size=30))
def test_every_call_is_counted_once_in_each_breakdown(calls: list[Call]) -> None:
    found = counted(*calls)
    total = found.total
    assert total.calls == sum(month_of(each.reported_at) == OCTOBER for each in calls)
    assert total.accepted + total.declined + total.undecided == total.calls
    assert sum(found.results.values()) == sum(found.reasons.values()) == total.calls
    assert sum(number for _, number in found.declined) == total.declined
    assert sum(map(sum, found.hours)) == total.calls
    assert set(found.results) <= set(RESULTS)
    assert trend(calls, OCTOBER, now=LONG_AFTER)[-1].calls == total.calls
