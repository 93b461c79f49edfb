"""The rate budget: never past the limit, and the agents' share is theirs, however many ask at once."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from incidents.freshdesk import budget
from incidents.freshdesk.client import connect
from incidents.models import Incident, OutboxRow, RateBudget
from incidents.outbox.registry import RetryLater
from tests.incidents.driving import deliver_due, let_time_pass
from tests.standins.freshdesk import Freshdesk
from tests.standins.http import Fault

pytestmark = pytest.mark.django_db

NO_HEADERS: dict[str, str] = {}


@pytest.fixture
def clock(freshdesk: Freshdesk, time_machine: Any) -> Iterator[Any]:
    """A minute passes when we say so, here and over there."""
    time_machine.move_to(timezone.now(), tick=False)
    freshdesk.clock = lambda: timezone.now().timestamp()
    return time_machine


def headers(total: str, remaining: str) -> dict[str, str]:
    return {"x-ratelimit-total": total, "x-ratelimit-remaining": remaining}


def ask() -> str:
    """One request; empty, or why it was not sent."""
    with connect() as client:
        try:
            client.get("/tickets/1/conversations")
        except RetryLater as later:
            return str(later)
        except Exception as error:
            return type(error).__name__
    return ""


def ask_until_refused(most: int = 200) -> int:
    """How many requests were let go before our share was used."""
    for sent in range(most):
        if ask() == budget.USED:
            return sent
    return most


def the_row() -> RateBudget:
    return RateBudget.objects.get(name=budget.NAME)


def test_we_use_our_share_and_leave_the_rest_to_the_agents(freshdesk: Freshdesk, settings: Settings) -> None:
    freshdesk.per_minute, settings.FRESHDESK_AGENTS_SHARE = 20, 40
    assert ask_until_refused() == 12
    assert (len(freshdesk.calls), freshdesk.refused) == (12, 0)
    assert (the_row().total, the_row().remaining) == (20, 8)


def test_what_agents_use_meanwhile_is_counted(freshdesk: Freshdesk, settings: Settings) -> None:
    freshdesk.per_minute, settings.FRESHDESK_AGENTS_SHARE = 20, 50
    ask()
    freshdesk._used += [freshdesk.clock()] * 6
    assert ask_until_refused() == 3
    assert the_row().remaining == 10


def test_the_limit_is_never_passed_with_no_share_for_others_minute_after_minute(
    freshdesk: Freshdesk, settings: Settings, clock: Any
) -> None:
    freshdesk.per_minute, settings.FRESHDESK_AGENTS_SHARE = 5, 0
    sent = 0
    for _ in range(60):
        clock.shift(7)
        sent += ask_until_refused()
    assert freshdesk.refused == 0
    assert sent >= 25


def test_after_the_time_it_was_told_there_is_more(freshdesk: Freshdesk, clock: Any) -> None:
    freshdesk.per_minute = 10
    ask_until_refused()
    with pytest.raises(RetryLater) as refused:
        budget.take()
    assert refused.value.for_all
    assert refused.value.after is not None
    assert 55 <= refused.value.after <= 62
    clock.shift(refused.value.after)
    assert ask_until_refused() == 5


def test_in_a_minute_that_nobody_knows_one_request_goes_alone(freshdesk: Freshdesk) -> None:
    first = budget.take()
    with pytest.raises(RetryLater, match=budget.UNHEARD) as refused:
        budget.take()
    assert 0 < (refused.value.after or 0) <= 1
    budget.learn(first, headers("100.0", "93.0"))
    assert the_row().remaining == 93
    assert budget.take().first_until is None


def test_a_first_request_without_an_answer_is_followed_by_another_after_its_time(clock: Any) -> None:
    budget.take()
    clock.shift(2)
    assert budget.take().first_until is not None


def test_a_freshdesk_that_cannot_be_reached_uses_nothing(freshdesk: Freshdesk) -> None:
    freshdesk.down()
    assert [ask() for _ in range(3)] == ["Freshdesk does not answer (connect error)"] * 3


def test_an_account_without_headers_is_taken_for_the_plan_that_was_configured(settings: Settings) -> None:
    settings.FRESHDESK_PER_MINUTE = {"all": 8}
    budget.learn(budget.take(), NO_HEADERS)
    assert (the_row().total, the_row().remaining) == (8, 7)
    for _ in range(3):
        budget.learn(budget.take(), NO_HEADERS)
    with pytest.raises(RetryLater, match="Our share"):
        budget.take()


def test_a_page_of_a_proxy_tells_nothing(freshdesk: Freshdesk) -> None:
    freshdesk.fail(Fault.PAGE_AFTER)
    ask()
    assert the_row().remaining == budget.UNKNOWN


@pytest.mark.parametrize("wrong", ["", "many", "nan", "inf", "-3", "1e30"])
def test_a_header_that_is_no_number_is_not_believed(wrong: str, settings: Settings) -> None:
    settings.FRESHDESK_PER_MINUTE = {"all": 8}
    budget.learn(budget.take(), headers(wrong, wrong))
    assert (the_row().total, the_row().remaining) == (8, 7)


def test_an_answer_that_comes_late_never_raises_the_count() -> None:
    budget.learn(budget.take(), headers("100.0", "60.0"))
    late = budget.take()
    budget.take()
    budget.learn(late, headers("100.0", "97.0"))
    assert the_row().remaining == 58


def test_what_asks_for_more_costs_more(freshdesk: Freshdesk) -> None:
    with connect() as client:
        client.get("/tickets", include="stats,requester")
        before = the_row().remaining
        client.get("/tickets", include="stats,requester")
    assert before - the_row().remaining == 5


def test_what_can_wait_leaves_the_last_of_our_share_to_what_cannot(freshdesk: Freshdesk) -> None:
    freshdesk.per_minute = 20
    with connect(leaves=25) as reading:
        for _ in range(5):
            reading.get("/tickets")
        with pytest.raises(RetryLater, match="Our share"):
            reading.get("/tickets")
    assert ask_until_refused() == 5


def test_being_asked_to_wait_holds_every_request(freshdesk: Freshdesk, clock: Any) -> None:
    freshdesk.retry_after = "90"
    ask()
    freshdesk.fail(Fault.BUSY_BEFORE)
    assert ask() == "Freshdesk asked us to wait"
    freshdesk.calls.clear()
    assert ask() == budget.USED
    clock.shift(89)
    assert ask() == budget.USED
    assert freshdesk.calls == []
    clock.shift(2)
    assert ask() != budget.USED


def test_the_plan_s_other_limits_are_spread_over_the_minute(settings: Settings, clock: Any) -> None:
    settings.FRESHDESK_PER_MINUTE = {"all": 10_000, "create": 40}
    taken = []
    for tick in range(600):
        clock.shift(0.5)
        if tick % 100 == 0:
            RateBudget.objects.filter(name=budget.NAME).delete()
            budget.learn(budget.take(), headers("10000.0", "9999.0"))
        with suppress(RetryLater):
            budget.take("create")
            taken.append(timezone.now())
    most = max(sum(at <= other < at + timedelta(seconds=60) for other in taken) for at in taken)
    assert 15 <= most <= 20
    assert len(taken) >= 70


def test_when_our_share_is_used_everything_for_freshdesk_waits_and_says_so(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    freshdesk.per_minute, settings.FRESHDESK_AGENTS_SHARE = 4, 50
    let_time_pass()
    for _ in range(6):
        deliver_due()
    assert (len(freshdesk.calls), freshdesk.refused) == (2, 0)
    waiting = OutboxRow.objects.waiting()
    assert {row.last_error for row in waiting} == {budget.USED}
    assert all(row.due_at > timezone.now() + timedelta(seconds=50) for row in waiting)


def test_a_request_costs_two_small_queries_and_no_audit_entry(
    freshdesk: Freshdesk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    ask()
    before = LogEntry.objects.count()
    with django_assert_max_num_queries(2):
        ask()
    assert LogEntry.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_many_workers_together_never_pass_the_limit(freshdesk: Freshdesk, settings: Settings) -> None:
    """Each has a connection of its own, as in a process of its own: what they share is the row."""
    freshdesk.per_minute, settings.FRESHDESK_AGENTS_SHARE = 30, 10
    answers: list[str] = []

    def work() -> None:
        try:
            for _ in range(10):
                answers.append(ask())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert freshdesk.refused == 0
    assert len(freshdesk.calls) <= 27
    refused = [answer for answer in answers if answer in (budget.USED, budget.UNHEARD)]
    assert len(refused) == 60 - len(freshdesk.calls)
