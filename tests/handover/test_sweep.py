"""The sweep: drafts stand ready, what closed is marked, and both leads hear of silence exactly once."""

from datetime import time, timedelta

import pytest

from accounts.models import User
from accounts.roles import Role
from handover import services
from handover.models import Handover, Page
from handover.tasks import _each, sweep
from incidents import services as incidents
from incidents.models import OutboxRow
from tests import factories
from tests.handover.conftest import MONDAY_CALL, MONDAY_EVENING
from tests.handover.making import make_shift

MINUTES = timedelta(minutes=1)


@pytest.fixture
def leads(lead, manager):
    return {lead, manager}


def sweep_twice() -> None:
    sweep()
    sweep()


def test_at_a_quarter_to_eight_the_draft_stands_and_twice_is_once(morning, triaging):
    morning.move_to(MONDAY_CALL - 16 * MINUTES)
    sweep_twice()
    assert not Handover.objects.exists()
    morning.move_to(MONDAY_CALL - 15 * MINUTES)
    sweep_twice()
    handover = Handover.objects.get()
    assert (handover.direction, handover.call_at, handover.state) == ("to_vendor", MONDAY_CALL, "draft")
    assert [item.incident for item in handover.items.all()] == [triaging]


def test_at_half_past_five_the_desks_draft_stands(morning):
    morning.move_to(MONDAY_EVENING - 15 * MINUTES)
    sweep_twice()
    assert Handover.objects.get().direction == "to_partner"


def test_a_prepared_draft_follows_what_happens_until_it_is_offered(morning, triaging, engineer):
    morning.move_to(MONDAY_CALL - 15 * MINUTES)
    sweep()
    fresh = factories.make_incident(by=engineer)
    sweep()
    handover = Handover.objects.get()
    assert {item.incident for item in handover.items.all()} == {triaging, fresh}
    services.offer(handover.pk, by=engineer)
    factories.make_incident(by=engineer)
    sweep()
    assert handover.items.count() == 2


def test_a_draft_that_nobody_offered_lapses_when_the_next_one_is_prepared(morning):
    sweep()
    morning.move_to(MONDAY_CALL + timedelta(days=1))
    sweep()
    assert sorted(Handover.objects.filter(direction="to_vendor").values_list("state", flat=True)) == [
        "draft", "lapsed"
    ]  # fmt: skip


def test_an_offer_without_an_answer_pages_both_leads_after_ten_minutes_exactly_once(
    offered, incident, leads, morning
):
    morning.move_to(MONDAY_CALL + 10 * MINUTES - timedelta(seconds=1))
    sweep_twice()
    assert not Page.objects.exists()
    morning.move_to(MONDAY_CALL + 10 * MINUTES)
    sweep_twice()
    morning.shift(3600)
    sweep_twice()
    assert {page.user for page in Page.objects.all()} == leads
    assert OutboxRow.objects.filter(destination="people").count() == 2
    told = incident.timeline.filter(kind="escalation")
    assert [entry.title for entry in told] == [
        "Handover of Mon 23 Nov 08:00 GMT not answered: paged Night lead, Service manager"
    ]


def test_an_answered_one_pages_nobody(closed, leads, morning):
    morning.shift(3600)
    sweep_twice()
    assert not Page.objects.exists()


def test_a_call_whose_handover_nobody_offered_pages_both_leads_once(morning, triaging, leads):
    sweep()
    morning.shift(601)
    sweep_twice()
    assert {page.user for page in Page.objects.all()} == leads
    page = Page.objects.first()
    assert page.words == "Handover of Mon 23 Nov 08:00 GMT not offered"
    assert page.reason == (
        "1 item for the service desk. Nobody has offered the handover yet: the service partner has to."
    )


def test_a_call_with_nothing_to_hand_over_is_not_said_to_have_been_signed(morning, leads):
    sweep()
    morning.shift(601)
    sweep()
    assert Page.objects.first().reason == (
        "Nothing is open. Nobody has signed that yet: the service partner has to."
    )


def test_the_lead_on_shift_is_paged_rather_than_every_lead(offered, leads, lead, morning):
    factories.make_user(Role.OOH_LEAD, name="Day lead")
    make_shift(lead, 0, time(0), time(9))
    morning.shift(600)
    sweep()
    assert {page.user for page in Page.objects.all()} == leads


def test_an_offered_item_whose_incident_closed_is_marked_and_closes_the_handover(
    item, incident, engineer, morning, leads
):
    incidents.decline(incident.pk, rule="scope", told_caller="Ring the desk", by=engineer)
    morning.shift(600)
    sweep_twice()
    item.refresh_from_db()
    assert (item.state, Handover.objects.get(pk=item.handover_id).state) == ("lapsed", "closed")
    assert not Page.objects.exists()


def test_one_handover_that_fails_does_not_keep_the_others_from_being_told(offered, other_engineer, caplog):
    shift = services.draft("shift", by=other_engineer)
    reached = []

    def act(handover_id: int) -> None:
        reached.append(handover_id)
        if handover_id == offered.pk:
            raise ValueError("Words that nobody may log")

    _each(act, Handover.objects.all())
    assert set(reached) == {offered.pk, shift.pk}
    assert "failed (ValueError)" in caplog.text
    assert "Words that nobody" not in caplog.text


def test_a_draft_that_cannot_be_made_does_not_keep_the_leads_from_being_told(
    offered, incident, leads, morning, caplog
):
    morning.move_to(MONDAY_EVENING - 15 * MINUTES)
    type(incident).objects.filter(pk=incident.pk).update(
        owner_side="vendor", state="handed_over", gate_verdict=["not as it is read"]
    )
    sweep()
    assert "failed (AttributeError)" in caplog.text
    assert Handover.objects.get(pk=offered.pk).state == "closed"


def test_before_anybody_is_on_the_rota_a_prepared_draft_has_no_owner_but_its_side(morning, triaging):
    sweep()
    handover = Handover.objects.get()
    assert handover.from_user == User.objects.system()
    assert handover.giver_words == "the service partner"
