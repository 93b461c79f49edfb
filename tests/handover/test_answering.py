"""The receiver answers item by item. Ownership moves by acceptance, never by the clock."""

import hashlib
import json

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.utils import IntegrityError

from accounts.errors import Conflict
from handover import answering, services
from handover.document import content, fingerprint
from handover.models import Handover, HandoverAddendum, HandoverItem
from incidents import services as incidents
from incidents.models import Incident
from tests import factories

PATIENT = "NHS number 999 012 3456"


def state_of(row):
    return type(row).objects.get(pk=row.pk).state


def test_nothing_moves_before_the_acceptance(item, incident, engineer, morning):
    morning.shift(3600)
    incident.refresh_from_db()
    assert (incident.state, incident.owner, incident.owner_side) == ("triaging", engineer, "partner")


def test_accepting_moves_the_incident_and_its_owner_to_the_desk(item, incident, analyst):
    services.accept_item(item.pk, read_back="Sign-in fails, I ring by 08:30", by=analyst)
    incident.refresh_from_db()
    item.refresh_from_db()
    assert (incident.state, incident.owner, incident.owner_side) == ("handed_over", analyst, "vendor")
    assert (item.state, item.answered_by, item.read_back) == (
        "accepted", analyst, "Sign-in fails, I ring by 08:30"
    )  # fmt: skip
    assert (
        "Said back: “Sign-in fails, I ring by 08:30”" in incident.timeline.filter(kind="state").first().text
    )


def test_what_was_handed_over_as_next_is_the_next_action_of_the_new_owner(draft, engineer, analyst, incident):
    item = draft.items.get()
    services.save_item(item.pk, section="next_steps", text="Read the dump\nRing by ten", by=engineer)
    services.offer(draft.pk, by=engineer)
    services.accept_item(item.pk, read_back="I read the dump first", by=analyst)
    incident.refresh_from_db()
    assert incident.next_action == "Read the dump"


def test_in_the_evening_it_goes_back_to_the_partner(to_partner, incident, other_engineer):
    item = to_partner()
    services.accept_item(item.pk, read_back="I watch it tonight", by=other_engineer)
    incident.refresh_from_db()
    assert (incident.state, incident.owner, incident.owner_side) == ("triaging", other_engineer, "partner")


def test_at_a_shift_change_only_the_owner_changes(night, triaging, engineer, other_engineer):
    handover = services.draft("shift", by=engineer)
    services.offer(handover.pk, by=engineer)
    services.accept_item(handover.items.get().pk, read_back="Sign-in fails, I go on", by=other_engineer)
    triaging.refresh_from_db()
    assert (triaging.state, triaging.owner) == ("triaging", other_engineer)


def test_at_a_shift_change_what_was_handed_over_as_next_is_the_next_action_too(
    night, triaging, engineer, other_engineer
):
    handover = services.draft("shift", by=engineer)
    item = handover.items.get()
    services.save_item(item.pk, section="next_steps", text="Ring Azure by four", by=engineer)
    services.offer(handover.pk, by=engineer)
    services.accept_item(item.pk, read_back="I ring Azure", by=other_engineer)
    triaging.refresh_from_db()
    assert triaging.next_action == "Ring Azure by four"


def test_an_incident_that_a_colleague_took_in_this_very_moment_is_not_taken_from_them(
    night, triaging, engineer, other_engineer, lead
):
    """Between the look at what changed hands and the lock."""
    handover = services.draft("shift", by=engineer)
    services.offer(handover.pk, by=engineer)
    incidents.change_owner(triaging.pk, reason="", by=lead)
    with pytest.raises(Conflict, match="With Night lead already"):
        answering._answer(handover.items.get().pk, "accepted", "I go on", other_engineer)
    triaging.refresh_from_db()
    assert triaging.owner == lead


def test_a_refused_item_stays_with_its_owner_who_reads_why(item, incident, analyst, engineer):
    services.refuse_item(item.pk, reason="Nothing is unavailable. Resolve it", by=analyst)
    incident.refresh_from_db()
    entry = incident.timeline.first()
    assert (incident.state, incident.owner) == ("triaging", engineer)
    assert entry.title == "Handover refused by Desk analyst 1: OOH engineer 1 still owns it"
    assert entry.text == "Nothing is unavailable. Resolve it"


def test_nobody_accepts_their_own_offer(night, triaging, engineer):
    handover = services.draft("shift", by=engineer)
    services.offer(handover.pk, by=engineer)
    with pytest.raises(PermissionDenied):
        services.accept_item(handover.items.get().pk, read_back="Mine", by=engineer)


