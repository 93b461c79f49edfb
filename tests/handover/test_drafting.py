"""A handover drafts itself from what both organisations may read, and from nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from handover import services
from handover.models import SECTIONS, HandoverItem
from incidents import services as incidents
from incidents.calls import log_call
from incidents.status.services import post_update
from tests import factories

SECRET = "The licence table is locked by the invoice batch"


def words(item: HandoverItem) -> str:
    return "\n".join(getattr(item, name) for name in SECTIONS)


def test_each_open_incident_of_the_giving_side_is_an_item(draft, incident):
    assert [item.incident for item in draft.items.all()] == [incident]


def test_an_incident_of_the_other_side_a_closed_one_and_a_rehearsal_are_no_items(morning, engineer):
    handed = factories.make_incident(by=engineer)
    type(handed).objects.filter(pk=handed.pk).update(owner_side="vendor", state="handed_over")
    closed = factories.make_incident(by=engineer)
    incidents.begin_triage(closed.pk, by=engineer)
    incidents.decline(closed.pk, rule="scope", told_caller="Ring the desk from 08:00", by=engineer)
    factories.make_incident(by=engineer, is_rehearsal=True)
    assert not services.draft("to_vendor", by=engineer).items.exists()


def test_the_situation_says_what_who_since_when_and_what_the_public_was_told(
    morning, triaging, engineer, customer
):
    due = timezone.now() + timedelta(minutes=30)
    post_update(
        triaging.pk, phase="investigating", words="Users cannot sign in.", next_update_due_at=due, by=engineer
    )
    situation = services.draft("to_vendor", by=engineer).items.get().situation
    assert situation.splitlines() == [
        "Compucare 8: nobody can sign in. Everyone, at every site.",
        "Triaging. Unavailable since about Sun 22 Nov 02:07 GMT.",
        "Last public update: investigating, Mon 23 Nov 08:00 GMT. Next due Mon 23 Nov 08:30 GMT.",
    ]


def test_nothing_told_to_the_public_is_said_too(draft):
    assert "Nothing was told to the public." in draft.items.get().situation


def test_a_promise_to_ring_back_is_carried_over_with_name_number_and_time(morning, triaging, engineer):
    log_call(
        triaging.pk, direction="in", who="IT on-call manager", number="01632 960174", outcome="spoke",
        next_call_at=timezone.now() + timedelta(minutes=30), by=engineer,
    )  # fmt: skip
    item = services.draft("to_vendor", by=engineer).items.get()
    assert item.promises.splitlines()[0] == (
        "Ring IT on-call manager back on 01632 960174 by Mon 23 Nov 08:30 GMT. "
        "Promised Mon 23 Nov 08:00 GMT by OOH engineer 1."
    )


def test_a_promise_of_theirs_is_carried_over_with_what_to_do_if_it_is_not_kept(morning, triaging, engineer):
    log_call(
        triaging.pk, direction="out", who="Database on call", number="07700 900141",
        outcome="will_call_back", next_call_at=timezone.now() + timedelta(minutes=30), by=engineer,
    )  # fmt: skip
    item = services.draft("to_vendor", by=engineer).items.get()
    assert item.promises.splitlines()[0] == (
        "Database on call rings us by Mon 23 Nov 08:30 GMT. If not, ring them on 07700 900141."
    )


def test_a_promise_that_was_kept_is_not_carried_over(morning, triaging, engineer):
    soon = timezone.now() + timedelta(minutes=30)
    log_call(triaging.pk, direction="in", who="IT", outcome="spoke", next_call_at=soon, by=engineer)
    log_call(triaging.pk, direction="out", who="IT", outcome="spoke", by=engineer)
    assert "Ring" not in services.draft("to_vendor", by=engineer).items.get().promises


def test_the_background_tells_of_calls_notes_and_pages_and_whether_they_were_answered(
    morning, triaging, engineer, team
):
    incidents.add_note(triaging.pk, text="Both instances unhealthy", by=engineer)
    page = services.escalate(triaging.pk, team=team, reason="Infrastructure is well", by=engineer)
    unanswered = services.draft("to_vendor", by=engineer).items.get().background
    assert "Both instances unhealthy" in unanswered
    assert "Paged Database on call, Mon 23 Nov 08:00 GMT: not answered." in unanswered
    services.acknowledge(page.pk, answer="Database specialist looks at it", by=engineer)
    answered = services.draft("to_vendor", by=engineer).items.get().background
    assert "answered Mon 23 Nov 08:00 GMT by OOH engineer 1: Database specialist looks at it." in answered


def test_product_notes_never_appear_in_any_text_of_a_handover(
    closed, incident, analyst, engineer, to_partner
):
    incidents.add_product_note(incident.pk, text=SECRET, by=analyst)
    evening = to_partner()
    assert SECRET not in words(evening)
    said = [entry.text for entry in incident.timeline.exclude(kind="product_note")]
    assert not any(SECRET in text for text in said)


def test_assessment_and_what_was_not_tried_are_left_to_a_person(draft):
    item = draft.items.get()
    assert (item.assessment, item.not_tried) == ("", "")


@pytest.mark.parametrize(
    ("phase", "severity"), [("", "critical"), ("identified", "critical"), ("monitoring", "watch")]
)
def test_severity_is_watch_once_the_public_reads_that_it_is_watched(
    morning, triaging, engineer, phase, severity
):
    type(triaging).objects.filter(pk=triaging.pk).update(public_phase=phase)
    assert services.draft("to_vendor", by=engineer).items.get().severity == severity


def test_drafting_again_brings_facts_up_to_date_and_keeps_what_a_person_wrote(draft, engineer, incident):
    item = draft.items.get()
    services.save_item(item.pk, section="assessment", text="Likely to return", by=engineer)
    incidents.set_next_action(incident.pk, text="Read the memory dump", by=engineer)
    services.refresh_draft(draft.pk, by=engineer)
    item.refresh_from_db()
    assert (item.assessment, item.next_steps) == ("Likely to return", "Read the memory dump")


def test_an_incident_declined_before_the_offer_lapses_and_one_that_is_new_joins(draft, engineer, incident):
    incidents.decline(incident.pk, rule="scope", told_caller="Ring the desk", by=engineer)
    fresh = factories.make_incident(by=engineer)
    joined = services.refresh_draft(draft.pk, by=engineer)
    assert [item.incident for item in joined] == [fresh]
    gone = draft.items.get(incident=incident)
    assert (gone.state, gone.outcome) == ("lapsed", "Declined Mon 23 Nov 08:00 GMT")
