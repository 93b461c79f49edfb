"""Reading a ticket back: when, by whom, from where, and what becomes of it when that fails."""

from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.freshdesk import asking, reading
from incidents.freshdesk.rows import ticket_row
from incidents.freshdesk.tasks import look, read_ticket
from incidents.models import Conversation, Ticket, Wall
from tests.factories import make_incident
from tests.incidents.driving import settle
from tests.incidents.reading_back import entries, look_back, read_due, resolve
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents
from tests.standins.http import Fault

pytestmark = pytest.mark.django_db

ONE = r"/api/v2/tickets/\d+"


@pytest.fixture
def read(ticket: Ticket, freshdesk: Freshdesk, night: Any) -> Ticket:
    """Read a moment ago, so that nothing is due."""
    look_back()
    night.shift(5)
    ticket.refresh_from_db()
    freshdesk.calls.clear()
    return ticket


# ---------- When ----------


def test_a_ticket_that_is_not_due_is_not_asked_for(read: Ticket, freshdesk: Freshdesk) -> None:
    read_ticket(read.pk)
    assert freshdesk.calls == []


def test_after_news_it_is_read_once_more_and_an_open_one_every_ten_minutes(
    read: Ticket, freshdesk: Freshdesk, night: Any
) -> None:
    assert read.read_due_at == timezone.now() + timedelta(seconds=10)
    for seconds in (11, 31):
        night.shift(seconds)
        read_due()
    read.refresh_from_db()
    assert read.read_due_at == timezone.now() + timedelta(minutes=10)
    assert read.read_back_at == timezone.now()


def test_a_change_within_the_second_of_a_reading_is_not_missed(
    read: Ticket, agents: Agents, night: Any
) -> None:
    agents.note(read.number, "One")
    look_back()
    agents.note(read.number, "Two")  # `updated_at` counts seconds: the list says the same as before
    night.shift(61)
    read_due()
    assert [entry.text for entry in entries(read)] == ["One", "Two"]


def test_reading_twice_within_the_second_does_not_end_the_wait_for_another_change(
    read: Ticket, agents: Agents, night: Any
) -> None:
    agents.note(read.number, "One")
    for _ in range(2):
        reading.expect(read.number)
        read_due()
    agents.note(read.number, "Two")
    night.shift(16)
    read_due()
    assert [entry.text for entry in entries(read)] == ["One", "Two"]


def test_the_ticket_of_a_closed_incident_rests_until_somebody_says_that_it_changed(
    read: Ticket, freshdesk: Freshdesk, engineer: User, night: Any
) -> None:
    services.begin_triage(read.incident_id, by=engineer)
    resolve(read, engineer)
    settle()
    for _ in range(3):
        look_back()
        night.shift(120)
    read.refresh_from_db()
    assert read.read_due_at is None


def test_an_open_incidents_ticket_is_read_though_the_list_never_tells(
    read: Ticket, agents: Agents, night: Any
) -> None:
    agents.lag(read.number)
    agents.note(read.number, "Nobody hears of this")
    look_back()
    assert entries(read) == []
    night.shift(700)
    read_due()
    assert [entry.text for entry in entries(read)] == ["Nobody hears of this"]


def test_what_falls_due_during_a_reading_is_read_next_time(
    read: Ticket, freshdesk: Freshdesk, night: Any
) -> None:
    reading.expect(read.number)
    due = timezone.now()
    claim = due + reading.LEASE
    assert Ticket.objects.due(due).filter(pk=read.pk).update(read_due_at=claim)  # another worker reads it
    night.shift(5)
    reading.expect(read.number)  # and a hint comes meanwhile
    reading._done(read.pk, claim, reading.Found(is_news=True))
    assert Ticket.objects.due(timezone.now()).filter(pk=read.pk).exists()


def test_a_worker_that_died_while_it_read_leaves_it_due(read: Ticket, night: Any) -> None:
    reading.expect(read.number)
    Ticket.objects.due(timezone.now()).update(read_due_at=timezone.now() + reading.LEASE)
    night.shift(121)
    assert Ticket.objects.due(timezone.now()).filter(pk=read.pk).exists()


def test_the_sweep_hands_over_what_is_due(read: Ticket, monkeypatch: pytest.MonkeyPatch, night: Any) -> None:
    handed: list[tuple[int, ...]] = []
    monkeypatch.setattr(read_ticket, "apply_async", lambda args, **_: handed.append(args))
    night.shift(61)
    look()
    assert handed == [(read.pk,)]


