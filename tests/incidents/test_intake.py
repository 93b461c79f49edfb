"""Logging a call: what is kept, what is refused, and what happens to a call that is not covered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from accounts.models import Customer, Service, User
from incidents.intake import answer_gate, log_incident, log_once, unlisted_customer
from incidents.models import Incident, Kind, OutboxRow
from tests import factories


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def log(by: User, **changes: Any) -> Incident:
    return factories.make_incident(by=by, **changes)


def test_verdict_is_kept_as_it_was_at_the_call(engineer: User, customer: Customer) -> None:
    incident = log(engineer, customer=customer)
    customer.entitled_from = None
    customer.save()
    incident.refresh_from_db()
    assert incident.gate_outcome == Incident.Gate.ACCEPT
    assert incident.gate_verdict["checks"][1]["title"] == "Entitled"


@pytest.mark.parametrize(
    ("changes", "outcome", "next_action"),
    [
        ({}, "accept", "Begin triage"),
        ({"failure": "slow"}, "decline", "Decline with the words for the caller, or a lead overrides"),
        ({"who_affected": "unknown"}, "ask", "Ask what is missing, then decide"),
    ],
)
def test_next_action_follows_the_gate(engineer: User, changes: Any, outcome: str, next_action: str) -> None:
    incident = log(engineer, **changes)
    assert (incident.gate_outcome, incident.next_action) == (outcome, next_action)


def test_call_of_a_hospital_that_is_not_entitled_is_logged_for_the_duty_lead(engineer: User) -> None:
    incident = log(engineer, customer=factories.make_customer(entitled_from=None))
    assert incident.gate_outcome == Incident.Gate.PASS_TO_LEAD
    assert "Duty lead" in incident.next_action


class TestNotListed:
    def call(self, by: User, service: Service, words: str) -> Incident:
        return log_incident(
            customer=None, customer_words=words, service=service, caller_name="Switchboard",
            call_back_number="01632 960190", failure="cannot_sign_in", who_affected="everyone_all_sites",
            by=by,
        )  # fmt: skip

    def test_call_is_never_dropped(self, engineer: User, service: Service) -> None:
        incident = self.call(engineer, service, "Elmbrook Clinic")
        assert incident.gate_outcome == Incident.Gate.PASS_TO_LEAD
        assert "Elmbrook Clinic" in incident.gate_verdict["tell_caller"]
        assert "Elmbrook Clinic" in incident.timeline.get(kind=Kind.LOGGED).text

    def test_name_is_asked_for(self, engineer: User, service: Service) -> None:
        with pytest.raises(ValidationError, match="in the caller’s words"):
            self.call(engineer, service, " ")

    def test_its_row_is_in_no_list(self, engineer: User, service: Service) -> None:
        self.call(engineer, service, "Elmbrook Clinic")
        self.call(engineer, service, "Oakmere Hospital")
        assert Customer.objects.filter(short_name="not-listed").count() == 1
        assert unlisted_customer() not in Customer.objects.active()


class TestRefusals:
    @pytest.mark.parametrize(
        "field", ["caller_name", "error_text", "impact", "customer_changes", "customer_reference"]
    )
    def test_patient_data_is_refused_in_every_text(self, engineer: User, field: str) -> None:
        with pytest.raises(ValidationError) as refused:
            log(engineer, **{field: "NHS number 999 123 4560"})
        assert list(refused.value.message_dict) == [field]
        assert "4560" not in str(refused.value)
        assert not Incident.objects.exists()

    @pytest.mark.parametrize(
        "number", ["01632 960174", "+44 1632 960174", "0044 (0)1632 960174 ext 12", "999 123 4560"]
    )
    def test_telephone_number_is_no_patient_data(self, engineer: User, number: str) -> None:
        assert log(engineer, call_back_number=number).call_back_number == number

    def test_patient_number_in_place_of_a_telephone_number_is_refused(self, engineer: User) -> None:
        with pytest.raises(ValidationError, match="Enter a telephone number"):
            log(engineer, call_back_number="NHS no 999 123 4560")

    @pytest.mark.parametrize("field", ["reported_at", "began_at", "continuity_since_at"])
    @pytest.mark.parametrize(
        "at", [factories.SUNDAY_NIGHT + timedelta(minutes=1), datetime(1999, 12, 31, tzinfo=UTC)]
    )
    def test_time_that_cannot_be_is_refused(self, engineer: User, field: str, at: datetime) -> None:
        with pytest.raises(ValidationError) as refused:
            log(engineer, **{field: at})
        assert list(refused.value.message_dict) == [field]

    def test_auditor_logs_nothing(self, partner_auditor: User) -> None:
        with pytest.raises(PermissionDenied):
            log(partner_auditor)

    def test_nothing_is_left_of_a_refused_call(self, engineer: User) -> None:
        with pytest.raises(ValidationError):
            log(engineer, impact="NHS number 999 123 4560")
        assert not OutboxRow.objects.exists()
        assert log(engineer).reference == "OOH-2026-00001"


class TestTwice:
    def once(
        self, by: User, customer: Customer, service: Service, fingerprint: str = "same"
    ) -> tuple[Incident, bool]:
        return log_once(
            key="k", fingerprint=fingerprint, customer=customer, service=service, caller_name="IT on-call",
            call_back_number="01632 960174", failure="cannot_sign_in", who_affected="everyone_all_sites",
            by=by,
        )  # fmt: skip

    def test_same_key_gives_the_same_incident(
        self, engineer: User, customer: Customer, service: Service
    ) -> None:
        first, is_new = self.once(engineer, customer, service)
        again, is_new_again = self.once(engineer, customer, service)
        assert (first, is_new, is_new_again) == (again, True, False)

    def test_same_key_with_other_facts_is_a_conflict(
        self, engineer: User, customer: Customer, service: Service
    ) -> None:
        self.once(engineer, customer, service)
        with pytest.raises(Conflict, match="another body"):
            self.once(engineer, customer, service, fingerprint="other")


class TestAnsweringTheGate:
    def test_gate_judges_again_as_of_the_call(self, engineer: User, night: Any) -> None:
        asked = log(engineer, who_affected="unknown")
        night.shift(timedelta(days=1, hours=10))  # Monday noon: the desk is open now, it was not at the call
        answered = answer_gate(
            asked.pk, failure="cannot_sign_in", who_affected="everyone_one_site", by=engineer
        )
        assert answered.gate_outcome == Incident.Gate.ACCEPT
        assert answered.next_action == "Begin triage"

    def test_both_verdicts_stay_in_the_timeline(self, engineer: User) -> None:
        asked = log(engineer, who_affected="unknown")
        answer_gate(asked.pk, failure="cannot_sign_in", who_affected="one_person", by=engineer)
        titles = [entry.title for entry in asked.timeline.filter(kind=Kind.GATE).order_by("id")]
        assert titles == ["Gate: Cannot say yet", "Gate: Not covered: one person or one printer"]

    def test_verdict_that_was_given_is_not_asked_again(self, engineer: User, incident: Incident) -> None:
        with pytest.raises(Conflict, match="asks nothing"):
            answer_gate(incident.pk, failure="slow", who_affected="one_person", by=engineer)
