"""Two people at once on one handover, on real connections: one wins, the other hears who was faster."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaits
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role
from handover import services
from handover.escalating import ANSWER_WITHIN
from handover.models import Handover, HandoverItem, Page
from handover.tasks import sweep
from incidents import services as incidents
from incidents.models import Incident
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 6


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """What each act came to, all begun at the same moment, each on a connection of its own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            start.wait()
            return act()
        except Conflict as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result() for future in [pool.submit(run, act) for act in acts]]


@pytest.fixture
def giver() -> User:
    return factories.make_user(Role.OOH_ENGINEER)


@pytest.fixture
def waiting(giver: User) -> HandoverItem:
    incident = factories.make_incident(by=giver)
    Incident.objects.filter(pk=incident.pk).update(state="triaging", owner=giver)
    handover = services.draft("to_vendor", by=giver)
    services.offer(handover.pk, by=giver)
    return handover.items.get()


def test_of_several_receivers_one_has_it(waiting):
    people = [factories.make_user(Role.DESK_ANALYST) for _ in range(PEOPLE)]
    accept = services.accept_item
    found = at_once([lambda p=p: accept(waiting.pk, read_back=f"I am {p}", by=p) for p in people])
    winners = [result for result in found if isinstance(result, HandoverItem)]
    assert len(winners) == 1
    assert sum(isinstance(result, Conflict) for result in found) == PEOPLE - 1
    incident = Incident.objects.get(pk=waiting.incident_id)
    assert incident.owner_id == winners[0].answered_by_id
    assert incident.timeline.filter(kind="state").count() == 1
    assert Handover.objects.get().state == "closed"


def test_an_acceptance_and_a_refusal_at_once_are_not_both_done(waiting):
    one, other = factories.make_user(Role.DESK_ANALYST), factories.make_user(Role.DESK_ANALYST)
    found = at_once([
        lambda: services.accept_item(waiting.pk, read_back="I have it", by=one),
        lambda: services.refuse_item(waiting.pk, reason="Not ours", by=other),
    ])  # fmt: skip
    assert sorted(type(result).__name__ for result in found) == ["Conflict", "HandoverItem"]


def test_several_drafts_at_once_are_one(giver):
    found = at_once([lambda: services.draft("to_vendor", by=giver)] * PEOPLE)
    assert len({handover.pk for handover in found if isinstance(handover, Handover)}) == 1
    assert Handover.objects.count() == 1


def test_several_sweeps_at_once_page_each_lead_once(waiting):
    factories.make_user(Role.OOH_LEAD)
    factories.make_user(Role.SERVICE_MANAGER)
    long_ago = timezone.now() - ANSWER_WITHIN
    Handover.objects.update(offered_at=long_ago)
    at_once([sweep] * 4)
    assert Page.objects.count() == 2


def test_several_answers_to_one_page_are_one(giver):
    team = factories.make_team()
    incident = factories.make_incident(by=giver)
    page = services.escalate(incident.pk, team=team, reason="No answer", by=giver)
    people = [factories.make_user(Role.OOH_ENGINEER) for _ in range(PEOPLE)]
    found = at_once([lambda p=p: services.acknowledge(page.pk, answer="They look", by=p) for p in people])
    assert sum(isinstance(result, Conflict) for result in found) == PEOPLE - 1
    assert incident.timeline.filter(title=f"{team} answered the page").count() == 1


# ---------- Whoever announces holds the incident, so that deliveries leave in the order of the commits


def alone(act: Callable[[], object]) -> object:
    try:
        return act()
    finally:
        connection.close()


def waits(future: "Future[object]") -> bool:
    try:
        future.result(timeout=0.5)
    except StillWaits:
        return True
    return False


def test_an_answer_that_waited_for_a_person_does_not_undo_what_they_wrote(giver):
    incident = factories.make_incident(by=giver)
    page = services.escalate(incident.pk, team=factories.make_team(), reason="Down", by=giver)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Incident.objects.select_for_update().get(pk=incident.pk)
            begun = pool.submit(alone, lambda: services.acknowledge(page.pk, answer="They look", by=giver))
            assert waits(begun)
            incidents.resume_triage(incident.pk, reason="They rang us", by=giver)
        begun.result()
    incident.refresh_from_db()
    assert incident.next_action == "Triage: decide what is next"


@pytest.mark.postgres
@pytest.mark.parametrize("act", ["offer", "refuse", "page_leads"])
def test_what_a_handover_writes_on_an_incident_waits_for_its_row(giver, act):
    """The row is held so that a foreign key alone would not wait for it."""
    incident = factories.make_incident(by=giver)
    Incident.objects.filter(pk=incident.pk).update(state="triaging", owner=giver)
    handover = services.draft("to_vendor", by=giver)
    if act != "offer":
        services.offer(handover.pk, by=giver)
        Handover.objects.update(offered_at=timezone.now() - ANSWER_WITHIN)
    item, receiver = handover.items.get(), factories.make_user(Role.DESK_ANALYST)
    doing = {
        "offer": lambda: services.offer(handover.pk, by=giver),
        "refuse": lambda: services.refuse_item(item.pk, reason="Not ours", by=receiver),
        "page_leads": lambda: services.page_leads(handover.pk),
    }
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
            begun = pool.submit(alone, doing[act])
            assert waits(begun)
        begun.result()