def test_accepting_asks_for_the_read_back_and_refusing_for_the_reason(item, analyst):
    with pytest.raises(ValidationError, match="Say it back"):
        services.accept_item(item.pk, read_back="  ", by=analyst)
    with pytest.raises(ValidationError, match="what is missing"):
        services.refuse_item(item.pk, reason="", by=analyst)


def test_no_answer_carries_patient_data(item, analyst):
    with pytest.raises(ValidationError, match="patient identifier"):
        services.accept_item(item.pk, read_back=PATIENT, by=analyst)
    with pytest.raises(ValidationError, match="patient identifier"):
        services.refuse_item(item.pk, reason=PATIENT, by=analyst)
    assert state_of(item) == "waiting"


def test_an_incident_with_a_running_sop_cannot_be_accepted_and_its_item_waits(item, incident, analyst):
    Incident.objects.filter(pk=incident.pk).update(has_running_sop=True, state="sop")
    with pytest.raises(Conflict, match="An SOP runs on"):
        services.accept_item(item.pk, read_back="Sign-in fails", by=analyst)
    assert (state_of(item), state_of(incident)) == ("waiting", "sop")
    incidents.end_sop(incident.pk, words="Stopped", next_action="Triage", by=analyst)
    services.accept_item(item.pk, read_back="Sign-in fails", by=analyst)
    assert (state_of(item), state_of(incident)) == ("accepted", "handed_over")


def test_the_same_answer_twice_is_quiet_and_another_persons_is_a_conflict(draft, engineer, analyst):
    factories.make_incident(by=engineer)
    services.refresh_draft(draft.pk, by=engineer)
    services.offer(draft.pk, by=engineer)
    first = draft.items.first()
    services.accept_item(first.pk, read_back="I have it", by=analyst)
    services.accept_item(first.pk, read_back="I have it", by=analyst)
    other = factories.make_user(*analyst.roles)
    with pytest.raises(Conflict, match="Desk analyst 1 has already accepted this"):
        services.accept_item(first.pk, read_back="Me too", by=other)
    with pytest.raises(Conflict, match="Desk analyst 1 has already accepted this"):
        services.refuse_item(first.pk, reason="No", by=other)


def test_a_draft_has_nothing_to_answer(draft, analyst):
    with pytest.raises(Conflict, match="not been offered yet"):
        services.accept_item(draft.items.get().pk, read_back="Early", by=analyst)


def test_an_incident_declined_meanwhile_is_marked_and_does_not_block(item, incident, engineer, analyst):
    incidents.decline(incident.pk, rule="scope", told_caller="Ring the desk", by=engineer)
    with pytest.raises(Conflict, match="Declined Mon 23 Nov 08:00 GMT"):
        services.accept_item(item.pk, read_back="I have it", by=analyst)
    item.refresh_from_db()
    assert (item.state, item.outcome) == ("lapsed", "Declined Mon 23 Nov 08:00 GMT")
    assert state_of(item.handover) == "closed"


def test_an_item_whose_incident_another_handover_moved_is_marked_too(
    item, incident, engineer, analyst, morning
):
    morning.shift(86_400)
    later = services.draft("to_vendor", by=engineer)
    services.offer(later.pk, by=engineer)
    services.accept_item(later.items.get().pk, read_back="I have it", by=analyst)
    services.settle(item.handover_id)
    item.refresh_from_db()
    assert item.state == "lapsed"
    assert item.outcome == "Handed over Tue 24 Nov 08:00 GMT, to Desk analyst 1"


def test_the_handover_closes_with_its_last_answer_and_not_before(draft, engineer, analyst):
    factories.make_incident(by=engineer)
    services.refresh_draft(draft.pk, by=engineer)
    services.offer(draft.pk, by=engineer)
    first, second = draft.items.all()
    services.accept_item(first.pk, read_back="I have it", by=analyst)
    assert state_of(draft) == "offered"
    services.refuse_item(second.pk, reason="Not ours", by=analyst)
    draft.refresh_from_db()
    assert (draft.state, draft.to_user, len(draft.content_hash)) == ("closed", analyst, 64)


