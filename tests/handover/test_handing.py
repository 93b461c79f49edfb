"""Editing and offering: what may be written until when, and by whom."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from handover import services
from handover.handing import mark
from handover.models import SECTIONS, Handover
from tests import factories

PATIENT = "NHS number 999 012 3456"


def test_drafting_twice_gives_the_same_draft(draft, other_engineer):
    assert services.draft("to_vendor", by=other_engineer) == draft


def test_the_draft_is_for_the_call_that_has_begun(draft, morning):
    assert draft.call_at == morning_call()


def morning_call():
    from tests.handover.conftest import MONDAY_CALL

    return MONDAY_CALL


def test_only_the_side_that_has_them_drafts(morning, analyst, engineer, partner_auditor):
    for direction, person in (("to_vendor", analyst), ("to_partner", engineer), ("shift", analyst)):
        with pytest.raises(PermissionDenied):
            services.draft(direction, by=person)
    with pytest.raises(PermissionDenied):
        services.draft("to_vendor", by=partner_auditor)


def test_an_unknown_direction_is_named(morning, engineer):
    with pytest.raises(ValidationError, match="Choose to the service desk"):
        services.draft("sideways", by=engineer)


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_is_kept_by_itself_and_refuses_patient_data(draft, engineer, section):
    item = draft.items.get()
    services.save_item(item.pk, section=section, text="Written by hand", by=engineer)
    with pytest.raises(ValidationError) as refused:
        services.save_item(item.pk, section=section, text=PATIENT, by=engineer)
    item.refresh_from_db()
    assert getattr(item, section) == "Written by hand"
    assert list(refused.value.message_dict) == [section]
    assert "999" not in str(refused.value)


def test_two_people_never_write_over_each_other(draft, engineer, other_engineer):
    item = draft.items.get()
    seen = mark(item.assessment)
    services.save_item(item.pk, section="assessment", text="Memory", seen=seen, by=engineer)
    with pytest.raises(Conflict, match="Somebody else has written"):
        services.save_item(item.pk, section="assessment", text="Network", seen=seen, by=other_engineer)
    item.refresh_from_db()
    assert item.assessment == "Memory"


def test_what_the_desk_drafted_afresh_is_no_conflict_for_a_person(draft, engineer):
    item = draft.items.get()
    services.save_item(item.pk, section="situation", text="By hand", seen="000000000000", by=engineer)
    item.refresh_from_db()
    assert item.situation == "By hand"


def test_an_empty_situation_an_unknown_section_and_a_text_too_long_are_refused(draft, engineer):
    item = draft.items.get()
    for section, text, words in (
        ("situation", "  ", "Say what the situation is"), ("read_back", "x", "Name one of"),
        ("severity", "red", "Choose critical"), ("background", "x" * 3001, "Shorten this by 1"),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match=words):
            services.save_item(item.pk, section=section, text=text, by=engineer)


def test_offering_freezes_the_words(offered, engineer):
    item = offered.items.get()
    with pytest.raises(Conflict, match="its words stay as they are"):
        services.save_item(item.pk, section="assessment", text="Later thought", by=engineer)


def test_offering_writes_the_whole_item_on_the_timeline_and_moves_nothing(offered, incident, engineer):
    entry = incident.timeline.filter(kind="handover").first()
    incident.refresh_from_db()
    assert "Offered to the service desk" in entry.title
    assert "Situation: Compucare 8" in entry.text
    assert (incident.state, incident.owner) == ("triaging", engineer)


def test_offering_twice_by_the_same_person_is_quiet(offered, engineer, other_engineer, incident):
    services.offer(offered.pk, by=engineer)
    assert incident.timeline.filter(kind="handover").count() == 1
    with pytest.raises(Conflict, match="offered by OOH engineer 1"):
        services.offer(offered.pk, by=other_engineer)


def test_the_receiving_side_cannot_offer(draft, analyst):
    with pytest.raises(PermissionDenied):
        services.offer(draft.pk, by=analyst)


def test_what_joined_since_the_draft_was_read_is_shown_first_and_kept(draft, engineer):
    fresh = factories.make_incident(by=engineer)
    with pytest.raises(Conflict, match=f"{fresh} joined"):
        services.offer(draft.pk, by=engineer)
    assert services.offer(draft.pk, by=engineer).items.count() == 2


def test_with_nothing_open_a_statement_must_be_signed(morning, engineer):
    empty = services.draft("to_vendor", by=engineer)
    with pytest.raises(ValidationError, match="nothing to hand over"):
        services.offer(empty.pk, by=engineer)
    services.offer(empty.pk, statement="Nothing to hand over", by=engineer)
    empty.refresh_from_db()
    assert (empty.state, empty.is_nothing, empty.from_user) == ("offered", True, engineer)


def test_with_something_open_there_is_no_such_statement(draft, engineer):
    with pytest.raises(ValidationError, match="There are items"):
        services.offer(draft.pk, statement="Nothing to hand over", by=engineer)


def test_a_statement_holds_no_patient_data(morning, engineer):
    empty = services.draft("to_vendor", by=engineer)
    with pytest.raises(ValidationError, match="patient identifier"):
        services.offer(empty.pk, statement=PATIENT, by=engineer)


def test_a_shift_change_holds_the_persons_own_incidents_and_only_they_offer_it(
    night, engineer, other_engineer, triaging
):
    factories.make_incident(by=other_engineer)
    handover = services.draft("shift", by=engineer)
    assert [item.incident for item in handover.items.all()] == [triaging]
    with pytest.raises(PermissionDenied):
        services.offer(handover.pk, by=other_engineer)
    assert services.offer(handover.pk, by=engineer).from_user == engineer


def test_a_shift_change_drafted_in_an_earlier_shift_is_of_this_one_when_it_is_offered(
    night, engineer, triaging
):
    handover = services.draft("shift", by=engineer)
    night.shift(11 * 3600)
    assert services.draft("shift", by=engineer).call_at == handover.call_at
    night.shift(2 * 86_400)
    offered = services.offer(handover.pk, by=engineer)
    assert offered.call_at == offered.offered_at


def test_after_the_answer_the_same_call_may_have_another_handover(closed, engineer, incident):
    again = services.draft("to_vendor", by=engineer)
    assert (again.call_at, again.state) == (closed.call_at, "draft")
    assert again != closed
    assert Handover.objects.count() == 2
