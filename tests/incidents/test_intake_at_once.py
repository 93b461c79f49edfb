"""Several at once, each on a connection of its own: one wins, nothing is doubled, nothing breaks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Customer, Service, User
from accounts.roles import Role
from incidents.drafts import keep, log_draft
from incidents.intake import log_incident, log_once
from incidents.models import Incident, Proposal, RequestKey
from incidents.proposals import receive, take
from tests import factories
from tests.incidents.test_proposals import an_alert

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act came to, or the Conflict that it met; all start together."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        except Conflict as conflict:
            return conflict
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def call(customer: Customer, service: Service) -> dict[str, Any]:
    return {
        "customer": customer, "service": service, "caller_name": "IT on-call manager",
        "call_back_number": "01632 960174", "failure": "cannot_sign_in", "who_affected": "everyone_all_sites",
    }  # fmt: skip


def test_deliveries_of_one_alert_make_one_proposal(alert_source: User) -> None:
    done = at_once(*[lambda: receive([an_alert()], by=alert_source)] * AT_ONCE)
    assert sum(one.proposed for one in done) == 1
    assert sum(one.joined for one in done) == AT_ONCE - 1
    assert Proposal.objects.get().times_seen == AT_ONCE


def test_of_several_people_one_takes_the_proposal(alert_source: User, call: dict[str, Any]) -> None:
    receive([an_alert()], by=alert_source)
    pk = Proposal.objects.get().pk
    people = [factories.make_user(Role.OOH_ENGINEER) for _ in range(AT_ONCE)]
    outcomes = at_once(*(lambda person=person: take(pk, facts=call, by=person) for person in people))
    taken = [one for one in outcomes if isinstance(one, Incident)]
    late = [one for one in outcomes if isinstance(one, Conflict)]
    assert (len(taken), len(late)) == (1, AT_ONCE - 1)
    assert all(taken[0].reference in conflict.headline for conflict in late)
    assert Incident.objects.count() == 1


def test_requests_with_one_key_log_once(integration: User, call: dict[str, Any]) -> None:
    outcomes = at_once(*[lambda: log_once(key="k", fingerprint="f", by=integration, **call)] * AT_ONCE)
    assert {incident.pk for incident, _ in outcomes} == {Incident.objects.get().pk}
    assert sum(is_new for _, is_new in outcomes) == 1
    assert RequestKey.objects.count() == 1


def test_pressing_the_button_twice_logs_once(engineer: User, call: dict[str, Any]) -> None:
    key = uuid4()
    keep(key, {"caller_name": "IT"}, call_began_at=timezone.now(), by=engineer)
    outcomes = at_once(*[lambda: log_draft(key, facts=call, by=engineer)] * AT_ONCE)
    assert set(outcomes) == {Incident.objects.get()}


def test_first_changes_of_one_draft_make_one_draft(engineer: User) -> None:
    key, now = uuid4(), timezone.now()
    outcomes = at_once(*[lambda: keep(key, {"caller_name": "IT"}, call_began_at=now, by=engineer)] * AT_ONCE)
    assert len({draft.pk for draft, _ in outcomes}) == 1


def test_references_are_given_once_and_without_a_gap(engineer: User, call: dict[str, Any]) -> None:
    made = at_once(*[lambda: log_incident(by=engineer, **call)] * AT_ONCE)
    numbers = sorted(int(incident.reference.rpartition("-")[2]) for incident in made)
    assert numbers == list(range(1, AT_ONCE + 1))
