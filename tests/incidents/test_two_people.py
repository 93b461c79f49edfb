"""Two people at once on one incident: one wins, the other hears who was faster. On real connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role
from incidents import services
from incidents.models import Incident, Kind, State
from tests import factories

PEOPLE = 8


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


@pytest.mark.django_db(transaction=True)
def test_of_eight_people_who_take_an_incident_one_owns_it() -> None:
    people = [factories.make_user(Role.OOH_ENGINEER) for _ in range(PEOPLE)]
    incident = factories.make_incident(by=people[0])
    results = at_once([lambda p=p: services.begin_triage(incident.pk, by=p) for p in people])  # type: ignore[misc]
    winners = [result for result in results if isinstance(result, Incident)]
    assert len(winners) == 1
    assert sum(isinstance(result, Conflict) for result in results) == PEOPLE - 1
    incident.refresh_from_db()
    assert incident.owner_id == winners[0].owner_id
    assert incident.timeline.filter(kind=Kind.STATE).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_different_decisions_on_the_same_state_are_not_both_done() -> None:
    one, other = factories.make_user(Role.OOH_ENGINEER), factories.make_user(Role.OOH_LEAD)
    incident = factories.make_incident(by=one)
    services.begin_triage(incident.pk, by=one)
    results = at_once([
        lambda: services.escalate(incident.pk, team="Database on call", reason="No answer", seen="triaging",
        by=one),
        lambda: services.decline(incident.pk, rule="slow", told_caller="Ring at 08:00", seen="triaging",
        by=other),
    ])  # fmt: skip
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Incident"]


@pytest.mark.django_db(transaction=True)
def test_references_are_never_given_twice() -> None:
    people = [factories.make_user(Role.OOH_ENGINEER) for _ in range(PEOPLE)]
    customer, service = factories.make_customer(), factories.make_service()
    logged = at_once([
        lambda p=p: factories.make_incident(by=p, customer=customer, service=service) for p in people  # type: ignore[misc]
    ])  # fmt: skip
    references = {incident.reference for incident in logged if isinstance(incident, Incident)}
    assert len(references) == PEOPLE


def test_the_page_of_the_second_says_who_was_faster_with_409(
    incident: Incident, engineer: User, other_engineer: User, browse: Callable[[User], Client]
) -> None:
    services.begin_triage(incident.pk, by=other_engineer)
    answer = browse(engineer).post(f"/incidents/{incident.reference}/begin-triage/", {"seen": State.LOGGED})
    assert answer.status_code == 409
    assert "OOH engineer 2 has already begun triage on this" in answer.content.decode()


def test_words_typed_for_a_decision_that_came_too_late_are_on_the_409_page(
    incident: Incident, engineer: User, other_engineer: User, browse: Callable[[User], Client]
) -> None:
    services.begin_triage(incident.pk, by=other_engineer)
    services.decline(incident.pk, rule="slow", told_caller="Ring at 08:00", by=other_engineer)
    typed = {"rule": "slow", "told_caller": "Told the manager to ring the desk", "seen": State.TRIAGING}
    answer = browse(engineer).post(f"/incidents/{incident.reference}/decline/", typed)
    assert answer.status_code == 409
    assert "Told the manager to ring the desk" in answer.content.decode()