def test_without_an_address_nothing_is_asked(read: Ticket, freshdesk: Freshdesk, settings: Any) -> None:
    settings.FRESHDESK_URL = ""
    reading.expect(read.number)
    look()
    read_ticket(read.pk)
    assert freshdesk.calls == []


def test_reading_what_has_not_changed_writes_no_line_of_the_audit_trail(read: Ticket, night: Any) -> None:
    before = LogEntry.objects.count()
    night.shift(700)
    read_due()
    assert LogEntry.objects.count() == before


# ---------- What goes wrong ----------


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.SLOW])
def test_whatever_breaks_on_the_way_is_told_and_read_later(
    read: Ticket, freshdesk: Freshdesk, agents: Agents, settings: Any, night: Any, fault: Fault
) -> None:
    settings.FRESHDESK_TIMEOUT = 0.2
    agents.note(read.number, "Still there")
    freshdesk.fail(fault, "GET", ONE)
    reading.expect(read.number)
    read_due()
    read.refresh_from_db()
    assert read.read_error
    assert entries(read) == []
    night.shift(400)
    read_due()
    read.refresh_from_db()
    assert (read.read_error, [entry.text for entry in entries(read)]) == ("", ["Still there"])


def test_being_asked_to_wait_is_heeded(read: Ticket, freshdesk: Freshdesk) -> None:
    freshdesk.retry_after, freshdesk.per_minute = "240", 0
    reading.expect(read.number)
    read_due()
    read.refresh_from_db()
    assert read.read_error == "Freshdesk asked us to wait"
    assert read.read_due_at == timezone.now() + timedelta(seconds=240)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"deleted": True}, "was deleted in Freshdesk, or marked as spam"),
        ({"spam": True}, "was deleted in Freshdesk, or marked as spam"),
        ({"status": "Open"}, "status is not a number"),
        ({"status": None}, "status is not a number"),
        ({"updated_at": None}, "updated_at is not a time"),
        ({"updated_at": "2999-01-01T00:00:00Z"}, "updated_at is not a time"),
        ({"id": "none"}, "id is not a number"),
    ],
)
def test_a_ticket_that_is_gone_or_not_understood_is_told_and_asked_for_again(
    read: Ticket, freshdesk: Freshdesk, change: dict[str, Any], words: str
) -> None:
    freshdesk.tickets[read.number] |= change
    reading.expect(read.number)
    read_due()
    read.refresh_from_db()
    assert words in read.read_error
    assert read.read_due_at == timezone.now() + reading.REST


def test_a_ticket_that_nobody_has_any_more_is_told(read: Ticket, freshdesk: Freshdesk) -> None:
    freshdesk.tickets.clear()
    reading.expect(read.number)
    read_due()
    read.refresh_from_db()
    assert read.read_error == f"Freshdesk no longer has ticket {read.number}"


def test_unknown_fields_and_numbers_as_text_are_no_obstacle(read: Ticket, freshdesk: Freshdesk) -> None:
    there = freshdesk.tickets[read.number]
    freshdesk.tickets[read.number] = {**there, "id": str(read.number), "status": "3", "mood": {"a": [1]}}
    reading.expect(read.number)
    read_due()
    read.refresh_from_db()
    assert (read.seen_status, read.read_error) == (3, "")


