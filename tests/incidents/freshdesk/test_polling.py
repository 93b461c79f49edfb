"""Polling catches what webhooks lose: whatever changed is found, however long we were away."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.freshdesk import polling
from incidents.models import OutboxRow, RateBudget, SyncCursor, Ticket
from tests.factories import SUNDAY_NIGHT, make_incident
from tests.incidents.driving import settle
from tests.incidents.reading_back import entries, look_back
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents
from tests.standins.http import Fault

pytestmark = pytest.mark.django_db

LIST = ("GET", "/api/v2/tickets")


def cursor() -> SyncCursor:
    return SyncCursor.objects.get(name=polling.NAME)


def lists(freshdesk: Freshdesk) -> int:
    return freshdesk.calls.count(LIST)


def poll_again() -> bool:
    """As if it were time."""
    SyncCursor.objects.update(ran_at=None)
    return polling.poll()


def crowd(freshdesk: Freshdesk, count: int, at: datetime, every: timedelta = timedelta(seconds=1)) -> None:
    """Tickets of the vendor's day, one changed after the other."""
    for number in range(count):
        changed = (at + number * every).strftime("%Y-%m-%dT%H:%M:%SZ")
        freshdesk.tickets[10_000 + len(freshdesk.tickets)] = {
            "id": 10_000 + len(freshdesk.tickets), "status": 2, "email": "x", "due_by": changed,
            "tags": [], "created_at": changed, "updated_at": changed,
        }  # fmt: skip


def test_only_our_tickets_are_read(ticket: Ticket, freshdesk: Freshdesk, agents: Agents) -> None:
    other = agents.opened()
    agents.note(other, "Not ours")
    look_back()
    assert ("GET", f"/api/v2/tickets/{ticket.number}") in freshdesk.calls
    assert ("GET", f"/api/v2/tickets/{other}") not in freshdesk.calls
    assert entries(ticket) == []


def test_it_looks_as_often_as_it_is_set_and_not_more(
    ticket: Ticket, freshdesk: Freshdesk, night: Any, settings: Any
) -> None:
    settings.FRESHDESK_POLL_SECONDS = 60
    assert polling.poll()
    assert not polling.poll()
    night.shift(59)
    assert not polling.poll()
    night.shift(1)
    assert polling.poll()


def test_how_far_is_kept_by_their_clock_and_the_last_minutes_are_looked_at_again(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, night: Any
) -> None:
    poll_again()
    since = cursor().since
    assert since.strftime("%Y-%m-%dT%H:%M:%SZ") == freshdesk.tickets[ticket.number]["updated_at"]
    agents.lag(ticket.number)  # changed now, and listed only after others that changed later
    agents.note(ticket.number, "Late in the list")
    night.shift(60)
    agents.opened()
    poll_again()
    assert cursor().since > since
    agents.catch_up()
    look_back()
    assert [entry.text for entry in entries(ticket)] == ["Late in the list"]


def test_it_never_moves_back(ticket: Ticket) -> None:
    poll_again()
    ahead = timezone.now() + timedelta(minutes=1)
    SyncCursor.objects.update(since=ahead)
    poll_again()
    assert cursor().since == ahead


def test_page_after_page_is_followed(ticket: Ticket, freshdesk: Freshdesk, agents: Agents) -> None:
    crowd(freshdesk, 250, SUNDAY_NIGHT)
    freshdesk.calls.clear()
    assert poll_again()
    assert lists(freshdesk) == 3
    assert not cursor().is_behind


def test_where_the_account_refuses_a_page_the_window_begins_again_there(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, night: Any
) -> None:
    freshdesk.most_pages = 2
    crowd(freshdesk, 1000, SUNDAY_NIGHT)
    night.shift(1100)
    agents.note(ticket.number, "At the very end")
    look_back()
    assert [entry.text for entry in entries(ticket)] == ["At the very end"]
    assert not cursor().is_behind
    assert cursor().last_error == ""


def test_more_changes_in_one_second_than_the_account_lists_do_not_stop_it(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, night: Any
) -> None:
    freshdesk.most_pages = 1
    look_back()
    night.shift(70)
    agents.note(ticket.number, "In that second")
    crowd(freshdesk, 300, timezone.now(), timedelta(0))
    at = freshdesk.tickets.pop(ticket.number)
    freshdesk.tickets[99_999] = freshdesk.tickets.pop(max(freshdesk.tickets))
    freshdesk.tickets[ticket.number] = at  # the last in the list
    look_back()
    assert [entry.text for entry in entries(ticket)] == ["In that second"]
    assert cursor().since > timezone.now()
    assert not cursor().is_behind


def test_a_poll_that_was_broken_off_goes_on_where_it_was(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, night: Any
) -> None:
    crowd(freshdesk, 250, SUNDAY_NIGHT)
    night.shift(400)
    agents.note(ticket.number, "On the last page")
    freshdesk.per_minute = len(freshdesk._used) + 2  # two pages, and then no more
    assert not poll_again()
    assert cursor().last_error.startswith("Our share of what Freshdesk answers")
    assert cursor().is_behind
    reached = cursor().since
    freshdesk.per_minute = 10_000
    freshdesk.calls.clear()
    look_back()
    assert lists(freshdesk) == 2  # and not the first page again
    assert cursor().since > reached
    assert [entry.text for entry in entries(ticket)] == ["On the last page"]


