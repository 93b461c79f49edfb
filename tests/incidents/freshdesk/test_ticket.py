"""What the vendor's desk finds in its ticket."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.models import Conversation, Incident, OutboxRow, Ticket, TimelineEntry, Wall
from incidents.status.services import post_update, resolve_with_update
from incidents.timeline import record
from tests.factories import make_incident
from tests.incidents.driving import deliver_due, settle
from tests.standins.freshdesk import Freshdesk

pytestmark = pytest.mark.django_db


def markers(freshdesk: Freshdesk, number: int) -> list[str]:
    """The last line of each note of the ticket, in its order: `entry:7`."""
    return [note["body_text"].rpartition("[ooh-")[2].rstrip("]") for note in freshdesk.notes[number]]


def entry_ids(freshdesk: Freshdesk, number: int) -> list[int]:
    """The timeline entries whose notes the ticket has, in its order."""
    found = (marker.split(":") for marker in markers(freshdesk, number))
    return [int(entry) for kind, entry in found if kind == "entry"]


def summaries(freshdesk: Freshdesk) -> list[str]:
    """The text of each closing summary, a line for each fact."""
    notes = (note for notes in freshdesk.notes.values() for note in notes)
    return [
        html.unescape(re.sub(r"<[^>]+>", "", note["body"].replace("</div>", "\n")))
        for note in notes if "[ooh-summary:" in note["body"]
    ]  # fmt: skip


def write_note(incident: Incident, entry: TimelineEntry) -> OutboxRow:
    """A delivery that the services would not write."""
    return OutboxRow.objects.create(
        destination="freshdesk", event="note", key=f"by-hand-{entry.pk}", incident=incident,
        payload={"entry": entry.pk}, due_at=timezone.now(),
    )  # fmt: skip


def test_a_whole_incident_becomes_one_ticket_with_a_private_note_for_each_entry_in_order(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    services.add_note(incident.pk, text="The application service does not answer", by=engineer)
    post_update(
        incident.pk, phase="investigating", words="We are looking into it.",
        next_update_due_at=timezone.now() + timedelta(minutes=30), by=engineer,
    )  # fmt: skip
    resolve_with_update(
        incident.pk, resolution="A restart", restored_at=timezone.now(), words="It is resolved.", by=engineer
    )
    settle()
    (number,) = freshdesk.tickets
    assert entry_ids(freshdesk, number) == list(incident.timeline.order_by("pk").values_list("pk", flat=True))
    assert all(note["private"] for note in freshdesk.notes[number])
    resolved = incident.timeline.get(kind="state", data__to="resolved")
    assert markers(freshdesk, number)[-1] == f"summary:{resolved.pk}"
    assert freshdesk.tickets[number]["status"] == 4
    assert not OutboxRow.objects.waiting().exists()


def test_the_ticket_names_the_incident_in_subject_tags_and_field(
    freshdesk: Freshdesk, incident: Incident
) -> None:
    settle()
    (ticket,) = freshdesk.tickets.values()
    reference = incident.reference
    assert ticket["subject"] == f"P1 {reference}: Compucare 8: nobody can sign in (Wexcombe Park Hospital)"
    assert ticket["tags"] == ["ooh", f"ooh-{reference}"]
    assert ticket["custom_fields"] == {"cf_ooh_incident_ref": reference}
    assert (ticket["status"], ticket["priority"], ticket["source"]) == (2, 4, 3)
    assert "01632 960174" in ticket["description"]
    assert Ticket.objects.get(incident=incident).number == ticket["id"]


def test_what_people_typed_is_escaped(freshdesk: Freshdesk, incident: Incident, engineer: User) -> None:
    services.add_note(incident.pk, text='<script>alert("&")</script>\nsecond line', by=engineer)
    settle()
    (notes,) = freshdesk.notes.values()
    assert "&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt;<br>second line" in notes[-1]["body"]
    assert "<script" not in notes[-1]["body"]


def test_a_vendor_row_never_leaves_even_when_a_delivery_was_written_for_it(
    freshdesk: Freshdesk, incident: Incident, analyst: User
) -> None:
    entry = services.add_product_note(incident.pk, text="The licence table is at fault", by=analyst)
    assert not OutboxRow.objects.filter(payload__entry=entry.pk).exists()
    row = write_note(incident, entry)
    settle()
    row.refresh_from_db()
    assert row.parked_at is not None
    assert "vendor row" in row.last_error
    assert "licence" not in str(freshdesk.notes)


def test_patient_data_that_got_past_the_services_is_masked_on_its_way_out(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    record(incident, "sop", "Output of a check", "NHS number 999 012 3456", by=engineer)
    settle()
    (notes,) = freshdesk.notes.values()
    assert "999 012 3456" not in str(notes)
    assert "[NHS number removed]" in notes[-1]["body"]


def test_a_decline_closes_the_ticket(freshdesk: Freshdesk, incident: Incident, engineer: User) -> None:
    services.decline(incident.pk, rule="slow", told_caller="Ring the service desk at 08:00", by=engineer)
    settle()
    (ticket,) = freshdesk.tickets.values()
    assert ticket["status"] == 5


def test_a_status_that_an_agent_set_is_left_while_ours_does_not_change(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    settle()
    (ticket,) = freshdesk.tickets.values()
    ticket["status"] = 6
    services.begin_triage(incident.pk, by=engineer)
    settle()
    assert ticket["status"] == 6
    assert not [call for call in freshdesk.calls if call[0] == "PUT"]


def test_each_note_s_number_is_kept_so_that_it_is_no_news_when_it_comes_back(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    services.add_note(incident.pk, text="The application service does not answer", by=engineer)
    settle()
    ((number, notes),) = freshdesk.notes.items()
    kept = Conversation.objects.filter(ticket__number=number, is_ours=True).order_by("number")
    assert [each.number for each in kept] == [note["id"] for note in notes]
    assert [each.entry_id for each in kept] == entry_ids(freshdesk, number)
    assert all(each.created_at for each in kept)


def test_a_reopened_incident_opens_its_ticket_again(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    services.resolve(incident.pk, resolution="A restart", restored_at=timezone.now(), by=engineer)
    settle()
    services.reopen(incident.pk, reason="It is down again", by=engineer)
    settle()
    (ticket,) = freshdesk.tickets.values()
    assert ticket["status"] == 2


def test_a_note_waits_while_its_ticket_is_missing(freshdesk: Freshdesk, incident: Incident) -> None:
    settle()
    Conversation.objects.all().delete()
    Ticket.objects.all().delete()
    entry = incident.timeline.first()
    assert entry is not None
    row = write_note(incident, entry)
    deliver_due()
    row.refresh_from_db()
    assert (row.done_at, row.parked_at, row.failures) == (None, None, 0)
    assert row.last_error == "Its ticket is not in Freshdesk yet"


def test_a_rehearsal_leaves_no_trace_outside(freshdesk: Freshdesk, engineer: User) -> None:
    rehearsal = make_incident(by=engineer, is_rehearsal=True)
    services.begin_triage(rehearsal.pk, by=engineer)
    assert not rehearsal.deliveries.exists()


def test_entries_of_both_organisations_are_what_leaves(incident: Incident, analyst: User) -> None:
    services.add_product_note(incident.pk, text="Ours alone", by=analyst)
    leaving = set(OutboxRow.objects.filter(event="note").values_list("payload__entry", flat=True))
    assert leaving == set(incident.timeline.exclude(wall=Wall.VENDOR).values_list("pk", flat=True))