def test_a_defect_of_ours_is_told_without_its_words(
    read: Ticket, freshdesk: Freshdesk, agents: Agents, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("NHS 999 012 3456")

    monkeypatch.setattr(reading.asking, "take_in", broken)
    reading.expect(read.number)
    read_due()
    read.refresh_from_db()
    assert read.read_error == "It failed on our side (RuntimeError)"
    assert "3456" not in caplog.text


# ---------- Archived and merged ----------


def test_an_archived_ticket_is_read_from_the_archive_and_then_left(
    read: Ticket, freshdesk: Freshdesk, engineer: User, night: Any
) -> None:
    services.begin_triage(read.incident_id, by=engineer)
    resolve(read, engineer)
    settle()
    look_back()
    freshdesk.archive(read.number)
    reading.expect(read.number)
    read_due()
    read.refresh_from_db()
    assert (read.is_archived, read.read_error) == (True, "")


@pytest.mark.parametrize("has_them", [True, False])
def test_what_was_said_just_before_a_ticket_was_archived_is_read_where_the_account_gives_it(
    read: Ticket, agents: Agents, freshdesk: Freshdesk, has_them: bool
) -> None:
    freshdesk.has_archived_conversations = has_them
    agents.reply(read.number, "It is back")
    freshdesk.archive(read.number)
    reading.expect(read.number)
    read_due()
    assert [entry.text for entry in entries(read)] == ["It is back"] * has_them
    read.refresh_from_db()
    assert (read.is_archived, read.read_error) == (True, "")


def test_a_merged_ticket_is_followed_and_the_timeline_says_so(
    read: Ticket, agents: Agents, freshdesk: Freshdesk, engineer: User, night: Any
) -> None:
    primary = agents.opened(status=3)
    agents.merge(primary, read.number)
    look_back()
    read.refresh_from_db()
    assert (read.merged_into, read.current_number, read.seen_status) == (primary, primary, 3)
    assert read.asked_at is None  # it was closed by the merge, and nobody resolved anything
    told, counterpart = entries(read)
    assert told.title == f"Ticket {read.number} was merged into ticket {primary} in Freshdesk"
    assert told.wall == Wall.SERVICE
    assert f"Ticket with ID {read.number}" in counterpart.text
    services.add_note(read.incident_id, text="And on", by=engineer)
    settle()
    assert "And on" in freshdesk.notes[primary][-1]["body"]


def test_a_merge_is_told_once_and_what_is_said_there_comes_in(
    read: Ticket, agents: Agents, night: Any
) -> None:
    primary = agents.opened()
    agents.merge(primary, read.number)
    for number in range(3):
        night.shift(61)
        agents.reply(primary, f"Reply {number}")
        look_back()
    texts = [entry.text for entry in entries(read)]
    assert texts[0] == "Notes go there from now on."
    assert texts[-3:] == ["Reply 0", "Reply 1", "Reply 2"]
    assert len(texts) == 5


def test_a_merge_into_a_ticket_that_is_merged_itself_is_followed_to_its_end(
    read: Ticket, agents: Agents
) -> None:
    first, last = agents.opened(), agents.opened()
    agents.merge(last, first)
    agents.merge(first, read.number)
    look_back()
    read.refresh_from_db()
    assert read.merged_into == last


@pytest.mark.parametrize(
    "words",
    ["closed and merged into ticket 99999", "closed and merged into ticket {number}", "merged into 5"],
)
def test_a_note_that_names_no_other_ticket_merges_nothing(read: Ticket, agents: Agents, words: str) -> None:
    agents.note(read.number, words.format(number=read.number))
    agents.set(read.number, status=5)
    look_back()
    read.refresh_from_db()
    assert read.merged_into is None
    assert entries(read)[0].wall == Wall.VENDOR


def test_a_requester_cannot_merge_anything(read: Ticket, agents: Agents) -> None:
    primary = agents.opened()
    agents.reply(read.number, f"This ticket is closed and merged into ticket {primary}", incoming=True)
    agents.set(read.number, status=5)
    look_back()
    read.refresh_from_db()
    assert read.merged_into is None


def test_what_was_read_before_the_merge_was_seen_is_not_the_primarys(read: Ticket, agents: Agents) -> None:
    late = ticket_row({**agents.there.tickets[read.number], "status": 5})
    primary = agents.opened()
    agents.merge(primary, read.number)
    look_back()
    assert not asking.take_in(read.pk, late, written=2)
    read.refresh_from_db()
    assert (read.seen_status, read.asked_at) == (2, None)


def test_an_account_in_another_language_names_its_words(read: Ticket, agents: Agents, settings: Any) -> None:
    settings.FRESHDESK_MERGED_WORDS = "wurde zusammengeführt mit Ticket"
    primary = agents.opened()
    agents.merge(primary, read.number, words="Dieses Ticket wurde zusammengeführt mit Ticket {}")
    look_back()
    read.refresh_from_db()
    assert read.merged_into == primary


def test_two_incidents_whose_tickets_became_one_are_both_told(
    read: Ticket, agents: Agents, freshdesk: Freshdesk, engineer: User, night: Any
) -> None:
    other = make_incident(by=engineer)
    settle()
    night.shift(60)
    second = Ticket.objects.get(incident=other)
    primary = agents.opened()
    agents.merge(primary, read.number, second.number)
    look_back()
    services.add_note(other.pk, text="Ours", by=engineer)
    settle()
    night.shift(60)
    agents.reply(primary, "It is back for all")
    look_back()
    for ticket in (read, second):
        assert [entry.text for entry in entries(ticket)].count("It is back for all") == 1
    assert Conversation.objects.filter(is_ours=True, ticket=second).exists()
    assert "Ours" not in "".join(entry.text for entry in entries(read))
