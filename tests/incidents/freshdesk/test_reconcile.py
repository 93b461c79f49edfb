"""`manage.py freshdesk reconcile`: what is missing here is repaired, what is missing there is asked for."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.models import Conversation, Incident, OutboxRow, Ticket
from tests.factories import make_incident
from tests.incidents.driving import settle
from tests.incidents.freshdesk.test_ticket import entry_ids
from tests.standins.freshdesk import Freshdesk
from tests.standins.http import Fault

pytestmark = pytest.mark.django_db


@pytest.fixture
def there(freshdesk: Freshdesk, incident: Incident, engineer: User) -> Freshdesk:
    """The incident is over there, whole."""
    services.begin_triage(incident.pk, by=engineer)
    settle()
    freshdesk.calls.clear()
    return freshdesk


def reconcile(*arguments: str) -> tuple[list[str], str]:
    """Its lines, and what it ends with; empty when nothing is left to look at."""
    out, ending = io.StringIO(), ""
    try:
        call_command("freshdesk", "reconcile", *arguments, stdout=out)
    except CommandError as error:
        ending = str(error)
    return out.getvalue().splitlines(), ending


def forget(incident: Incident) -> None:
    """As after a backup was put back: neither the ticket nor that anything was sent is known here."""
    Conversation.objects.filter(ticket__incident=incident).delete()
    Ticket.objects.filter(incident=incident).delete()
    OutboxRow.objects.filter(incident=incident, event__in=("ticket", "note")).update(
        done_at=None, due_at=timezone.now()
    )


def assert_whole(freshdesk: Freshdesk, incident: Incident) -> None:
    """One ticket, each note once, and all of it known here."""
    settle()
    assert list(freshdesk.tickets) == [4001]
    assert sorted(entry_ids(freshdesk, 4001)) == sorted(incident.timeline.values_list("pk", flat=True))
    assert set(Conversation.objects.values_list("number", flat=True)) >= {
        note["id"] for note in freshdesk.notes[4001]
    }
    assert not OutboxRow.objects.waiting().exists()


def test_two_sides_that_agree_are_told_so_and_only_read(there: Freshdesk, incident: Incident) -> None:
    assert reconcile() == (["Both sides say the same."], "")
    assert {method for method, _ in there.calls} == {"GET"}


def test_what_is_there_and_not_known_here_is_repaired_here(there: Freshdesk, incident: Incident) -> None:
    forget(incident)
    lines, ending = reconcile()
    assert ending == ""
    assert lines[0] == f"repaired  {incident}: its ticket 4001 was there, and is known here now"
    assert [line[:9] for line in lines] == ["repaired "] * 4
    assert {method for method, _ in there.calls} == {"GET"}
    assert_whole(there, incident)
    assert reconcile()[0] == ["Both sides say the same."]


def test_what_was_said_there_meanwhile_is_read_back(there: Freshdesk, incident: Incident) -> None:
    assert not Ticket.objects.due(timezone.now()).exists()
    reconcile()
    assert Ticket.objects.due(timezone.now()).get().incident == incident


def test_a_note_whose_number_alone_is_missing_is_known_again(there: Freshdesk, incident: Incident) -> None:
    Conversation.objects.filter(number=7002).delete()
    lines, _ = reconcile()
    assert len(lines) == 1
    assert Conversation.objects.get(number=7002).is_ours


def test_a_parked_note_that_is_there_is_parked_no_longer(there: Freshdesk, incident: Incident) -> None:
    OutboxRow.objects.filter(event="note").update(parked_at=timezone.now(), done_at=None)
    reconcile()
    assert not OutboxRow.objects.waiting().exists()


def test_a_note_that_is_missing_there_is_asked_for_and_then_sent(
    there: Freshdesk, incident: Incident
) -> None:
    there.notes[4001].pop(0)
    lines, ending = reconcile()
    assert ending == ""
    assert lines[0].startswith(f"queued    {incident}: a note of ")
    assert lines[0].endswith(" is not in ticket 4001. It is asked for, then sent")
    there.calls.clear()
    assert_whole(there, incident)
    assert [method for method, _ in there.calls] == ["GET", "POST"]


def test_a_note_that_comes_back_before_it_is_sent_again_is_not_doubled(
    there: Freshdesk, incident: Incident
) -> None:
    note = there.notes[4001].pop(0)
    reconcile()
    there.notes[4001].append(note)
    assert_whole(there, incident)


def test_a_success_without_a_ticket_is_asked_for_and_made(there: Freshdesk, incident: Incident) -> None:
    forget(incident)
    OutboxRow.objects.filter(event="ticket").update(done_at=timezone.now())
    there.tickets.clear()
    there.notes.clear()
    lines, _ = reconcile()
    assert lines[0] == f"queued    {incident} has no ticket. It is asked for, then made"
    assert_whole(there, incident)


def test_several_tickets_of_one_incident_are_told(there: Freshdesk, incident: Incident) -> None:
    there.tickets[4002] = {**there.tickets[4001], "id": 4002}
    lines, ending = reconcile()
    assert lines == [f"look      {incident} has several tickets: 4001, 4002. Merge them into 4001"]
    assert ending == "1 to look at."
    there.tickets[4002]["status"] = 5
    assert reconcile()[1] == ""


def test_a_note_that_is_there_twice_is_told(there: Freshdesk, incident: Incident) -> None:
    there.notes[4001].append({**there.notes[4001][0], "id": 7999})
    lines, ending = reconcile()
    assert lines[-1].endswith(" is there 2 times. Delete what is too much")
    assert ending == "1 to look at."


def test_a_note_of_an_agent_that_quotes_ours_is_none_of_ours(there: Freshdesk, incident: Incident) -> None:
    quoted = there.notes[4001][0]["body_text"]
    there.notes[4001].append({**there.notes[4001][0], "id": 7999, "body_text": f"{quoted}\nWe saw that"})
    assert reconcile() == (["Both sides say the same."], "")
    assert not Conversation.objects.filter(number=7999).exists()


def test_a_ticket_that_was_deleted_there_is_told_and_not_made_again(
    there: Freshdesk, incident: Incident
) -> None:
    there.tickets.clear()
    lines, ending = reconcile()
    assert lines == [f"look      {incident}: its ticket 4001 is not there. Restore it there"]
    assert ending == "1 to look at."
    settle()
    assert there.tickets == {}


def test_an_archived_ticket_is_as_it_should_be(there: Freshdesk, incident: Incident) -> None:
    there.archive(4001)
    assert reconcile() == (["Both sides say the same."], "")


def test_notes_of_a_merged_ticket_are_looked_for_in_both(there: Freshdesk, incident: Incident) -> None:
    there.tickets[4099], there.notes[4099] = {**there.tickets[4001], "id": 4099, "tags": []}, []
    there.tickets[4099]["custom_fields"] = {}
    there.notes[4099].append(there.notes[4001].pop())
    Ticket.objects.update(merged_into=4099)
    assert reconcile() == (["Both sides say the same."], "")


def test_a_ticket_with_a_reference_that_is_not_here_is_told(there: Freshdesk, incident: Incident) -> None:
    stray = {**there.tickets[4001], "id": 4050, "tags": ["OOH-OOH-2020-00007"], "custom_fields": {}}
    there.tickets[4050] = stray
    lines, _ = reconcile()
    assert lines == ["look      Ticket 4050 bears the tag of OOH-2020-00007, which is not here"]


def test_what_waits_here_is_told_and_left_to_the_outbox(
    there: Freshdesk, incident: Incident, engineer: User
) -> None:
    services.add_note(incident.pk, text="One", by=engineer)
    assert reconcile() == ([f"waits     {incident}: 1 not sent yet"], "")


def test_a_rehearsal_and_old_incidents_are_not_looked_at(
    there: Freshdesk, incident: Incident, engineer: User
) -> None:
    make_incident(by=engineer, is_rehearsal=True)
    long_ago = timezone.now() - timedelta(days=9)
    Incident.objects.filter(pk=incident.pk).update(changed_at=long_ago)
    there.tickets[4001] |= {"updated_at": long_ago.strftime("%Y-%m-%dT%H:%M:%SZ"), "due_by": "is known"}
    there.notes[4001].clear()
    assert reconcile() == (["Both sides say the same."], "")
    assert reconcile("--days", "10")[0] != ["Both sides say the same."]


def test_a_freshdesk_that_cannot_say_repairs_nothing_and_queues_nothing(
    there: Freshdesk, incident: Incident
) -> None:
    there.notes[4001].pop()
    there.fail(Fault.ERROR_BEFORE, "GET", ".*/conversations")
    lines, ending = reconcile()
    assert lines == []
    assert ending.startswith("Stopped: Freshdesk cannot answer now (503). What was repaired stays.")
    assert not OutboxRow.objects.waiting().exists()


@pytest.mark.parametrize("days", ["0", "29", "-1"])
def test_days_beyond_what_freshdesk_lists_are_refused(days: str) -> None:
    with pytest.raises(CommandError, match="Use 1 to 28"):
        call_command("freshdesk", "reconcile", f"--days={days}")
