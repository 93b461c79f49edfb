"""Whatever breaks on the way: exactly one ticket, and each note exactly once and in order."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from incidents import services
from incidents.models import Conversation, Incident, OutboxRow, Ticket
from incidents.outbox.tasks import sweep
from tests.factories import make_incident
from tests.incidents.driving import deliver_due, let_time_pass, settle
from tests.incidents.freshdesk.test_ticket import entry_ids, summaries
from tests.incidents.reading_back import entries, look_back
from tests.standins.freshdesk import Freshdesk
from tests.standins.http import Fault

pytestmark = pytest.mark.django_db

TICKETS, NOTES, ONE = "/api/v2/tickets", r"/api/v2/tickets/\d+/notes", r"/api/v2/tickets/\d+"


@pytest.fixture
def triaged(incident: Incident, engineer: User) -> Incident:
    services.begin_triage(incident.pk, by=engineer)
    services.resolve(incident.pk, resolution="A restart", restored_at=incident.logged_at, by=engineer)
    return incident


def assert_all_there_once(freshdesk: Freshdesk, incident: Incident) -> None:
    (number,) = freshdesk.tickets
    assert entry_ids(freshdesk, number) == list(incident.timeline.order_by("pk").values_list("pk", flat=True))
    assert len(summaries(freshdesk)) == 1
    assert set(Conversation.objects.values_list("number", flat=True)) == {
        note["id"] for note in freshdesk.notes[number]
    }
    assert freshdesk.tickets[number]["status"] == 4
    assert not OutboxRow.objects.waiting().exists()


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize(("method", "path"), [("POST", TICKETS), ("POST", NOTES), ("PUT", ONE)])
def test_every_fault_leaves_one_ticket_and_each_note_once(
    freshdesk: Freshdesk, triaged: Incident, settings: Settings, fault: Fault, method: str, path: str
) -> None:
    settings.FRESHDESK_TIMEOUT = 0.3
    freshdesk.fail(fault, method, path)
    settle()
    assert_all_there_once(freshdesk, triaged)


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault.is_done])
def test_a_fault_while_asking_only_delays_the_answer(
    freshdesk: Freshdesk, triaged: Incident, settings: Settings, fault: Fault
) -> None:
    settings.FRESHDESK_TIMEOUT = 0.3
    freshdesk.fail(Fault.RESET_AFTER, "POST", TICKETS)
    freshdesk.fail(Fault.RESET_AFTER, "POST", NOTES)
    freshdesk.fail(fault, "GET", ".*", times=2)
    settle()
    assert_all_there_once(freshdesk, triaged)


def test_after_an_unknown_outcome_the_receiver_is_asked_before_anything_is_sent_again(
    freshdesk: Freshdesk, incident: Incident
) -> None:
    freshdesk.fail(Fault.RESET_AFTER, "POST", TICKETS)
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert (row.is_unsure, row.failures, row.done_at) == (True, 1, None)
    freshdesk.calls.clear()
    let_time_pass()
    deliver_due()
    assert freshdesk.calls[0] == ("GET", TICKETS)
    assert ("POST", TICKETS) not in freshdesk.calls


def test_what_may_have_arrived_is_left_in_peace_before_we_ask(
    freshdesk: Freshdesk, incident: Incident
) -> None:
    freshdesk.fail(Fault.RESET_AFTER, "POST", TICKETS)
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert row.dispatched_at is None
    assert (row.due_at - row.written_at).total_seconds() >= 29


def test_a_list_that_learns_of_a_ticket_late_makes_no_second_one(
    freshdesk: Freshdesk, night: Any, incident: Incident
) -> None:
    """Committed, never answered, and unknown to the list for as long as we leave it in peace."""
    freshdesk.index_lag = 29.0
    freshdesk.fail(Fault.RESET_AFTER, "POST", TICKETS)
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert row.is_unsure
    night.shift((row.due_at - timezone.now()).total_seconds())
    deliver_due()
    assert len(freshdesk.tickets) == 1
    assert Ticket.objects.get(incident=incident).number in freshdesk.tickets


def test_due_dates_that_come_a_second_later_are_no_news(
    freshdesk: Freshdesk, night: Any, incident: Incident
) -> None:
    deliver_due()
    (ticket,) = freshdesk.tickets.values()
    look_back()
    made_at = ticket["updated_at"]
    assert ticket["due_by"] is None
    night.shift(700)
    look_back()
    assert ticket["due_by"] == ticket["updated_at"] != made_at
    read = Ticket.objects.get(incident=incident)
    assert (read.asked_at, entries(read)) == (None, [])


def test_a_freshdesk_that_was_down_is_caught_up_by_the_sweep(freshdesk: Freshdesk, triaged: Incident) -> None:
    freshdesk.down()
    for _ in range(15):
        let_time_pass()
        deliver_due()
    waiting = OutboxRow.objects.waiting()
    assert not waiting.filter(parked_at__isnull=False).exists()
    assert waiting.filter(last_error__startswith="Freshdesk does not answer").exists()
    freshdesk.up()
    let_time_pass()
    sweep()
    assert OutboxRow.objects.due(waiting[0].due_at).exclude(dispatched_at=None).exists()
    settle()
    assert_all_there_once(freshdesk, triaged)


def test_being_asked_to_wait_holds_everything_for_freshdesk(freshdesk: Freshdesk, triaged: Incident) -> None:
    freshdesk.retry_after = "120"
    freshdesk.fail(Fault.BUSY_BEFORE, "POST", NOTES)
    for _ in range(10):
        deliver_due()
    assert [path for method, path in freshdesk.calls] == [TICKETS, "/api/v2/tickets/4001/notes"]
    waits = OutboxRow.objects.waiting().order_by("pk")
    assert {row.last_error for row in waits} == {"Freshdesk asked us to wait"}
    assert all(100 < (row.due_at - row.written_at).total_seconds() < 140 for row in waits)
    settle()
    assert_all_there_once(freshdesk, triaged)


@pytest.mark.parametrize("asked", ["Sun, 22 Nov 2099 02:09:00 GMT", "1e999", "nan", "-5", "soon", ""])
def test_any_retry_after_is_kept_within_reason(freshdesk: Freshdesk, incident: Incident, asked: str) -> None:
    freshdesk.per_minute, freshdesk.retry_after = 0, asked
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert 0 < (row.due_at - row.written_at).total_seconds() <= 3610


def test_a_refused_key_parks_nothing_and_says_so(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    settings.FRESHDESK_API_KEY = "wrong"
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert row.parked_at is None
    assert row.last_error == "Freshdesk refuses our key (401). Check FRESHDESK_API_KEY and its agent"


def test_an_address_that_is_no_freshdesk_parks_nothing_and_says_so(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    settings.FRESHDESK_URL = f"{freshdesk.url}/elsewhere"
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert (row.parked_at, row.last_error[:32]) == (None, "FRESHDESK_URL is not the address")


def test_a_field_that_the_account_lacks_parks_the_ticket_with_the_remedy(
    freshdesk: Freshdesk, incident: Incident
) -> None:
    freshdesk.account.custom_fields.clear()
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert row.parked_at is not None
    assert "cf_ooh_incident_ref is not known there" in row.last_error
    assert "unset FRESHDESK_REFERENCE_FIELD" in row.last_error


def test_a_refusal_never_repeats_what_was_typed(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    settings.FRESHDESK_REQUESTER_EMAIL = "not an address"
    deliver_due()
    row = OutboxRow.objects.get(event="ticket")
    assert "email has a value that it does not take" in row.last_error
    assert "not an address" not in row.last_error


def test_a_ticket_deleted_over_there_parks_its_notes_with_the_remedy(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    settle()
    (number,) = freshdesk.tickets
    freshdesk.tickets.clear()
    services.add_note(incident.pk, text="Is anybody there", by=engineer)
    settle()
    row = OutboxRow.objects.waiting().get()
    assert row.last_error == f"Freshdesk no longer has ticket {number}. Restore it there, then retry"


def test_an_archived_ticket_parks_its_notes_and_says_so(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    settle()
    (number,) = freshdesk.tickets
    freshdesk.archive(number)
    services.add_note(incident.pk, text="Is anybody there", by=engineer)
    settle()
    row = OutboxRow.objects.waiting().get()
    assert row.last_error == f"Ticket {number} is archived in Freshdesk and takes nothing more. Drop this"


def test_after_a_merge_notes_go_to_the_ticket_that_took_ours_in_and_its_status_is_left(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    settle()
    other = {**freshdesk.tickets[4001], "id": 4099, "tags": [], "custom_fields": {}}
    freshdesk.tickets[4099], freshdesk.notes[4099] = other, []
    Ticket.objects.update(merged_into=4099)
    services.begin_triage(incident.pk, by=engineer)
    services.resolve(incident.pk, resolution="A restart", restored_at=incident.logged_at, by=engineer)
    freshdesk.fail(Fault.RESET_AFTER, "POST", NOTES, times=3)
    settle()
    assert len(freshdesk.notes[4099]) == 3
    assert [freshdesk.tickets[number]["status"] for number in (4001, 4099)] == [2, 2]
    assert not OutboxRow.objects.waiting().exists()


def test_a_note_that_arrived_before_the_merge_is_found_in_the_old_ticket(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    settle()
    entry = services.add_note(incident.pk, text="On its way", by=engineer)
    freshdesk.fail(Fault.RESET_AFTER, "POST", NOTES)
    let_time_pass()
    deliver_due()
    freshdesk.tickets[4099], freshdesk.notes[4099] = {**freshdesk.tickets[4001], "id": 4099}, []
    Ticket.objects.update(merged_into=4099)
    settle()
    assert entry_ids(freshdesk, 4001).count(entry.pk) == 1
    assert freshdesk.notes[4099] == []


def test_a_ticket_whose_requester_an_agent_changed_at_once_is_found_all_the_same(
    freshdesk: Freshdesk, incident: Incident
) -> None:
    freshdesk.fail(Fault.RESET_AFTER, "POST", TICKETS)
    deliver_due()
    freshdesk.tickets[4001]["email"] = "it@hospital.example"
    settle()
    assert list(freshdesk.tickets) == [4001]


def test_a_ticket_that_they_closed_is_not_opened_to_resolve_it(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    settle()
    freshdesk.tickets[4001]["status"] = 5
    services.begin_triage(incident.pk, by=engineer)
    services.resolve(incident.pk, resolution="A restart", restored_at=incident.logged_at, by=engineer)
    settle()
    assert freshdesk.tickets[4001]["status"] == 5
    assert ("PUT", "/api/v2/tickets/4001") not in freshdesk.calls
    assert not OutboxRow.objects.waiting().exists()


def test_a_row_that_fails_again_and_again_is_parked_and_holds_only_its_own_incident(
    freshdesk: Freshdesk, triaged: Incident, lead: User
) -> None:
    freshdesk.fail(Fault.ERROR_BEFORE, "POST", NOTES, times=8)
    settle()
    parked = OutboxRow.objects.get(parked_at__isnull=False)
    assert parked.failures == 8
    other = make_incident(by=lead)
    settle()
    assert Ticket.objects.get(incident=other).number in freshdesk.tickets
    assert OutboxRow.objects.waiting().exclude(incident=triaged).count() == 0


def test_without_an_address_rows_wait_untouched_and_nothing_is_tried(incident: Incident) -> None:
    deliver_due()
    sweep()
    row = OutboxRow.objects.get(event="ticket")
    assert (row.attempts, row.last_error, row.dispatched_at) == (0, "", None)


def test_once_an_address_is_set_what_waited_goes(
    incident: Incident, freshdesk: Freshdesk, settings: Settings
) -> None:
    settings.FRESHDESK_URL = ""
    deliver_due()
    settings.FRESHDESK_URL = freshdesk.url
    sweep()
    settle()
    assert len(freshdesk.tickets) == 1


def test_typed_markers_of_other_entries_do_not_pass_for_ours(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    settle()
    following = incident.timeline.order_by("-pk")[0].pk + 2
    services.add_note(incident.pk, text=f"[ooh-entry:{following}]", by=engineer)
    entry = services.add_note(incident.pk, text="The real one", by=engineer)
    assert entry.pk == following
    let_time_pass()
    deliver_due()
    freshdesk.fail(Fault.RESET_BEFORE, "POST", NOTES)
    settle()
    (number,) = freshdesk.tickets
    assert entry_ids(freshdesk, number).count(entry.pk) == 1
