"""Between the word of a person and the worker much changes: nothing is sent on a word for something else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.errors import Conflict
from accounts.models import Component, User
from incidents.models import Incident
from sops import engine, services
from sops.actions import simulated
from sops.models import Run, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import MANUAL, RESTART, SWAP, TARGET, start, step, work

State = StepRun.State
HOLDS = timedelta(minutes=15)


@pytest.fixture
def confirmed(on_night: Incident, engineer: User) -> Run:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    return services.confirm(run.pk, 1, typed=TARGET, by=engineer)


@pytest.fixture
def agreed(on_night: Incident, engineer: User, approver: User) -> Run:
    """An elevated step to which the vendor agreed; nobody has confirmed it."""
    run = work(start(on_night, [SWAP, MANUAL], by=engineer))
    return services.agree(run.pk, 1, by=approver)


def deeds(estate: dict[str, Component]) -> int:
    return len(simulated.get(estate["app_service"], "deeds", []))


def asked_again(run: Run, words: str) -> None:
    """The step waits, both words are forgotten, and the reason stands there."""
    asked = step(run, 1)
    assert (asked.state, asked.summary) == (State.WAITING, words)
    assert (asked.confirmed_by, asked.agreed_by) == (None, None)


# ---------- Time ----------


def test_a_confirmation_that_no_worker_took_for_a_quarter_of_an_hour_is_asked_again(
    confirmed: Run, engineer: User, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    """Workers that come up at five in the morning do not restart what was confirmed at two."""
    night.shift(HOLDS + timedelta(seconds=1))
    work(confirmed)
    asked_again(confirmed, "It was confirmed more than 15 minutes ago. Confirm it again")
    assert deeds(estate) == 0
    services.confirm(confirmed.pk, 1, typed=TARGET, by=engineer)
    work(confirmed)
    assert (step(confirmed, 1).state, deeds(estate)) == (State.DONE, 1)


def test_until_then_a_worker_takes_it(
    confirmed: Run, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    night.shift(HOLDS)
    work(confirmed)
    assert deeds(estate) == 1


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=3), timedelta(days=-400)])
def test_a_clock_that_jumps_makes_no_word_hold_longer(
    jump: timedelta, agreed: Run, engineer: User, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    with making.no_worker():
        services.confirm(agreed.pk, 1, typed=TARGET, by=engineer)
    night.shift(jump)
    work(agreed)
    assert step(agreed, 1).state in (State.WAITING, State.SKIPPED)  # asked again, or stopped
    assert deeds(estate) == 0


def test_the_clocks_of_two_machines_may_differ_by_a_little(
    agreed: Run, engineer: User, estate: dict[str, Component], night: time_machine.Traveller
) -> None:
    services.confirm(agreed.pk, 1, typed=TARGET, by=engineer)
    night.shift(timedelta(seconds=-40))
    work(agreed)
    assert deeds(estate) == 1


# ---------- People ----------


@pytest.mark.parametrize("change", ["left", "another role"])
def test_who_agreed_and_then_left_has_agreed_to_nothing(
    change: str, agreed: Run, engineer: User, approver: User, manager: User, estate: dict[str, Component]
) -> None:
    services.confirm(agreed.pk, 1, typed=TARGET, by=engineer)
    person = User.objects.get(pk=approver.pk)
    if change == "left":
        person.is_active = False
        person.save()
    else:
        person.groups.clear()
    work(agreed)
    asked_again(agreed, f"{approver} may no longer agree for the vendor. Somebody else has to")
    assert deeds(estate) == 0
    services.agree(agreed.pk, 1, by=manager)
    services.confirm(agreed.pk, 1, typed=TARGET, by=engineer)
    work(agreed)
    assert step(agreed, 1).agreed_by == manager


def test_nor_is_it_confirmed_on_such_a_word_and_the_page_asks_for_another(
    agreed: Run, engineer: User, approver: User, manager: User, browse: Callable[[User], Client]
) -> None:
    agree = f"/runs/{agreed.pk}/agree/"
    assert agree not in browse(manager).get(f"/runs/{agreed.pk}/").content.decode()
    User.objects.filter(pk=approver.pk).update(is_active=False)
    assert agree in browse(manager).get(f"/runs/{agreed.pk}/").content.decode()
    with pytest.raises(Conflict) as refused:
        services.confirm(agreed.pk, 1, typed=TARGET, by=engineer)
    assert f"{approver} may no longer agree for the vendor" in refused.value.detail


# ---------- Targets ----------


def test_an_agreement_is_for_the_target_that_was_chosen_then(
    on_night: Incident, engineer: User, approver: User
) -> None:
    other = factories.make_component(on_night.customer, service=on_night.service, name="app-other")
    run = work(start(on_night, [SWAP, MANUAL], by=engineer))
    first = Component.objects.get(name=TARGET)
    services.choose_target(run.pk, 1, component_id=first.pk, by=engineer)
    services.agree(run.pk, 1, by=approver)
    services.choose_target(run.pk, 1, component_id=other.pk, by=engineer)
    assert step(run, 1).agreed_by is None
    with pytest.raises(Conflict, match="cannot be sent"):
        services.confirm(run.pk, 1, typed=other.name, by=engineer)


def test_a_target_that_became_another_resource_is_confirmed_again(
    confirmed: Run, engineer: User, estate: dict[str, Component]
) -> None:
    """Its name is the same, so the person would have typed the same."""
    target = estate["app_service"]
    target.resource_id = "/subscriptions/S1/resourceGroups/rg-other/providers/Microsoft.Web/sites/app-other"
    target.save()
    work(confirmed)
    words = "The register names another resource for the target since. Read it, and confirm it again"
    asked_again(confirmed, words)
    assert deeds(estate) == 0
    services.confirm(confirmed.pk, 1, typed=TARGET, by=engineer)
    work(confirmed)
    assert deeds(estate) == 1


ID = "/subscriptions/S1/resourceGroups/rg-harbour/providers/Microsoft.Compute/virtualMachines/vm-1"


@pytest.mark.parametrize("again", [ID, ID.upper()])
def test_a_resource_is_registered_once_so_that_one_at_a_time_means_the_resource(again: str, db: None) -> None:
    factories.make_component(kind="virtual_machine", resource_id=ID)
    with pytest.raises(IntegrityError), transaction.atomic():
        factories.make_component(kind="virtual_machine", resource_id=again)


def test_what_is_no_single_resource_may_be_registered_often(db: None) -> None:
    for _ in range(2):
        factories.make_component(resource_id="")
        factories.make_component(kind="region", resource_id="/subscriptions/S1")


def test_an_incident_that_turns_out_to_be_of_another_hospital_stops_the_run(
    confirmed: Run, estate: dict[str, Component]
) -> None:
    Incident.objects.filter(pk=confirmed.incident_id).update(customer=factories.make_customer())
    work(confirmed)
    confirmed.refresh_from_db()
    assert confirmed.state == Run.State.STOPPED
    assert confirmed.stop_reason == "The incident is of another customer now"
    assert deeds(estate) == 0


# ---------- The hour ----------


@pytest.mark.parametrize("most", [0, -1])
def test_a_desk_that_may_disrupt_nothing_disrupts_nothing(
    most: int, on_night: Incident, engineer: User, settings: Any
) -> None:
    settings.SOP_DISRUPTIONS_PER_HOUR = most
    run = work(start(on_night, [RESTART], by=engineer))
    with pytest.raises(Conflict) as refused:
        services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    assert refused.value.detail == "This desk disrupts nothing: SOP_DISRUPTIONS_PER_HOUR is 0."


# ---------- Withdrawal and rehearsal ----------


def test_a_rehearsal_lends_no_word_to_a_run(
    confirmed: Run, author: User, engineer: User, estate: dict[str, Component]
) -> None:
    """The same step of the same version on the same target, confirmed in a rehearsal at the same time."""
    services.stop(confirmed.pk, reason="Not needed", by=engineer)
    rehearsal = work(services.rehearse(confirmed.version_id, customer_id=confirmed.customer_id, by=author))
    services.confirm(rehearsal.pk, 1, typed=TARGET, by=author)
    real = work(
        start(factories.make_incident(by=engineer, customer=confirmed.customer), [RESTART], by=engineer)
    )
    for token in ("one", "two"):
        engine.advance(real.pk, token=token)
    assert (step(real, 1).state, step(real, 1).confirmed_by, deeds(estate)) == (State.WAITING, None, 0)


def test_nothing_of_a_withdrawn_version_is_sent_however_often_it_is_asked(
    confirmed: Run, engineer: User, approver: User, estate: dict[str, Component]
) -> None:
    services.withdraw_version(confirmed.version_id, reason="Wrong slot", by=approver)
    for token in ("one", "one", "two"):
        engine.advance(confirmed.pk, token=token)
    for act in (services.try_again, services.go_on):
        with pytest.raises(Conflict):
            act(confirmed.pk, 1, by=engineer)
    with pytest.raises(Conflict):
        services.start_run(confirmed.incident_id, confirmed.version_id, by=engineer)
    assert deeds(estate) == 0
