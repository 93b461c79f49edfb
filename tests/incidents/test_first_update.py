"""The first status update: the caller is told "within five minutes", so the desk holds itself to it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from incidents import intake, services
from incidents.models import Incident
from tests import factories

WITHIN = timedelta(minutes=5)

pytestmark = pytest.mark.usefixtures("night")


def test_an_accepted_call_has_its_first_update_due_in_five_minutes(incident: Incident) -> None:
    assert incident.gate_outcome == Incident.Gate.ACCEPT
    assert incident.next_update_due_at == incident.logged_at + WITHIN


def test_the_promise_counts_from_the_logging_and_not_from_the_report(engineer: User) -> None:
    incident = factories.make_incident(by=engineer, reported_at=timezone.now() - timedelta(hours=1))
    assert incident.next_update_due_at == timezone.now() + WITHIN


def test_a_promise_that_was_made_already_is_kept(engineer: User) -> None:
    promised = timezone.now() + timedelta(minutes=20)
    assert factories.make_incident(by=engineer, next_update_due_at=promised).next_update_due_at == promised


@pytest.mark.parametrize("failure", ["slow", "printing"])
def test_a_call_that_the_gate_holds_back_promises_nothing(failure: str, engineer: User) -> None:
    incident = factories.make_incident(by=engineer, failure=failure)
    assert incident.gate_outcome != Incident.Gate.ACCEPT
    assert incident.next_update_due_at is None


def test_a_lead_who_overrides_the_gate_takes_on_the_promise(engineer: User, lead: User) -> None:
    incident = factories.make_incident(by=engineer, failure="slow")
    services.override_gate(incident.pk, reason="Theatre lists stand still", by=lead)
    incident.refresh_from_db()
    assert incident.next_update_due_at == timezone.now() + WITHIN


def test_an_override_leaves_a_promise_that_stands(engineer: User, lead: User) -> None:
    promised = timezone.now() + timedelta(minutes=2)
    incident = factories.make_incident(by=engineer, failure="slow", next_update_due_at=promised)
    services.override_gate(incident.pk, reason="Theatre lists stand still", by=lead)
    incident.refresh_from_db()
    assert incident.next_update_due_at == promised


def test_a_gate_that_asked_and_then_accepts_makes_the_promise(engineer: User) -> None:
    incident = factories.make_incident(by=engineer, who_affected="unknown")
    assert (incident.gate_outcome, incident.next_update_due_at) == (Incident.Gate.ASK, None)
    intake.answer_gate(incident.pk, failure="cannot_sign_in", who_affected="everyone_all_sites", by=engineer)
    incident.refresh_from_db()
    assert incident.next_update_due_at == timezone.now() + WITHIN