def test_the_fingerprint_is_of_all_that_was_offered_and_answered(closed):
    items = list(closed.items.all())
    words = json.dumps(
        content(closed, items), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()
    assert closed.content_hash == hashlib.sha256(words).hexdigest()
    items[0].read_back += "."
    assert fingerprint(closed, items) != closed.content_hash


def test_a_statement_of_nothing_is_answered_by_the_receiver(morning, engineer, analyst):
    empty = services.draft("to_vendor", by=engineer)
    services.offer(empty.pk, statement="Nothing to hand over", by=engineer)
    with pytest.raises(PermissionDenied):
        services.accept_statement(empty.pk, by=engineer)
    services.accept_statement(empty.pk, by=analyst)
    services.accept_statement(empty.pk, by=analyst)
    empty.refresh_from_db()
    assert (empty.state, empty.to_user) == ("closed", analyst)


def test_items_are_not_waved_through_with_the_statement(offered, analyst):
    with pytest.raises(Conflict, match="There are items"):
        services.accept_statement(offered.pk, by=analyst)


# ---------- Frozen ----------


def test_a_closed_handover_and_its_items_are_never_saved_again(closed):
    item = closed.items.get()
    closed.statement = "Changed"
    with pytest.raises(TypeError):
        closed.save()
    item.assessment = "Changed"
    with pytest.raises(TypeError):
        item.save()
    for row in (closed, item):
        with pytest.raises(TypeError):
            row.delete()


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (Handover, "statement"), (Handover, "content_hash"), (Handover, "leads_paged_at"),
        (HandoverItem, "assessment"), (HandoverItem, "read_back"),
    ],
)  # fmt: skip
def test_the_database_itself_refuses_to_change_what_was_accepted(closed, model, field):
    rows = model.objects.filter(**{"pk" if model is Handover else "handover": closed.pk})
    value = closed.closed_at if field.endswith("_at") else "Changed"
    with pytest.raises((IntegrityError, DatabaseError), match="frozen"), transaction.atomic():
        rows.update(**{field: value})


def test_what_is_still_open_the_database_leaves_alone(offered):
    assert Handover.objects.filter(pk=offered.pk).update(participants="Night lead") == 1
    assert offered.items.update(position=7) == 1


def test_the_triggers_stand_after_each_migrate_without_harm(db):
    from handover.freezing import freeze

    freeze(connection.alias)
    freeze(connection.alias)


def test_a_correction_is_an_addendum(closed, engineer, analyst, specialist):
    services.add_addendum(closed.pk, text="The number ends in 175", by=engineer)
    services.add_addendum(closed.pk, text="Thank you, rung", by=analyst)
    assert [(each.by, each.text) for each in closed.addenda.all()] == [
        (engineer, "The number ends in 175"), (analyst, "Thank you, rung")
    ]  # fmt: skip
    with pytest.raises(ValidationError, match="patient identifier"):
        services.add_addendum(closed.pk, text=PATIENT, by=engineer)
    row = HandoverAddendum.objects.first()
    with pytest.raises(TypeError):
        row.save()


def test_there_is_no_addendum_before_it_is_closed(offered, engineer):
    with pytest.raises(Conflict, match="not closed yet"):
        services.add_addendum(offered.pk, text="Early", by=engineer)


def test_the_end_of_the_call_is_written_after_the_last_answer_and_then_stays(closed, analyst, morning):
    from tests.handover.conftest import MONDAY_CALL

    morning.shift(600)
    people = "Night lead, Desk analyst 1"
    services.record_call(closed.pk, began_at=MONDAY_CALL, ended_at=None, participants=people, by=analyst)
    services.record_call(
        closed.pk, began_at=MONDAY_CALL, ended_at=MONDAY_CALL, participants=people, by=analyst
    )
    with pytest.raises(Conflict, match="on record already"):
        services.record_call(
            closed.pk, began_at=MONDAY_CALL, ended_at=None, participants="Nobody", by=analyst
        )
    closed.refresh_from_db()
    assert (closed.participants, closed.call_ended_at) == (people, MONDAY_CALL)
    assert fingerprint(closed, closed.items.all()) == closed.content_hash


def test_what_is_sent_twice_is_written_once(closed, analyst, engineer, morning):
    from tests.handover.conftest import MONDAY_CALL

    for _ in range(2):
        services.record_call(
            closed.pk, began_at=MONDAY_CALL, ended_at=MONDAY_CALL, participants="Night lead", by=analyst
        )
        services.add_addendum(closed.pk, text="The number ends in 175", by=engineer)
    assert closed.addenda.count() == 1


def test_a_call_ends_after_it_begins_and_not_in_the_future(offered, analyst, morning):
    from datetime import timedelta

    from tests.handover.conftest import MONDAY_CALL

    minute = timedelta(minutes=1)
    with pytest.raises(ValidationError, match="patient identifier"):
        services.record_call(
            offered.pk, began_at=MONDAY_CALL, ended_at=None, participants=PATIENT, by=analyst
        )
    for began, ended, field in (
        (MONDAY_CALL + minute, None, "began_at"), (MONDAY_CALL, MONDAY_CALL + minute, "ended_at"),
        (MONDAY_CALL, MONDAY_CALL - minute, "ended_at"),
    ):  # fmt: skip
        with pytest.raises(ValidationError) as refused:
            services.record_call(
                offered.pk, began_at=began, ended_at=ended, participants="Night lead", by=analyst
            )
        assert field in refused.value.message_dict
