"""At eight the desk takes over: nothing is executed in working hours unless a lead said why."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from accounts.errors import Conflict
from accounts.models import Component, Nation, User
from incidents import services as incidents
from incidents.models import Incident
from sops import services
from sops.actions import simulated
from sops.models import Run, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, TARGET, start, step, work

State = StepRun.State
LAST_SECOND = datetime(2026, 11, 23, 7, 59, 59, tzinfo=UTC)
EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
HELD = "Working hours since 08:00 GMT, and no lead has said why to go on"
WHY = "The hospital's director asked us to finish."


def restarts(estate: dict[str, Component]) -> int:
    return int(simulated.get(estate["app_service"], "restarts", 0))


def test_a_check_runs_in_the_last_second_and_is_held_at_eight(
    on_night: Incident, engineer: User, night: time_machine.Traveller
) -> None:
    run = start(on_night, [CHECK, CHECK, MANUAL], by=engineer)
    night.move_to(LAST_SECOND)
    work(run, most=1)
    assert step(run, 1).state == State.DONE
    night.move_to(EIGHT)
    run = work(run)
    held = step(run, 2)
    assert (run.state, held.state, held.summary) == (Run.State.WAITING, State.WAITING, HELD)


def test_a_held_check_goes_on_once_a_lead_said_why(
    on_night: Incident, engineer: User, lead: User, night: time_machine.Traveller
) -> None:
    run = start(on_night, [CHECK, MANUAL], by=engineer)
    night.move_to(EIGHT)
    work(run)
    with pytest.raises(Conflict) as refused:
        services.resume_held(run.pk, 1, by=engineer)
    assert refused.value.detail == f"{HELD}."
    incidents.override_gate(on_night.pk, reason=WHY, by=lead)
    services.resume_held(run.pk, 1, by=engineer)
    services.resume_held(run.pk, 1, by=engineer)  # pressed twice
    work(run)
    assert (step(run, 1).state, step(run, 2).state) == (State.DONE, State.WAITING)
    gone_on = on_night.timeline.filter(title__contains="goes on")
    assert [entry.by for entry in gone_on] == [engineer]


def test_only_who_runs_sops_goes_on_and_only_with_what_is_held(
    on_night: Incident, engineer: User, analyst: User, night: time_machine.Traveller
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    with pytest.raises(Conflict, match="This step is not held"):
        services.resume_held(run.pk, 1, by=engineer)
    with pytest.raises(PermissionDenied):
        services.resume_held(run.pk, 1, by=analyst)


def test_a_change_is_not_confirmed_from_eight_on(
    on_night: Incident,
    engineer: User,
    lead: User,
    night: time_machine.Traveller,
    estate: dict[str, Component],
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    night.move_to(EIGHT)
    with pytest.raises(Conflict) as refused:
        services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    assert refused.value.detail == f"{HELD}."
    incidents.override_gate(on_night.pk, reason=WHY, by=lead)
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    work(run)
    assert restarts(estate) == 1


def test_what_was_confirmed_a_second_before_eight_is_asked_again_at_eight(
    on_night: Incident, engineer: User, night: time_machine.Traveller, estate: dict[str, Component]
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    night.move_to(LAST_SECOND)
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    night.move_to(EIGHT)
    work(run)
    asked = step(run, 1)
    assert (asked.state, asked.confirmed_by, asked.summary) == (State.WAITING, None, HELD)
    assert restarts(estate) == 0


def test_what_a_person_does_is_not_held(
    on_night: Incident, engineer: User, night: time_machine.Traveller
) -> None:
    """What was told to the hospital must be written down at any hour."""
    run = work(start(on_night, [MANUAL, CHECK], by=engineer))
    night.move_to(EIGHT)
    services.answer(run.pk, 1, evidence="Told them at 07:58", by=engineer)
    work(run)
    assert (step(run, 1).state, step(run, 2).state) == (State.DONE, State.WAITING)


@pytest.mark.parametrize(
    ("free", "held"),
    [
        # The Friday before a change of the clock and the Monday after it: eight is another instant.
        ("2026-10-23T06:59:59Z", "2026-10-23T07:00:00Z"),
        ("2026-10-26T07:59:59Z", "2026-10-26T08:00:00Z"),
        ("2026-03-27T07:59:59Z", "2026-03-27T08:00:00Z"),
        ("2026-03-30T06:59:59Z", "2026-03-30T07:00:00Z"),
    ],
)
def test_eight_is_eight_on_the_wall_on_both_sides_of_a_change_of_the_clock(
    estate: dict[str, Component], incident: Incident, engineer: User, free: str, held: str
) -> None:
    with time_machine.travel(free, tick=False) as clock:
        run = start(incident, [CHECK, CHECK, MANUAL], by=engineer)
        work(run, most=1)
        assert step(run, 1).state == State.DONE
        clock.move_to(held)
        work(run)
        assert step(run, 2).summary.startswith("Working hours since 08:00 ")


@pytest.mark.parametrize(("follows_own", "state"), [(True, State.DONE), (False, State.WAITING)])
def test_a_customer_by_its_own_holidays_is_out_of_hours_on_them(
    night: time_machine.Traveller, engineer: User, follows_own: bool, state: str
) -> None:
    """St Andrew's Day is a holiday in Scotland, and the desk works."""
    customer = factories.make_customer(nation=Nation.SCOTLAND, follows_own_holidays=follows_own)
    incident = factories.make_incident(by=engineer, customer=customer)
    making.make_estate(customer, incident.service)
    run = start(incident, [CHECK, MANUAL], by=engineer)
    night.move_to(datetime(2026, 11, 30, 10, 0, tzinfo=UTC))
    work(run)
    assert step(run, 1).state == state


def test_a_rehearsal_runs_at_any_hour(
    estate: dict[str, Component], author: User, night: time_machine.Traveller
) -> None:
    night.move_to(factories.MONDAY_NOON)
    version = making.make_draft(author, [CHECK, RESTART])
    customer = estate["app_service"].customer
    run = work(services.rehearse(version.pk, customer_id=customer.pk, by=author))
    services.confirm(run.pk, 2, typed=TARGET, by=author)
    work(run)
    assert [each.state for each in run.step_runs.all()] == [State.DONE, State.DONE]


def test_a_lead_overrides_an_accepted_incident_in_working_hours_only(
    on_night: Incident, engineer: User, lead: User, night: time_machine.Traveller
) -> None:
    night.move_to(LAST_SECOND)
    with pytest.raises(Conflict, match="The gate is open already"):
        incidents.override_gate(on_night.pk, reason=WHY, by=lead)
    night.move_to(EIGHT)
    with pytest.raises(PermissionDenied):
        incidents.override_gate(on_night.pk, reason=WHY, by=engineer)
    overridden = incidents.override_gate(on_night.pk, reason=WHY, by=lead)
    assert (overridden.override_by, overridden.override_reason) == (lead, WHY)
    with pytest.raises(Conflict, match="The gate is open already"):
        incidents.override_gate(on_night.pk, reason="Another reason", by=lead)
