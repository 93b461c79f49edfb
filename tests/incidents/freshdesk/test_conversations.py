"""What the vendor's desk says in the ticket comes into the timeline, for the right eyes, once and masked."""

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core import serializers
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from incidents import services
from incidents.models import Conversation, Incident, Kind, OutboxRow, Ticket, TimelineEntry, Wall
from tests.incidents.driving import settle
from tests.incidents.reading_back import entries, look_back, read_due
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents

pytestmark = pytest.mark.django_db


def test_a_private_note_of_the_vendors_agents_is_a_vendor_row(
    ticket: Ticket, agents: Agents, engineer: User, analyst: User
) -> None:
    agents.note(ticket.number, "<div>The licence table<br>was <b>migrated</b> on Friday</div>")
    look_back()
    (entry,) = entries(ticket)
    assert (entry.wall, entry.kind) == (Wall.VENDOR, Kind.PRODUCT_NOTE)
    assert (entry.title, str(entry.by)) == ("Private note in Freshdesk", "Vendor’s desk")
    assert entry.text == "The licence table\nwas migrated on Friday"
    assert entry not in ticket.incident.timeline.visible_to(engineer)
    assert entry in ticket.incident.timeline.visible_to(analyst)


@pytest.mark.parametrize(
    "html",
    ["<p>#ooh The team is on it</p>", "<p>The team is on it #OOH</p>", "<div>On it.<br>#ooh, in case</div>"],
)
def test_a_note_with_the_tag_is_read_by_both_organisations(
    ticket: Ticket, agents: Agents, engineer: User, html: str
) -> None:
    agents.note(ticket.number, html)
    look_back()
    (entry,) = entries(ticket)
    assert (entry.wall, entry.kind, entry.title) == (Wall.SERVICE, Kind.NOTE, "Note from Freshdesk")
    assert entry in ticket.incident.timeline.visible_to(engineer)


@pytest.mark.parametrize(
    "html",
    [
        "<p>#oohs and others</p>", "<p>#ooh-internal</p>", "<p>look at x#ooh</p>", "<p>ooh</p>",
        "<blockquote>#ooh The team is on it</blockquote><p>Do not tell them</p>",
        '<p title="#ooh">Do not tell them</p>', "<!-- #ooh --><p>Do not tell them</p>", "<p>##ooh</p>",
    ],
)  # fmt: skip
def test_only_the_tag_itself_in_an_agents_own_words_opens_a_private_note(
    ticket: Ticket, agents: Agents, html: str
) -> None:
    agents.note(ticket.number, html)
    look_back()
    assert [entry.wall for entry in entries(ticket)] == [Wall.VENDOR]


@pytest.mark.parametrize(
    "fields",
    [
        {"source": 8},
        {"source": None},
        {"incoming": True},
        {"private": None},
        {"private": "false", "source": 0},
    ],
)
def test_what_is_not_understood_stays_with_the_vendor(
    ticket: Ticket, agents: Agents, fields: dict[str, Any]
) -> None:
    words = "Forwarded #ooh" if "private" not in fields else "Said"
    agents.note(ticket.number, words, **fields)
    look_back()
    assert [entry.wall for entry in entries(ticket)] == [Wall.VENDOR]


def test_without_an_agreed_tag_no_private_note_is_shared(
    ticket: Ticket, agents: Agents, settings: Settings
) -> None:
    settings.FRESHDESK_SHARED_TAG = ""
    agents.note(ticket.number, "#ooh")
    look_back()
    assert [entry.wall for entry in entries(ticket)] == [Wall.VENDOR]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({}, "Public reply in Freshdesk"),
        ({"source": 2}, "Public reply in Freshdesk"),
        ({"incoming": True}, "Reply of the requester in Freshdesk"),
    ],
)
def test_a_public_reply_is_read_by_both_organisations(
    ticket: Ticket, agents: Agents, fields: dict[str, Any], title: str
) -> None:
    agents.reply(ticket.number, "We restart it at 03:00", **fields)
    look_back()
    (entry,) = entries(ticket)
    assert (entry.wall, entry.title, entry.text) == (Wall.SERVICE, title, "We restart it at 03:00")


