"""Two workers, two people, one machine: never two restarts at once, never more than the hour allows.

On real connections, on SQLite and on PostgreSQL, with an Azure of our own that looks for an overlap.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role
from sops import engine, following, services
from sops.models import Run, StepRun
from sops.services.confirming import typed_name
from tests import factories
from tests.incidents.test_two_people import at_once
from tests.sops import making
from tests.sops.azure import acting
from tests.sops.azure.acting import RESTART_MACHINE
from tests.standins.azure import Azure
from tests.standins.http import Answer, Request

pytestmark = pytest.mark.django_db(transaction=True)
TRIES = 100
STEPS = 40
SOON = timedelta(seconds=10)


@dataclass
class Watched(Azure):
    """An action is in flight from its acceptance until its operation is said to have ended."""

    in_flight: set[str] = field(default_factory=set)
    most: int = 0

    def _begin(self, request: Request, result: Any) -> Answer:
        answer = super()._begin(request, result)
        self.in_flight.add(next(reversed(self.operations)))
        self.most = max(self.most, len(self.in_flight))
        return answer

    def _status(self, number: str, status: str) -> dict[str, Any]:
        if status != "InProgress":
            self.in_flight.discard(number)
        return super()._status(number, status)


@pytest.fixture
def standin() -> Azure:
    return Watched()


@pytest.fixture
def clock(azure: Azure, settings: Any) -> Iterator[time_machine.Traveller]:
    """Out of hours, and the tests below are the only workers."""
    settings.AZURE_TIMEOUT = 10.0
    with time_machine.travel(factories.SUNDAY_NIGHT) as clock, making.no_worker():
        yield clock


def waiting_runs(number: int) -> list[tuple[Run, User]]:
    """As many people, each with a run on the same machine, of which every step restarts it."""
    people = [factories.make_user(Role.OOH_ENGINEER) for _ in range(number)]
    hospital = acting.make_hospital()
    return [(acting.waiting(person, hospital, [RESTART_MACHINE] * STEPS), person) for person in people]


def press_and_work(run: Run, by: User) -> None:
    """The person confirms what the run is at now, and a worker takes it."""
    fresh = Run.objects.prefetch_related("step_runs__component").get(pk=run.pk)
    step = fresh.current
    if step is not None and step.state == StepRun.State.WAITING:
        services.confirm(run.pk, step.position, typed=typed_name(run, step), by=by)
    engine.advance(run.pk, token=str(uuid4()))


def ask_after_all() -> None:
    for step in StepRun.objects.filter(state=StepRun.State.UNDERWAY):
        following.ask_after(step.pk)


def race(runs: list[tuple[Run, User]]) -> list[object]:
    """Everybody at once: each person with a worker, and two more workers that ask Azure."""
    pressing = [lambda r=run, p=person: press_and_work(r, p) for run, person in runs]  # type: ignore[misc]
    return at_once([*pressing, ask_after_all, ask_after_all])


def states() -> dict[str, int]:
    rows = StepRun.objects.filter(is_disruptive=True)
    return {state: rows.filter(state=state).count() for state in ("done", "claimed", "underway", "unknown")}


def test_in_a_hundred_tries_there_are_never_two_actions_in_flight(
    azure: Watched, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.SOP_DISRUPTIONS_PER_HOUR = 1000
    runs, refused = waiting_runs(2), 0
    for _ in range(TRIES):
        refused += sum(isinstance(each, Conflict) for each in race(runs))
        clock.shift(SOON)
    assert azure.most == 1
    seen = states()
    assert seen["done"] + seen["underway"] == len(azure.accepted) > TRIES / 5
    assert (seen["claimed"], seen["unknown"]) == (0, 0)
    assert refused > 0
    assert all(run.step_runs.filter(state="done").exists() for run, _ in runs)


def test_under_the_same_race_a_machine_is_disrupted_no_more_often_than_the_hour_allows(
    azure: Watched, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.SOP_DISRUPTIONS_PER_HOUR = 2
    runs = waiting_runs(4)
    for hour in (1, 2):
        for _ in range(8):
            race(runs)
            clock.shift(SOON)
        assert len(azure.accepted) == 2 * hour
        clock.shift(timedelta(hours=1))
    assert azure.most == 1


def test_what_was_confirmed_before_the_hour_was_full_is_asked_again(
    azure: Watched, clock: time_machine.Traveller, settings: Any
) -> None:
    settings.SOP_DISRUPTIONS_PER_HOUR, azure.polls = 2, 0
    runs = waiting_runs(3)
    at_once([lambda r=run, p=person: acting.confirm(r, p) for run, person in runs])  # type: ignore[misc]
    for run, _ in runs:
        engine.advance(run.pk, token=str(uuid4()))
        clock.shift(SOON)
        ask_after_all()
    assert len(azure.accepted) == 2
    asked = making.step(runs[2][0], 1)
    assert (asked.state, asked.confirmed_by) == (StepRun.State.WAITING, None)
    assert asked.summary.startswith("Disrupted 2 times in the last hour")
