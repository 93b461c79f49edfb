"""Alerts become proposals; repeats join; a person takes or dismisses them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from accounts.models import Customer, User
from incidents import services
from incidents.alerts import Alert
from incidents.models import Incident, Kind, Proposal
from incidents.proposals import dismiss, receive, take
from tests import factories
from tests.incidents import alerts as samples

FIRED_AT = datetime(2026, 11, 22, 2, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def an_alert(**changes: Any) -> Alert:
    known: dict[str, Any] = {
        "source": "alertmanager",
        "dedup_key": "f1",
        "state": "fired",
        "title": "Sign-in page does not answer",
        "summary": "HTTPS probe failed 3 of 3.",
        "severity": "critical",
        "pages": True,
        "proposes": True,
        "reason": "",
        "fired_at": FIRED_AT,
        "resolved_at": None,
        "targets": ("signin-harbour-prod",),
        "monitor": "Probe",
        "labels": {},
    }
    return Alert(**known | changes)


def an_end(**changes: Any) -> Alert:
    ended = {"state": "resolved", "proposes": False, "resolved_at": FIRED_AT + timedelta(minutes=5)}
    return an_alert(**ended | changes)


def counts(alerts: list[Alert], by: User) -> dict[str, Any]:
    done = receive(alerts, by=by).as_dict()
    return {name: value for name, value in done.items() if value and name not in ("received", "ignored")}


@pytest.fixture
def harbour(db: None) -> Customer:
    harbour = factories.make_customer(
        name="Harbour Lane Clinic", short_name="harbour", contact_phone="01632 960175"
    )
    factories.make_component(
        harbour, name="signin-harbour-prod", address="https://signin.harbour.example/login",
        resource_id="/subscriptions/S1/resourceGroups/rg-harbour/providers/Microsoft.Web/sites/SignIn-Harbour",
    )  # fmt: skip
    return harbour


class TestReceiving:
    def test_new_outage_is_proposed_and_nothing_is_logged(self, alert_source: User) -> None:
        assert counts([an_alert()], alert_source) == {"proposed": 1}
        assert Proposal.objects.get().state == Proposal.State.WAITING
        assert not Incident.objects.exists()

    def test_repeat_joins_its_proposal(self, alert_source: User) -> None:
        receive([an_alert()], by=alert_source)
        assert counts([an_alert(), an_alert()], alert_source) == {"joined": 2}
        assert Proposal.objects.get().times_seen == 3

    def test_end_is_said_on_the_waiting_proposal_which_waits_on(self, alert_source: User) -> None:
        receive([an_alert()], by=alert_source)
        assert counts([an_end()], alert_source) == {"joined": 1}
        proposal = Proposal.objects.get()
        assert proposal.cleared_at == FIRED_AT + timedelta(minutes=5)
        assert proposal.state == Proposal.State.WAITING

    def test_firing_again_takes_the_end_back(self, alert_source: User) -> None:
        receive([an_alert(), an_end(), an_alert()], by=alert_source)
        assert Proposal.objects.get().cleared_at is None

    def test_end_of_an_unknown_alert_is_ignored_with_the_reason(self, alert_source: User) -> None:
        done = receive([an_end()], by=alert_source)
        assert not Proposal.objects.exists()
        assert "no proposal and no open incident" in done.ignored[0]["reason"]

    def test_alert_that_says_nothing_of_an_outage_is_ignored_with_its_reason(
        self, alert_source: User
    ) -> None:
        quiet = an_alert(proposes=False, reason="A budget alert does not say that a service is down.")
        done = receive([quiet], by=alert_source)
        assert done.ignored == [{"title": quiet.title, "reason": quiet.reason}]
        assert not Proposal.objects.exists()

    def test_patient_data_is_masked_before_it_is_kept(self, alert_source: User) -> None:
        number = "NHS number 999 123 4560"
        receive([an_alert(title=number, summary=number, labels={"note": number})], by=alert_source)
        proposal = Proposal.objects.get()
        kept = f"{proposal.title} {proposal.summary} {proposal.labels}"
        assert "4560" not in kept
        assert kept.count("removed]") == 3

    def test_recovery_without_a_firing_time_is_taken_as_of_its_arrival(self, alert_source: User) -> None:
        receive([an_alert(fired_at=None)], by=alert_source)
        assert Proposal.objects.get().fired_at == factories.SUNDAY_NIGHT

    def test_engineer_proposes_nothing(self, engineer: User) -> None:
        with pytest.raises(PermissionDenied):
            receive([an_alert()], by=engineer)

    @pytest.mark.parametrize("name", [name for name in samples.NAMES if name != samples.REFUSED])
    def test_every_alert_of_ours_is_proposed_joined_or_ignored_with_a_reason(
        self, alert_source: User, name: str
    ) -> None:
        alerts = samples.read(samples.payload(name))
        done = receive(alerts, by=alert_source)
        assert done.proposed + done.joined + len(done.ignored) == len(alerts)
        assert all(ignored["reason"] for ignored in done.ignored)


class TestWhoseItIs:
    @pytest.mark.parametrize(
        "target",
        [
            "/subscriptions/s1/resourcegroups/rg-harbour/providers/microsoft.web/sites/signin-harbour",
            "/subscriptions/s9/resourcegroups/rg/providers/microsoft.insights/webtests/signin-harbour-prod",
            "SIGNIN-HARBOUR-PROD",
            "signin.harbour.example:443",
        ],
    )
    def test_target_names_the_component(self, alert_source: User, harbour: Customer, target: str) -> None:
        receive([an_alert(targets=(target,))], by=alert_source)
        proposal = Proposal.objects.get()
        assert proposal.component is not None
        assert (proposal.customer, proposal.service) == (harbour, proposal.component.service)

    def test_title_names_the_component(self, alert_source: User, harbour: Customer) -> None:
        receive(
            [an_alert(targets=(), title="Availability test failing: signin-harbour-prod")], by=alert_source
        )
        assert Proposal.objects.get().customer == harbour

    def test_labels_name_customer_and_service_where_no_component_is_known(
        self, alert_source: User, harbour: Customer
    ) -> None:
        labels = {"customer": "Harbour", "service": "COMPUCARE8"}
        receive([an_alert(targets=("elsewhere",), labels=labels)], by=alert_source)
        proposal = Proposal.objects.get()
        assert (proposal.customer, proposal.service) == (harbour, factories.make_service())
        assert proposal.component is None

    def test_unknown_target_is_proposed_all_the_same(self, alert_source: User, harbour: Customer) -> None:
        receive([an_alert(targets=("elsewhere",))], by=alert_source)
        assert Proposal.objects.get().customer is None


@pytest.fixture
def proposal(alert_source: User, harbour: Customer) -> Proposal:
    receive([an_alert()], by=alert_source)
    return Proposal.objects.get()


class TestTaking:
    def test_taking_logs_an_incident_with_what_the_alert_knows(
        self, engineer: User, proposal: Proposal
    ) -> None:
        incident = take(proposal.pk, facts={}, by=engineer)
        assert incident.source == Incident.Source.ALERT
        assert incident.caller_name == "Monitoring alert"
        assert incident.call_back_number == "01632 960175"
        assert incident.component == proposal.component
        assert incident.reported_at == incident.began_at == FIRED_AT
        assert incident.timeline.filter(kind=Kind.ALERT, is_bad=True).count() == 1

    def test_alert_does_not_know_whom_it_hits_so_the_gate_asks(
        self, engineer: User, proposal: Proposal
    ) -> None:
        assert take(proposal.pk, facts={}, by=engineer).gate_outcome == Incident.Gate.ASK

    def test_what_a_person_found_out_goes_before_what_the_alert_says(
        self, engineer: User, proposal: Proposal
    ) -> None:
        facts = {
            "who_affected": "everyone_one_site",
            "failure": "cannot_sign_in",
            "call_back_number": "01632 960999",
        }
        incident = take(proposal.pk, facts=facts, by=engineer)
        assert incident.gate_outcome == Incident.Gate.ACCEPT
        assert incident.call_back_number == "01632 960999"

    def test_alert_of_the_afternoon_is_judged_when_it_is_taken(
        self, engineer: User, proposal: Proposal
    ) -> None:
        Proposal.objects.update(fired_at=datetime(2026, 11, 20, 17, 30, tzinfo=UTC))
        incident = take(proposal.pk, facts={"who_affected": "everyone_one_site"}, by=engineer)
        assert incident.gate_outcome == Incident.Gate.ACCEPT

    def test_same_person_again_gets_the_same_incident(self, engineer: User, proposal: Proposal) -> None:
        assert take(proposal.pk, facts={}, by=engineer) == take(proposal.pk, facts={}, by=engineer)
        assert Incident.objects.count() == 1

    def test_second_person_is_told_who_was_faster(
        self, engineer: User, other_engineer: User, proposal: Proposal
    ) -> None:
        incident = take(proposal.pk, facts={}, by=engineer)
        with pytest.raises(Conflict, match=f"OOH engineer 1 has already logged this as {incident.reference}"):
            take(proposal.pk, facts={}, by=other_engineer)

    def test_unknown_hospital_is_asked_for(self, engineer: User, alert_source: User) -> None:
        receive([an_alert()], by=alert_source)
        with pytest.raises(ValidationError) as refused:
            take(Proposal.objects.get().pk, facts={}, by=engineer)
        assert set(refused.value.message_dict) == {"customer", "service"}

    def test_a_call_that_is_promised_is_promised_to_somebody(
        self, engineer: User, proposal: Proposal
    ) -> None:
        soon = factories.SUNDAY_NIGHT + timedelta(minutes=30)
        with pytest.raises(ValidationError) as refused:
            take(proposal.pk, facts={"call_back_due_at": soon}, by=engineer)
        assert refused.value.message_dict == {"caller_name": ["Enter whom you promised to ring"]}
        facts = {"call_back_due_at": soon, "caller_name": "Night sister", "call_back_number": "01632 960175"}
        call = take(proposal.pk, facts=facts, by=engineer).calls.get()
        assert (call.who, call.direction, call.next_call_at) == ("Night sister", "out", soon)

    def test_analyst_takes_nothing(self, analyst: User, proposal: Proposal) -> None:
        with pytest.raises(PermissionDenied):
            take(proposal.pk, facts={}, by=analyst)


class TestAfterTaking:
    @pytest.fixture(autouse=True)
    def _taken(self, engineer: User, proposal: Proposal) -> None:
        self.incident = take(proposal.pk, facts={}, by=engineer)

    def alerts_told(self) -> list[str]:
        return [entry.title for entry in self.incident.timeline.filter(kind=Kind.ALERT).order_by("id")]

    def test_reminder_within_minutes_is_counted_and_not_told(self, alert_source: User) -> None:
        assert counts([an_alert()], alert_source) == {"joined": 1}
        assert self.alerts_told() == ["Alert"]

    def test_reminder_after_a_while_is_told_on_the_incident(self, alert_source: User, night: Any) -> None:
        night.shift(timedelta(minutes=20))
        assert counts([an_alert()], alert_source) == {"noted": 1}
        assert self.alerts_told() == ["Alert", "Alert fires still"]
        assert not Proposal.objects.waiting().exists()

    def test_end_is_told_once_and_firing_again_too(self, alert_source: User) -> None:
        assert counts([an_end()], alert_source) == {"noted": 1}
        assert counts([an_end()], alert_source) == {"joined": 1}
        assert counts([an_alert(fired_at=FIRED_AT + timedelta(minutes=6))], alert_source) == {"noted": 1}
        assert self.alerts_told() == ["Alert", "Alert cleared", "Alert fires again"]

    def test_same_check_failing_after_the_incident_closed_is_a_new_outage(
        self, engineer: User, alert_source: User
    ) -> None:
        services.decline(self.incident.pk, rule="one-person", told_caller="Nothing is down.", by=engineer)
        assert counts([an_alert()], alert_source) == {"joined": 1}, (
            "a late repeat of the outage that was dealt with"
        )
        assert counts([an_alert(fired_at=FIRED_AT + timedelta(hours=1))], alert_source) == {"proposed": 1}


class TestDismissing:
    def test_reason_and_person_are_kept(self, engineer: User, proposal: Proposal) -> None:
        dismissed = dismiss(proposal.pk, reason="Planned restart", by=engineer)
        assert (dismissed.state, dismissed.reason, dismissed.decided_by) == (
            "dismissed",
            "Planned restart",
            engineer,
        )

    def test_reason_is_asked_for(self, engineer: User, proposal: Proposal) -> None:
        with pytest.raises(ValidationError, match="Say why it is no incident"):
            dismiss(proposal.pk, reason=" ", by=engineer)

    def test_repeat_of_the_dismissed_outage_stays_quiet_and_another_outage_does_not(
        self, engineer: User, alert_source: User, proposal: Proposal
    ) -> None:
        dismiss(proposal.pk, reason="Planned restart", by=engineer)
        assert counts([an_alert()], alert_source) == {"joined": 1}
        assert not Proposal.objects.waiting().exists()
        assert counts([replace(an_alert(), fired_at=FIRED_AT + timedelta(hours=2))], alert_source) == {
            "proposed": 1
        }

    def test_second_person_learns_the_reason(
        self, engineer: User, other_engineer: User, proposal: Proposal
    ) -> None:
        dismiss(proposal.pk, reason="Planned restart", by=engineer)
        dismiss(proposal.pk, reason="Again", by=engineer)
        with pytest.raises(Conflict) as conflict:
            take(proposal.pk, facts={}, by=other_engineer)
        assert "Planned restart" in conflict.value.detail