def test_our_own_notes_come_back_as_no_news(ticket: Ticket, engineer: User, freshdesk: Freshdesk) -> None:
    services.add_note(ticket.incident_id, text="Nobody can sign in\nat both sites", by=engineer)
    settle()
    look_back()
    assert len(freshdesk.notes[ticket.number]) == 3
    assert entries(ticket) == []


def test_an_echo_is_known_by_what_it_says_before_its_number_is_kept(
    ticket: Ticket, engineer: User, freshdesk: Freshdesk
) -> None:
    services.add_note(ticket.incident_id, text="He said “503 & <nothing>”\nsecond line", by=engineer)
    settle()
    services.decline(ticket.incident_id, rule="slow", told_caller="Ring at 08:00", by=engineer)
    settle()
    Conversation.objects.all().delete()  # the worker ended between the answer and our rows
    look_back()
    assert entries(ticket) == []
    assert Conversation.objects.filter(ticket=ticket, is_ours=True).count() == 5  # the closing summary too


def test_an_agent_who_copies_our_note_and_adds_to_it_has_said_something(
    ticket: Ticket, agents: Agents, freshdesk: Freshdesk
) -> None:
    ours = freshdesk.notes[ticket.number][0]["body"]
    agents.note(ticket.number, f"<p>Not so: it was the firewall.</p>{ours}")
    look_back()
    (entry,) = entries(ticket)
    assert entry.text.startswith("Not so: it was the firewall.")


def test_what_came_from_freshdesk_never_goes_back_there(
    ticket: Ticket, agents: Agents, freshdesk: Freshdesk
) -> None:
    before = OutboxRow.objects.count()
    agents.note(ticket.number, "#ooh We are on it")
    agents.reply(ticket.number, "It is back")
    look_back()
    settle()
    assert len(entries(ticket)) == 2
    assert OutboxRow.objects.count() == before
    assert len(freshdesk.notes[ticket.number]) == 4


def test_reading_again_and_again_adds_nothing(ticket: Ticket, agents: Agents, night: Any) -> None:
    agents.note(ticket.number, "Once")
    for _ in range(4):
        look_back()
        night.shift(70)
    assert len(entries(ticket)) == 1


def test_an_edited_note_appends_a_row_that_supersedes(ticket: Ticket, agents: Agents, night: Any) -> None:
    number = agents.note(ticket.number, "It is the network")
    look_back()
    night.shift(300)
    agents.edit(number, "It is the database")
    look_back()
    first, second = entries(ticket)
    assert (first.text, second.text) == ("It is the network", "It is the database")
    assert second.supersedes == first
    assert second.title == "Private note in Freshdesk, edited"
    assert (second.happened_at - first.happened_at).total_seconds() == 300


def test_a_tag_that_is_added_later_shares_the_note_from_then_on(
    ticket: Ticket, agents: Agents, night: Any
) -> None:
    number = agents.note(ticket.number, "It is the network")
    look_back()
    night.shift(60)
    agents.edit(number, "It is the network #ooh")
    look_back()
    assert [entry.wall for entry in entries(ticket)] == [Wall.VENDOR, Wall.SERVICE]


def test_a_deleted_note_is_left(ticket: Ticket, agents: Agents, freshdesk: Freshdesk, night: Any) -> None:
    agents.note(ticket.number, "It is the network")
    look_back()
    night.shift(60)
    freshdesk.notes[ticket.number].pop()
    agents.set(ticket.number, priority=3)
    look_back()
    assert [entry.text for entry in entries(ticket)] == ["It is the network"]


def test_attachments_are_counted_and_not_fetched(
    ticket: Ticket, agents: Agents, freshdesk: Freshdesk
) -> None:
    file = {"id": 1, "name": "Hollis, Margaret.pdf", "attachment_url": f"{freshdesk.url}/file", "size": 9}
    agents.note(ticket.number, "See these", attachments=[file, file])
    agents.note(ticket.number, "<img src='x'>", attachments=[])
    look_back()
    assert [entry.text for entry in entries(ticket)] == [
        "See these\n\n2 attachments in Freshdesk.", "No words that can be shown here. See it in Freshdesk."
    ]  # fmt: skip
    assert ("GET", "/file") not in freshdesk.calls


