"""The closing summary: what the vendor's desk reads first in the morning."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.models import Incident, OutboxRow
from incidents.status.services import post_update, resolve_with_update
from incidents.timeline import record
from tests.factories import make_incident
from tests.incidents.driving import settle
from tests.incidents.freshdesk.test_ticket import markers, summaries
from tests.standins.freshdesk import Freshdesk

pytestmark = pytest.mark.django_db


@pytest.fixture
def night_s_work(incident: Incident, engineer: User, lead: User) -> Incident:
    """An incident with something of everything, resolved an hour after it began."""
    services.begin_triage(incident.pk, by=engineer)
    services.add_note(incident.pk, text="The application service does not answer", by=engineer)
    record(incident, "call", "Rang IT on-call manager", by=lead)
    services.start_sop(incident.pk, sop="SOP-012 version 3", by=engineer)
    Incident.objects.filter(pk=incident.pk).update(has_running_sop=False)
    post_update(
        incident.pk, phase="investigating", words="We are looking into it.",
        next_update_due_at=timezone.now() + timedelta(minutes=30), by=lead,
    )  # fmt: skip
    resolve_with_update(
        incident.pk, resolution="A restart of <the> application service",
        restored_at=incident.unavailable_since + timedelta(minutes=78), words="It is resolved.", by=engineer,
    )  # fmt: skip
    return incident


def test_it_says_what_failed_since_when_what_restored_it_and_who_did_what(
    freshdesk: Freshdesk, night_s_work: Incident, engineer: User, lead: User
) -> None:
    settle()
    (told,) = summaries(freshdesk)
    lines = told.splitlines()
    assert lines[0] == f"Closing summary of {night_s_work.reference}"
    assert lines[1] == (
        "What failed: Compucare 8: nobody can sign in. Everyone, at every site. Wexcombe Park Hospital"
    )
    assert lines[2] == "Since: about Sun 22 Nov 02:07 GMT"
    assert "Restored: Sun 22 Nov 03:25 GMT, after 1 h 18 min" in lines
    assert "What restored it: A restart of <the> application service" in lines
    assert "Counted: 2 status updates, 2 calls, 1 SOP run, 0 pages" in lines
    did_engineer, did_lead = lines[-3:-1]
    assert did_engineer.startswith(f"{engineer}: ")
    assert did_lead.startswith(f"{lead}: ")
    assert [word for word in ("took it ", "started an SOP ", "resolved it ") if word in did_engineer] == [
        "took it ", "started an SOP ", "resolved it ",
    ]  # fmt: skip
    assert "1 note" in did_engineer
    assert did_lead.endswith(": 1 status update, 1 call")


def test_it_comes_before_the_status_that_closes_the_ticket(
    freshdesk: Freshdesk, night_s_work: Incident
) -> None:
    settle()
    (number,) = freshdesk.tickets
    assert markers(freshdesk, number)[-1].startswith("summary:")
    assert freshdesk.calls[-1] == ("PUT", f"/api/v2/tickets/{number}")


def test_it_is_escaped_and_masked(freshdesk: Freshdesk, night_s_work: Incident) -> None:
    settle()
    (note,) = (note for note in freshdesk.notes[4001] if "ooh-summary" in note["body"])
    assert "&lt;the&gt;" in note["body"]
    assert "<the>" not in note["body"]


def test_patient_data_that_got_past_the_services_is_masked(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    services.resolve(incident.pk, resolution="A restart", restored_at=timezone.now(), by=engineer)
    leak = {"override_reason": "NHS number 999 012 3456", "override_by": engineer}
    Incident.objects.filter(pk=incident.pk).update(**leak)
    settle()
    (told,) = summaries(freshdesk)
    assert "999 012 3456" not in told
    assert f"Gate: Accepted. Overridden by {engineer}: NHS number [NHS number removed]" in told


def test_no_vendor_row_is_counted_or_told(freshdesk: Freshdesk, incident: Incident, analyst: User) -> None:
    services.add_product_note(incident.pk, text="The licence table is at fault", by=analyst)
    Incident.objects.filter(pk=incident.pk).update(state="handed_over", owner_side="vendor")
    services.resolve(incident.pk, resolution="A patch", restored_at=timezone.now(), by=analyst)
    settle()
    (told,) = summaries(freshdesk)
    assert "licence" not in told
    assert [line for line in told.splitlines() if line.startswith(str(analyst))] == [
        f"{analyst}: resolved it {told.rpartition('resolved it ')[2].splitlines()[0]}"
    ]


def test_of_a_decline_it_says_the_rule_and_what_the_caller_was_told(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    services.decline(incident.pk, rule="slow", told_caller="Ring the service desk at 08:00", by=engineer)
    settle()
    (told,) = summaries(freshdesk)
    assert "by the rule “slow”" in told
    assert "The caller was told: Ring the service desk at 08:00" in told
    assert "What restored it" not in told


def test_however_late_it_is_sent_it_tells_of_the_time_when_it_was_closed(
    freshdesk: Freshdesk, night_s_work: Incident, lead: User
) -> None:
    services.reopen(night_s_work.pk, reason="It is down again", by=lead)
    services.add_note(night_s_work.pk, text="Written afterwards", by=lead)
    settle()
    (told,) = summaries(freshdesk)
    assert "Restored: Sun 22 Nov 03:25 GMT" in told
    assert "reopened" not in told
    assert freshdesk.tickets[4001]["status"] == 2


def test_each_closing_has_one_and_a_rehearsal_none(
    freshdesk: Freshdesk, night_s_work: Incident, engineer: User
) -> None:
    services.reopen(night_s_work.pk, reason="It is down again", by=engineer)
    if Incident.objects.get(pk=night_s_work.pk).state == "handed_over":
        Incident.objects.filter(pk=night_s_work.pk).update(state="triaging", owner_side="partner")
    Incident.objects.filter(pk=night_s_work.pk).update(public_phase="resolved")
    services.resolve(night_s_work.pk, resolution="Another restart", restored_at=timezone.now(), by=engineer)
    settle()
    assert len(summaries(freshdesk)) == 2
    rehearsal = make_incident(by=engineer, is_rehearsal=True)
    services.decline(rehearsal.pk, rule="slow", told_caller="Nothing", by=engineer)
    assert not OutboxRow.objects.filter(incident=rehearsal).exists()
