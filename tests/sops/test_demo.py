"""The demo's SOPs: four in force, two that wait, and an estate that they mend."""

from typing import Any

import pytest
import time_machine
from django.utils import timezone

import accounts.demo
import sops.demo
from accounts.models import Component, Customer, Service, User
from incidents.models import Incident
from incidents.scope import COVERED_SERVICES, situations
from sops import services
from sops.applicability import choices_for
from sops.matrix_reading import coverage_for
from sops.models import Run, Sop, SopVersion, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import step, work


@pytest.fixture(scope="module")
def seeded(module_db: None) -> None:
    with time_machine.travel(factories.SUNDAY_NIGHT, tick=False):
        accounts.demo.seed()
        sops.demo.seed()


@pytest.fixture
def demo(seeded: None, db: None, night: Any) -> None:
    """The demo as it was seeded this night, whatever the test before made of it."""


@pytest.fixture
def engineer(demo: None) -> User:
    found: User = User.objects.get(email="engineer.1@partner.example")
    return found


def incident_of(short_name: str, code: str, failure: str, engineer: User) -> Incident:
    customer, service = Customer.objects.get(short_name=short_name), Service.objects.get(code=code)
    logged = factories.make_incident(by=engineer, customer=customer, service=service, failure=failure)
    return making.triaging(logged, engineer)


def begin(incident: Incident, code: str, engineer: User) -> Run:
    version = SopVersion.objects.approved().get(sop__code=code)
    return work(services.start_run(incident.pk, version.pk, by=engineer))


def test_four_are_in_force_and_two_wait_for_their_first_approval(demo: None) -> None:
    states = list(SopVersion.objects.order_by("sop", "number").values_list("sop__code", "number", "state"))
    assert states == [
        ("SOP-02", 1, "approved"), ("SOP-03", 1, "approved"), ("SOP-04", 1, "submitted"),
        ("SOP-05", 1, "approved"), ("SOP-05", 2, "submitted"), ("SOP-06", 1, "submitted"),
        ("SOP-07", 1, "approved"),
    ]  # fmt: skip


def test_seeding_again_changes_nothing_and_breaks_nothing_that_was_mended(demo: None) -> None:
    before = list(SopVersion.objects.order_by("pk").values_list("pk", "content_hash"))
    broken = Component.objects.get(name=sops.demo.BROKEN[0])
    sops.demo.simulated.put(broken, "health", "healthy")
    accounts.demo.seed()
    sops.demo.seed()
    assert list(SopVersion.objects.order_by("pk").values_list("pk", "content_hash")) == before
    assert sops.demo.simulated.is_healthy(broken)
    assert Sop.objects.count() == 6


def test_what_waits_can_be_approved_as_it_is(demo: None) -> None:
    approver = User.objects.get(email=sops.demo.APPROVER)
    for version in SopVersion.objects.waiting():
        approved = services.approve_version(
            version.pk, reason="Tried", review_on=making.REVIEW_ON, by=approver
        )
        assert approved.state == "approved"


def test_sop_03_restores_wexcombe(engineer: User, night: Any) -> None:
    run = begin(incident_of("wexcombe", "compucare8", "cannot_sign_in", engineer), "SOP-03", engineer)
    assert [each.is_bad for each in run.step_runs.all()[:3]] == [False, True, True]
    services.answer(run.pk, 4, evidence="Night manager agrees", by=engineer)
    services.confirm(run.pk, 5, typed="app-cc8-wexcombe-prod", by=engineer)
    work(run)
    night.shift(6)
    work(run)
    assert (step(run, 6).state, step(run, 6).summary) == (StepRun.State.DONE, "Answers: 200")
    services.answer(run.pk, 7, answer="Yes", by=engineer)
    services.post_words(run.pk, 8, words="Users can sign in again.", next_in_minutes=30, by=engineer)
    run.refresh_from_db()
    assert (run.state, run.outcome) == ("finished", "restored")


def test_sop_07_lets_the_messages_of_harbour_lane_through(engineer: User, night: Any) -> None:
    run = begin(incident_of("harbour", "messagecall", "messages_not_processed", engineer), "SOP-07", engineer)
    assert step(run, 1).summary == "412 messages wait, 0 dead letters, none was opened"
    services.answer(run.pk, 3, evidence="The wards use their fallback", by=engineer)
    services.confirm(run.pk, 4, typed="vm-messagecall-harbour-prod", by=engineer)
    work(run)
    night.shift(120)
    services.answer(run.pk, 5, evidence="02:09 to 02:11", by=engineer)
    work(run)
    assert step(run, 7).summary == "0 messages wait, 0 dead letters, none was opened"
    services.answer(run.pk, 8, answer="Yes", by=engineer)
    assert step(run, 9).state == StepRun.State.WAITING


def test_each_covered_service_of_each_customer_has_an_sop_when_nobody_can_sign_in(engineer: User) -> None:
    for customer in Customer.objects.all():
        for code in COVERED_SERVICES:
            service = Service.objects.get(code=code)
            incident = Incident(customer=customer, service=service, failure="cannot_sign_in")
            assert any(choice.applies for choice in choices_for(incident, engineer)), (customer, service)


def test_the_situations_of_the_demo_are_failures_of_a_p1_and_leave_one_without_an_sop(
    engineer: User, night: Any
) -> None:
    for sop in Sop.objects.all():
        assert set(sop.situations) <= set(situations()), sop
    gaps = coverage_for(engineer, timezone.now()).matrix.gaps
    assert {gap.situation.code for gap in gaps} == {"other"}


def test_seeding_again_leaves_situations_as_people_set_them(demo: None) -> None:
    Sop.objects.filter(code="SOP-03").update(situations=["does_not_open"])
    sops.demo.seed()
    assert Sop.objects.get(code="SOP-03").situations == ["does_not_open"]