def test_a_share_too_small_for_the_last_minutes_gets_through_them_all_the_same(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, night: Any
) -> None:
    """One page a poll, and more changes within the overlap than one page holds."""
    poll_again()
    crowd(freshdesk, 450, timezone.now(), timedelta(milliseconds=500))
    night.shift(300)
    agents.note(ticket.number, "Behind the crowd")
    for _ in range(8):
        freshdesk.per_minute = len(freshdesk._used) + 1
        poll_again()
    freshdesk.per_minute = 10_000
    look_back()
    assert [entry.text for entry in entries(ticket)] == ["Behind the crowd"]


def test_it_is_asked_again_when_freshdesk_said_so(
    ticket: Ticket, freshdesk: Freshdesk, night: Any, settings: Any
) -> None:
    settings.FRESHDESK_POLL_SECONDS = 60
    freshdesk.retry_after, freshdesk.per_minute = "20", 0
    assert not polling.poll()
    freshdesk.per_minute = 10_000
    night.shift(19)
    assert not polling.poll()
    night.shift(2)
    assert polling.poll()


@pytest.mark.parametrize(
    "fault", [Fault.ERROR_BEFORE, Fault.TIME_OUT_AFTER, Fault.PAGE_AFTER, Fault.CUT_AFTER]
)
def test_whatever_breaks_moves_nothing_and_is_told(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, settings: Any, fault: Fault
) -> None:
    settings.FRESHDESK_TIMEOUT = 0.2
    agents.note(ticket.number, "Still there")
    freshdesk.fail(fault, *LIST)
    assert not poll_again()
    assert cursor().last_error
    assert not Ticket.objects.due(timezone.now()).exists()
    look_back()
    assert cursor().last_error == ""
    assert [entry.text for entry in entries(ticket)] == ["Still there"]


def test_one_bad_row_does_not_stop_the_rest(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, night: Any
) -> None:
    for bad in ({"status": "?"}, {"updated_at": "2150-01-01T00:00:00Z"}, {"tags": 5, "custom_fields": []}):
        agents.opened(**bad)
    agents.note(ticket.number, "Good")
    look_back()
    assert cursor().last_error == ""
    assert [entry.text for entry in entries(ticket)] == ["Good"]


def test_a_row_no_newer_than_the_one_we_know_is_left(
    ticket: Ticket, freshdesk: Freshdesk, night: Any
) -> None:
    look_back()
    night.shift(61)
    look_back()
    ticket.refresh_from_db()
    due = ticket.read_due_at
    poll_again()
    ticket.refresh_from_db()
    assert ticket.read_due_at == due


def test_a_ticket_that_bears_our_reference_is_its_incidents(
    ticket: Ticket, freshdesk: Freshdesk, agents: Agents, engineer: User
) -> None:
    other, third = make_incident(by=engineer), make_incident(by=engineer)
    by_tag = agents.opened(tags=["ooh", f"ooh-{other.reference.lower()}"])
    by_field = agents.opened(custom_fields={"cf_ooh_incident_ref": third.reference})
    agents.opened(tags=[f"ooh-{ticket.incident}", "ooh-OOH-2020-99999", "ooh-nothing"])
    look_back()
    assert Ticket.objects.get(incident=other).number == by_tag
    assert Ticket.objects.get(incident=third).number == by_field
    assert Ticket.objects.count() == 3
    settle()
    assert not OutboxRow.objects.waiting().exists()
    assert len([each for each in freshdesk.calls if each == ("POST", "/api/v2/tickets")]) == 1


def test_a_rehearsal_is_given_no_ticket(
    night: Any, freshdesk: Freshdesk, agents: Agents, engineer: User
) -> None:
    rehearsal = make_incident(by=engineer, is_rehearsal=True)
    agents.opened(tags=[f"ooh-{rehearsal}"])
    poll_again()
    assert not Ticket.objects.exists()


def test_a_page_costs_the_same_queries_however_many_of_its_tickets_are_ours(
    ticket: Ticket, freshdesk: Freshdesk, engineer: User, night: Any
) -> None:
    poll_again()
    one = queries_of_a_poll()
    for _ in range(6):
        make_incident(by=engineer)
    settle()
    crowd(freshdesk, 50, SUNDAY_NIGHT)
    night.shift(200)
    assert queries_of_a_poll() <= one
    assert Ticket.objects.due(timezone.now()).count() == 7


def queries_of_a_poll() -> int:
    ready = {"remaining": 9000, "resets_at": timezone.now() + timedelta(minutes=1)}
    RateBudget.objects.filter(name="freshdesk").update(**ready)
    with CaptureQueriesContext(connection) as captured:
        assert poll_again()
    return len(captured)


def test_an_incident_that_is_no_longer_open_is_read_too(
    ticket: Ticket, agents: Agents, engineer: User, night: Any
) -> None:
    services.decline(ticket.incident_id, rule="slow", told_caller="Ring at 08:00", by=engineer)
    settle()
    look_back()
    night.shift(120)
    agents.note(ticket.number, "Noted in the morning")
    look_back()
    assert [entry.text for entry in entries(ticket)] == ["Noted in the morning"]