def test_rows_that_arrive_out_of_order_stand_as_they_happened(
    ticket: Ticket, agents: Agents, freshdesk: Freshdesk, night: Any
) -> None:
    agents.note(ticket.number, "First")
    night.shift(60)
    agents.note(ticket.number, "Second")
    late = freshdesk.notes[ticket.number].pop(-2)
    look_back()
    freshdesk.notes[ticket.number].append(late)
    night.shift(60)
    agents.set(ticket.number, priority=3)
    look_back()
    read = ticket.incident.timeline.filter(by=User.objects.vendors_desk())
    assert [entry.text for entry in read] == ["Second", "First"]  # newest first
    first = read[1]
    assert first.written_at > first.happened_at


@pytest.mark.parametrize(
    "html", ["NHS 999 012 3456", "<b>NHS</b> 999<i>012</i>3456", "NHS&nbsp;999-012-3456"]
)
@pytest.mark.parametrize("tag", ["", " #ooh"])
def test_patient_data_is_masked_before_anything_is_stored_or_logged(
    ticket: Ticket, agents: Agents, html: str, tag: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    agents.note(ticket.number, f"Cannot open {html} for patient Margaret Hollis{tag}")
    look_back()
    (entry,) = entries(ticket)
    assert "[NHS number removed]" in entry.text
    models = (TimelineEntry, Conversation, Ticket, LogEntry, Incident)
    stored = "".join(serializers.serialize("json", model._base_manager.all()) for model in models)
    for secret in ("9990123456", "012 3456", "012-3456", "Hollis"):
        assert secret not in stored + caplog.text


def test_two_notes_that_differ_in_what_was_masked_look_the_same_to_whoever_reads_the_database(
    ticket: Ticket, agents: Agents
) -> None:
    agents.note(ticket.number, "NHS 999 012 3456")
    agents.note(ticket.number, "NHS 999 037 3472")
    look_back()
    digests = set(Conversation.objects.exclude(digest="").values_list("digest", flat=True))
    assert len(entries(ticket)) == 2
    assert len(digests) == 1


def test_no_markup_survives(ticket: Ticket, agents: Agents, browse: Any, analyst: User) -> None:
    agents.note(ticket.number, "<script>alert(1)</script>&lt;img src=x onerror=alert(2)&gt;<b>bold</b>")
    look_back()
    page = browse(analyst).get(f"/incidents/{ticket.incident}/").content.decode()
    assert "&lt;img src=x onerror=alert(2)&gt;bold" in page
    assert "<script>alert" not in page


def test_a_very_long_note_is_cut_and_says_where_the_rest_is(ticket: Ticket, agents: Agents) -> None:
    agents.note(ticket.number, "word " * 3000)
    look_back()
    (entry,) = entries(ticket)
    assert len(entry.text) < 5000
    assert entry.text.endswith("It is longer. The rest is in Freshdesk.")


def test_one_bad_row_does_not_stop_the_rest_and_is_told(
    ticket: Ticket, agents: Agents, freshdesk: Freshdesk, night: Any
) -> None:
    agents.note(ticket.number, "Bad")
    agents.note(ticket.number, "Good")
    freshdesk.notes[ticket.number][-2]["created_at"] = "yesterday"
    look_back()
    ticket.refresh_from_db()
    assert [entry.text for entry in entries(ticket)] == ["Good"]
    assert ticket.read_error == "1 note could not be read"
    freshdesk.notes[ticket.number][-2]["created_at"] = "2026-11-22T02:08:00Z"
    night.shift(400)
    read_due()
    ticket.refresh_from_db()
    assert [entry.text for entry in entries(ticket)] == ["Good", "Bad"]
    assert ticket.read_error == ""


def test_what_was_said_before_the_incident_is_left_out(
    ticket: Ticket, agents: Agents, freshdesk: Freshdesk
) -> None:
    agents.note(ticket.number, "Of last week", created_at="2026-11-15T02:00:00Z")
    look_back()
    assert entries(ticket) == []


def test_reading_costs_the_same_queries_however_many_notes_there_are(
    ticket: Ticket, agents: Agents, night: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        agents.note(ticket.number, f"Note {number}")
    look_back()
    night.shift(70)
    read_due()
    night.shift(700)
    with django_assert_num_queries(19):
        read_due()
