"""An elevated action needs two people at that moment: who confirms, and another of the vendor who agrees."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts.errors import Conflict
from accounts.models import Component, User
from accounts.roles import Role
from incidents.models import Incident, Kind
from sops import engine, services
from sops.actions import simulated
from sops.actions.outcomes import Failed
from sops.models import Run, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import MANUAL, RESTART, SWAP, TARGET, start, step, work

State = StepRun.State
HOLDS = timedelta(minutes=15)


@pytest.fixture
def asked(on_night: Incident, engineer: User) -> Run:
    """A run at its elevated step, to which nobody has agreed yet."""
    return work(start(on_night, [SWAP, MANUAL], by=engineer))


def swaps(estate: dict[str, Component]) -> int:
    return len(simulated.get(estate["app_service"], "deeds", []))


def test_nobody_confirms_it_before_the_vendor_agrees(asked: Run, engineer: User, lead: User) -> None:
    for person in (engineer, lead):
        with pytest.raises(Conflict) as refused:
            services.confirm(asked.pk, 1, typed=TARGET, by=person)
        assert refused.value.detail == "A second person, of the vendor, has to agree to it first."
    assert step(asked, 1).state == State.WAITING


@pytest.mark.parametrize("role", ["approver", "manager"])
def test_after_the_vendors_word_it_is_confirmed_and_done(
    asked: Run, engineer: User, role: str, estate: dict[str, Component], request: pytest.FixtureRequest
) -> None:
    second = request.getfixturevalue(role)
    services.agree(asked.pk, 1, by=second)
    services.confirm(asked.pk, 1, typed=TARGET, by=engineer)
    work(asked)
    done = step(asked, 1)
    assert (done.state, done.agreed_by, done.agreed_side, done.confirmed_by) == (
        State.DONE, second, "vendor", engineer,
    )  # fmt: skip
    assert swaps(estate) == 1
    lines = asked.incident.timeline.filter(kind=Kind.SOP).order_by("id")
    assert lines[0].title.endswith(f"step 1: {second} agreed to “Swap the slots”")
    assert lines[0].by == second
    assert lines[2].text == f"Confirmed by {engineer}. {second} agreed for the vendor."


@pytest.mark.parametrize(
    "role",
    ["engineer", "lead", "analyst", "author", "specialist", "partner_auditor", "vendor_auditor"],
)
def test_nobody_else_agrees(asked: Run, role: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        services.agree(asked.pk, 1, by=request.getfixturevalue(role))
    assert step(asked, 1).agreed_by is None


def test_agreeing_twice_is_one_line_on_the_timeline(asked: Run, approver: User) -> None:
    for _ in range(2):
        services.agree(asked.pk, 1, by=approver)
    assert asked.incident.timeline.filter(title__contains="agreed to").count() == 1


def test_who_agreed_never_confirms_it_too(author: User, estate: dict[str, Component], night: None) -> None:
    """In a rehearsal one person of the vendor may have both rights, and is still only one person."""
    both = factories.make_user(Role.SOP_APPROVER, Role.SOP_AUTHOR, name="Both at once")
    version = making.make_draft(author, [SWAP])
    customer = estate["app_service"].customer
    run = work(services.rehearse(version.pk, customer_id=customer.pk, by=author))
    services.agree(run.pk, 1, by=both)
    with pytest.raises(Conflict, match="You agreed to it for the vendor"):
        services.confirm(run.pk, 1, typed=TARGET, by=both)
    services.confirm(run.pk, 1, typed=TARGET, by=author)
    work(run)
    assert step(run, 1).state == State.DONE


def test_the_agreement_holds_for_fifteen_minutes_and_no_longer(
    asked: Run, engineer: User, approver: User, night: time_machine.Traveller
) -> None:
    services.agree(asked.pk, 1, by=approver)
    night.shift(HOLDS + timedelta(seconds=1))
    with pytest.raises(Conflict, match="cannot be sent"):
        services.confirm(asked.pk, 1, typed=TARGET, by=engineer)
    services.agree(asked.pk, 1, by=approver)
    night.shift(HOLDS)
    services.confirm(asked.pk, 1, typed=TARGET, by=engineer)
    assert step(asked, 1).confirmed_by == engineer


def test_an_agreement_that_runs_out_before_a_worker_comes_has_to_be_given_again(
    asked: Run, engineer: User, approver: User, night: time_machine.Traveller, estate: dict[str, Component]
) -> None:
    services.agree(asked.pk, 1, by=approver)
    night.shift(HOLDS - timedelta(seconds=1))
    services.confirm(asked.pk, 1, typed=TARGET, by=engineer)
    night.shift(2)
    work(asked)
    held = step(asked, 1)
    assert (held.state, held.confirmed_by, held.agreed_by) == (State.WAITING, None, None)
    assert held.summary == "The vendor's agreement has run out. It has to be given again"
    assert swaps(estate) == 0


def test_a_new_try_needs_the_vendors_word_again(asked: Run, engineer: User, approver: User) -> None:
    services.agree(asked.pk, 1, by=approver)
    services.confirm(asked.pk, 1, typed=TARGET, by=engineer)
    with mock.patch.object(simulated, "perform", side_effect=Failed("It failed")):
        work(asked)
    services.try_again(asked.pk, 1, by=engineer)
    assert step(asked, 1).agreed_by is None
    with pytest.raises(Conflict, match="cannot be sent"):
        services.confirm(asked.pk, 1, typed=TARGET, by=engineer)


def test_there_is_nothing_to_agree_to_elsewhere(
    on_night: Incident, engineer: User, approver: User, asked: Run
) -> None:
    with pytest.raises(Conflict):
        services.agree(asked.pk, 2, by=approver)
    services.stop(asked.pk, reason="Not needed", by=engineer)
    with pytest.raises(Conflict, match="The run has ended"):
        services.agree(asked.pk, 1, by=approver)
    other = factories.make_incident(by=engineer, customer=on_night.customer)
    plain = work(start(other, [RESTART], by=engineer))
    with pytest.raises(Conflict):
        services.agree(plain.pk, 1, by=approver)


def test_nobody_agrees_after_it_was_confirmed(
    asked: Run, engineer: User, approver: User, manager: User
) -> None:
    services.agree(asked.pk, 1, by=approver)
    services.confirm(asked.pk, 1, typed=TARGET, by=engineer)
    with pytest.raises(Conflict, match="OOH engineer 1 has already dealt with step 1"):
        services.agree(asked.pk, 1, by=manager)
    assert engine.claim(asked.pk, token="one") is not None
    assert step(asked, 1).agreed_by == approver


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"agreed_side": "partner"}, "step_run_agreed_by_another_of_the_vendor"),
        ({"agreed_at": None}, "step_run_agreed_by_another_of_the_vendor"),
        ({"confirmed_by": "approver"}, "step_run_agreed_by_another_of_the_vendor"),
        ({"agreed_by": None, "state": "done"}, "step_run_elevated_was_agreed"),
    ],
)
def test_the_database_refuses_one_person_or_the_wrong_side(
    asked: Run, engineer: User, approver: User, wrong: dict[str, Any], name: str
) -> None:
    services.agree(asked.pk, 1, by=approver)
    services.confirm(asked.pk, 1, typed=TARGET, by=engineer)
    fields = {key: approver if value == "approver" else value for key, value in wrong.items()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        StepRun.objects.filter(pk=step(asked, 1).pk).update(**fields)
