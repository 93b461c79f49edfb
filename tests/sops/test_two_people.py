"""Two people, two workers, one target: on real connections, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest
import time_machine

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role
from incidents.models import Kind
from sops import engine, services
from sops.actions import simulated
from sops.models import Run, StepRun
from tests import factories
from tests.incidents.test_two_people import at_once
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, start, step, work

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 6
State = StepRun.State


@pytest.fixture(autouse=True)
def nobody_else() -> Iterator[None]:
    """It is night, and the tests below are the only workers."""
    with time_machine.travel(factories.SUNDAY_NIGHT), making.no_worker():
        yield


def engineers(number: int = PEOPLE) -> list[User]:
    return [factories.make_user(Role.OOH_ENGINEER) for _ in range(number)]


def waiting_run(person: User, **fields: object) -> Run:
    incident = factories.make_incident(by=person, **fields)
    if not incident.customer.components.exists():
        making.make_estate(incident.customer, incident.service)
    return work(start(incident, [RESTART, MANUAL], by=person))


def target(run: Run) -> str:
    return str(run.step_runs.get(position=1).component)


def test_of_several_people_who_confirm_one_does() -> None:
    people = engineers()
    run = waiting_run(people[0])
    name = target(run)
    results = at_once([lambda p=p: services.confirm(run.pk, 1, typed=name, by=p) for p in people])  # type: ignore[misc]
    winners = [result for result in results if isinstance(result, Run)]
    lost = [result for result in results if isinstance(result, Conflict)]
    assert (len(winners), len(lost)) == (1, PEOPLE - 1)
    confirmed_by = step(run, 1).confirmed_by
    assert {error.headline for error in lost} == {f"{confirmed_by} has already dealt with step 1"}
    said = run.incident.timeline.filter(kind=Kind.SOP, title__contains="confirmed")
    assert [entry.by for entry in said] == [confirmed_by]


def test_of_several_workers_one_restarts_and_once() -> None:
    person = engineers(1)[0]
    run = waiting_run(person)
    services.confirm(run.pk, 1, typed=target(run), by=person)
    at_once([lambda n=n: engine.advance(run.pk, token=f"worker-{n}") for n in range(PEOPLE)])  # type: ignore[misc]
    assert simulated.get(step(run, 1).component, "restarts") == 1
    assert (step(run, 1).state, step(run, 1).attempt) == (State.DONE, 1)


def test_of_several_people_who_start_an_sop_one_does() -> None:
    people = engineers()
    incident = factories.make_incident(by=people[0])
    making.make_estate(incident.customer, incident.service)
    making.triaging(incident, people[0])
    version = making.make_approved([CHECK])
    results = at_once([lambda p=p: services.start_run(incident.pk, version.pk, by=p) for p in people])  # type: ignore[misc]
    assert sum(isinstance(result, Run) for result in results) == 1
    assert sum(isinstance(result, Conflict) for result in results) == PEOPLE - 1
    assert Run.objects.counted().count() == 1


@pytest.mark.parametrize("number", range(4))
def test_two_runs_never_act_on_one_target_at_once(number: int) -> None:
    one, other = engineers(2)
    first = waiting_run(one)
    second = waiting_run(other, customer=first.incident.customer)
    for run, person in ((first, one), (second, other)):
        services.confirm(run.pk, 1, typed=target(run), by=person)
    simulated.put(step(first, 1).component, "fault", {"name": "hang", "seconds": 0.4})
    at_once([
        lambda: engine.advance(first.pk, token="worker-1"),
        lambda: engine.advance(second.pk, token="worker-2"),
    ])  # fmt: skip
    rows = StepRun.objects.filter(position=1).order_by("claimed_at")
    states = sorted(row.state for row in rows)
    assert states in ([State.DONE, State.WAITING], [State.DONE, State.DONE])
    assert simulated.get(step(first, 1).component, "restarts") == states.count(State.DONE)
    if states.count(State.DONE) == 2:
        assert rows[0].finished_at <= rows[1].claimed_at


@pytest.mark.postgres
def test_on_postgresql_a_claim_waits_for_the_other_transaction_then_sees_it() -> None:
    """The partial unique index decides between two transactions, not the order in which they read."""
    one, other = engineers(2)
    first = waiting_run(one)
    second = waiting_run(other, customer=first.incident.customer)
    for run, person in ((first, one), (second, other)):
        services.confirm(run.pk, 1, typed=target(run), by=person)
    results = at_once([
        lambda: engine.claim(first.pk, token="worker-1"),
        lambda: engine.claim(second.pk, token="worker-2"),
    ])  # fmt: skip
    assert sum(isinstance(result, StepRun) for result in results) == 1
    assert sorted(StepRun.objects.filter(position=1).values_list("state", flat=True)) == [
        "claimed",
        "waiting",
    ]
