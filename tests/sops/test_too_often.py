"""A target is disrupted twice an hour at the most, by whatever runs, people and workers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import transaction

from accounts.errors import Conflict
from accounts.models import Component, User
from accounts.roles import Role
from incidents.models import Incident
from sops import engine, services
from sops.actions import simulated
from sops.actions.outcomes import Failed, Throttled
from sops.models import Run, StepRun
from tests import factories
from tests.incidents.test_two_people import at_once
from tests.sops import making
from tests.sops.making import MANUAL, RESTART, TARGET, start, step, work

State = StepRun.State
ENOUGH = "Disrupted 2 times in the last hour, which is the most. Not before 03:08 GMT: escalate"


@pytest.fixture
def twice(on_night: Incident, engineer: User) -> Run:
    """Restarted twice at 02:07:12, and asked for a third time."""
    run = work(start(on_night, [RESTART, RESTART, RESTART, MANUAL], by=engineer))
    for position in (1, 2):
        services.confirm(run.pk, position, typed=TARGET, by=engineer)
        work(run)
    return run


def restarts(estate: dict[str, Component]) -> int:
    return int(simulated.get(estate["app_service"], "restarts", 0))


def another(run: Run, person: User) -> Run:
    """A run on another incident, on the same target, that waits to be confirmed."""
    incident = factories.make_incident(by=person, customer=run.incident.customer)
    return work(start(incident, [RESTART, MANUAL], by=person))


def test_the_third_in_an_hour_is_refused_at_confirm_by_whatever_run(
    twice: Run, engineer: User, estate: dict[str, Component]
) -> None:
    other = another(twice, engineer)
    for run, position in ((twice, 3), (other, 1)):
        with pytest.raises(Conflict) as refused:
            services.confirm(run.pk, position, typed=TARGET, by=engineer)
        assert refused.value.detail == f"{ENOUGH}."
    assert restarts(estate) == 2


def test_it_is_asked_again_when_a_worker_takes_it(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    first = work(start(on_night, [RESTART, MANUAL], by=engineer))
    runs = [first, another(first, engineer), another(first, engineer)]
    for run in runs:
        services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    for run in runs:
        work(run)
    last = step(runs[2], 1)
    assert (last.state, last.confirmed_by, last.summary) == (State.WAITING, None, ENOUGH)
    assert restarts(estate) == 2


def test_an_hour_later_it_may_be_done_again(
    twice: Run, engineer: User, night: time_machine.Traveller, estate: dict[str, Component]
) -> None:
    night.shift(timedelta(hours=1) - timedelta(seconds=1))
    with pytest.raises(Conflict):
        services.confirm(twice.pk, 3, typed=TARGET, by=engineer)
    night.shift(1)
    services.confirm(twice.pk, 3, typed=TARGET, by=engineer)
    work(twice)
    assert restarts(estate) == 3


def test_another_target_is_not_concerned(twice: Run, engineer: User, service: Any) -> None:
    incident = factories.make_incident(by=engineer)
    app = making.make_estate(incident.customer, service)["app_service"]
    run = work(start(incident, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=app.name, by=engineer)
    work(run)
    assert step(run, 1).state == State.DONE


def test_rehearsals_do_not_count_and_are_not_counted(
    twice: Run, engineer: User, author: User, night: time_machine.Traveller
) -> None:
    version = making.make_draft(author, [RESTART, RESTART, RESTART, RESTART])
    rehearsal = work(services.rehearse(version.pk, customer_id=twice.customer_id, by=author))
    for position in range(1, 5):
        services.confirm(rehearsal.pk, position, typed=TARGET, by=author)
        work(rehearsal)
    assert step(rehearsal, 4).state == State.DONE
    night.shift(timedelta(hours=1))
    services.confirm(twice.pk, 3, typed=TARGET, by=engineer)


def test_each_try_of_one_step_counts(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    """What failed may have disrupted it all the same."""
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    for number in range(2):
        services.confirm(run.pk, 1, typed=TARGET, by=engineer)
        with mock.patch.object(simulated, "perform", side_effect=Failed("It failed half way")):
            work(run)
        services.try_again(run.pk, 1, by=engineer)
        assert step(run, 1).sends == number + 1
    for each in (run, another(run, engineer)):
        with pytest.raises(Conflict) as refused:
            services.confirm(each.pk, 1, typed=TARGET, by=engineer)
        assert refused.value.detail == f"{ENOUGH}."


def test_what_was_turned_away_does_not_count(
    on_night: Incident, engineer: User, night: time_machine.Traveller, estate: dict[str, Component]
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    with mock.patch.object(simulated, "perform", side_effect=Throttled("Azure is busy", 5)):
        for _ in range(engine.MOST_TURNED_AWAY):
            work(run)
            night.shift(6)
    waiting = step(run, 1)
    assert (waiting.state, waiting.sends, waiting.sent_at) == (State.PENDING, 0, None)
    work(run)
    assert (step(run, 1).state, step(run, 1).sends) == (State.DONE, 1)
    other = another(run, engineer)
    services.confirm(other.pk, 1, typed=TARGET, by=engineer)
    work(other)
    assert restarts(estate) == 2


def test_nothing_is_sent_again_before_the_time_that_azure_named(
    on_night: Incident, engineer: User, night: time_machine.Traveller, estate: dict[str, Component]
) -> None:
    """Where that is long the step fails, and a person decides; it did not happen, and does not count."""
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    with mock.patch.object(simulated, "perform", side_effect=Throttled("Azure is busy", 1200)) as sent:
        for _ in range(6):
            work(run)
            night.shift(timedelta(minutes=3))
    failed = step(run, 1)
    assert (sent.call_count, failed.state, failed.sends) == (1, State.FAILED, 0)
    assert failed.summary == "Azure is busy, until 02:28 GMT: longer than a run waits"
    services.try_again(run.pk, 1, by=engineer)
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    work(run)
    assert restarts(estate) == 1


def test_turned_away_for_good_it_may_be_confirmed_again_and_waits_as_often(
    on_night: Incident, engineer: User, night: time_machine.Traveller, estate: dict[str, Component]
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    with mock.patch.object(simulated, "perform", side_effect=Throttled("Azure is busy", 5)):
        for _ in range(3):
            services.confirm(run.pk, 1, typed=TARGET, by=engineer)
            for _ in range(engine.MOST_TURNED_AWAY):
                work(run)
                assert step(run, 1).state == State.PENDING
                night.shift(6)
            work(run)
            assert step(run, 1).state == State.FAILED
            services.try_again(run.pk, 1, by=engineer)
            services.try_again(run.pk, 1, by=engineer)  # pressed twice
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    work(run)
    assert restarts(estate) == 1


def test_the_limit_is_a_setting(on_night: Incident, engineer: User, settings: Any) -> None:
    settings.SOP_DISRUPTIONS_PER_HOUR = 1
    run = work(start(on_night, [RESTART, RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    work(run)
    with pytest.raises(Conflict) as refused:
        services.confirm(run.pk, 2, typed=TARGET, by=engineer)
    assert refused.value.detail.startswith("Disrupted once in the last hour, which is the most.")


@pytest.fixture
def nobody_else(transactional_db: None) -> Iterator[None]:
    with making.no_worker():
        yield


@pytest.mark.parametrize("number", range(3))
def test_several_runs_and_workers_at_once_never_exceed_it(nobody_else: None, number: int) -> None:
    person = factories.make_user(Role.OOH_ENGINEER)
    incident = factories.make_incident(by=person)
    app = making.make_estate(incident.customer, incident.service)["app_service"]
    with transaction.atomic():
        first = work(start(incident, [RESTART, MANUAL], by=person))
        runs = [first, *(another(first, person) for _ in range(3))]
        for run in runs:
            services.confirm(run.pk, 1, typed=app.name, by=person)
    for turn in range(4):
        at_once([lambda r=run, t=turn: engine.advance(r.pk, token=f"w-{r.pk}-{t}") for run in runs])  # type: ignore[misc]
        for run in runs:
            confirm_if_asked(run, app.name, person)
    assert simulated.get(app, "restarts") == 2


def confirm_if_asked(run: Run, name: str, person: User) -> None:
    try:
        services.confirm(run.pk, 1, typed=name, by=person)
    except Conflict:
        return
