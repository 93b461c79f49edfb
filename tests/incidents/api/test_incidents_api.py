"""`/api/v1/incidents/`: what integrations and people may do over the API, and how it says no."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Customer, Service, User
from incidents import services
from incidents.models import Incident, Kind, State
from incidents.status.services import post_update
from tests import factories

URL = "/api/v1/incidents/"
Api = Callable[[User | None], APIClient]


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def a_call(**changes: Any) -> dict[str, Any]:
    known = {
        "customer": "wexcombe", "service": "compucare8", "caller_name": "IT on-call manager",
        "call_back_number": "01632 960174", "failure": "cannot_sign_in", "who_affected": "everyone_all_sites",
    }  # fmt: skip
    return {name: value for name, value in {**known, **changes}.items() if value is not ...}


def one(incident: Incident, act: str = "") -> str:
    return f"{URL}{incident.reference}/{act}"


@pytest.mark.usefixtures("customer", "service")
class TestLogging:
    def test_integration_logs_a_call_and_reads_its_verdict(self, api: Api, integration: User) -> None:
        answer = api(integration).post(URL, a_call())
        assert answer.status_code == 201
        assert answer.json()["reference"] == "OOH-2026-00001"
        assert answer.json()["gate"]["outcome"] == "accept"
        assert answer.json()["source"] == "api"

    def test_auditor_logs_nothing(self, api: Api, partner_auditor: User) -> None:
        assert api(partner_auditor).post(URL, a_call()).status_code == 403

    def test_nobody_logs_nothing(self, api: Api) -> None:
        answer = api(None).post(URL, a_call())
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"caller_name": ...}, "caller_name"),
            ({"caller_name": " "}, "caller_name"),
            ({"call_back_number": "123"}, "call_back_number"),
            ({"call_back_number": "NHS no 999 123 4560"}, "call_back_number"),
            ({"customer": "nowhere"}, "customer"),
            ({"customer": ["wexcombe"]}, "customer"),
            ({"customer": ...}, "customer"),
            ({"service": "\u0000"}, "service"),
            ({"failure": "broken"}, "failure"),
            ({"impact": "Patient with NHS number 999 123 4560 waits"}, "impact"),
            ({"impact": "x" * 2001}, "impact"),
            ({"began_at": "2026-11-22T01:00:00"}, "began_at"),
            ({"began_at": "2026-11-22T03:00:00Z"}, "began_at"),
            ({"began_at": "2026-13-41"}, "began_at"),
            ({"began_at": 7}, "began_at"),
            ({"reported_at": "0001-01-01T00:00:00+14:00"}, "reported_at"),
            ({"component": "app-of-nobody"}, "component"),
            ({"priority": "P1"}, "priority"),
            ({"state": "resolved"}, "state"),
        ],
    )
    def test_bad_field_is_named_with_the_remedy(
        self, api: Api, integration: User, changes: dict[str, Any], field: str
    ) -> None:
        answer = api(integration).post(URL, a_call(**changes))
        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == [field]
        assert answer.json()["fields"][field][0]
        assert not Incident.objects.exists()

    def test_patient_data_is_not_echoed(self, api: Api, integration: User) -> None:
        answer = api(integration).post(URL, a_call(error_text="NHS number 999 123 4560"))
        assert "4560" not in answer.content.decode()

    def test_component_of_another_hospital_is_refused(self, api: Api, integration: User) -> None:
        factories.make_component(factories.make_customer(), name="app-elsewhere")
        answer = api(integration).post(URL, a_call(component="app-elsewhere"))
        assert answer.json()["fields"] == {"component": ["It is not a component of this hospital."]}

    def test_hospital_that_is_not_listed_is_logged_for_the_duty_lead(
        self, api: Api, integration: User
    ) -> None:
        answer = api(integration).post(URL, a_call(customer=None, customer_words="Elmbrook Clinic"))
        assert answer.status_code == 201
        assert answer.json()["gate"]["outcome"] == "pass_to_lead"
        incident = Incident.objects.get()
        assert "Elmbrook Clinic" in incident.timeline.get(kind=Kind.LOGGED).text

    @pytest.mark.parametrize("body", ["[]", '"text"', "7", "null"])
    def test_body_that_is_no_object_is_refused(self, api: Api, integration: User, body: str) -> None:
        answer = api(integration).post(URL, body, content_type="application/json")
        assert answer.status_code == 400

    @pytest.mark.parametrize("body", ["{", "[" * 100_000, '{"impact": NaN}'])
    def test_body_that_is_no_json_is_refused(self, api: Api, integration: User, body: str) -> None:
        answer = api(integration).post(URL, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")

    def test_another_content_type_is_415(self, api: Api, integration: User) -> None:
        answer = api(integration).post(URL, "caller_name=x", content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 415

    def test_body_beyond_a_megabyte_is_413(self, api: Api, integration: User) -> None:
        answer = api(integration).post(URL, a_call(impact="x" * 1_100_000))
        assert answer.status_code == 413


@pytest.mark.usefixtures("customer", "service")
class TestIdempotency:
    @pytest.fixture
    def client(self, api: Api, integration: User) -> APIClient:
        return api(integration)

    def test_same_key_and_body_log_once(self, client: APIClient) -> None:
        first = client.post(URL, a_call(), HTTP_IDEMPOTENCY_KEY="k1")
        again = client.post(URL, a_call(), HTTP_IDEMPOTENCY_KEY="k1")
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["reference"] == again.json()["reference"]
        assert Incident.objects.count() == 1

    def test_same_key_with_another_body_is_a_conflict(self, client: APIClient) -> None:
        client.post(URL, a_call(), HTTP_IDEMPOTENCY_KEY="k1")
        answer = client.post(URL, a_call(failure="slow"), HTTP_IDEMPOTENCY_KEY="k1")
        assert answer.status_code == 409
        assert "OOH-2026-00001" in answer.json()["detail"]
        assert Incident.objects.count() == 1

    def test_key_belongs_to_who_sent_it(self, client: APIClient, api: Api, analyst: User) -> None:
        client.post(URL, a_call(), HTTP_IDEMPOTENCY_KEY="k1")
        assert api(analyst).post(URL, a_call(), HTTP_IDEMPOTENCY_KEY="k1").status_code == 201

    def test_refused_body_leaves_its_key_free(self, client: APIClient) -> None:
        assert client.post(URL, a_call(caller_name=" "), HTTP_IDEMPOTENCY_KEY="k1").status_code == 400
        assert client.post(URL, a_call(), HTTP_IDEMPOTENCY_KEY="k1").status_code == 201

    def test_without_a_key_each_request_logs(self, client: APIClient) -> None:
        client.post(URL, a_call())
        client.post(URL, a_call())
        assert Incident.objects.count() == 2

    @pytest.mark.parametrize("key", ["k" * 101, "two words", "é"])
    def test_unfit_key_is_named(self, client: APIClient, key: str) -> None:
        answer = client.post(URL, a_call(), HTTP_IDEMPOTENCY_KEY=key)
        assert answer.status_code == 400
        assert list(answer.json()["fields"]) == ["Idempotency-Key"]


class TestListing:
    @pytest.fixture
    def three(self, engineer: User, customer: Customer, service: Service, night: Any) -> list[Incident]:
        made = []
        for _ in range(3):
            made.append(factories.make_incident(by=engineer, customer=customer, service=service))
            night.shift(timedelta(minutes=1))
        return made

    def test_pages_follow_each_other_to_the_end(
        self, api: Api, integration: User, three: list[Incident]
    ) -> None:
        first = api(integration).get(URL, {"page_size": 2}).json()
        second = api(integration).get(first["next"]).json()
        found = [row["reference"] for row in first["results"] + second["results"]]
        assert found == [incident.reference for incident in three]
        assert second["next"] is None

    def test_updated_since_leaves_older_ones_out(
        self, api: Api, integration: User, three: list[Incident]
    ) -> None:
        services.begin_triage(three[0].pk, by=factories.make_user(factories.Role.OOH_ENGINEER))
        three[0].refresh_from_db()
        since = three[0].changed_at.isoformat().replace("+00:00", "Z")
        found = api(integration).get(URL, {"updated_since": since}).json()["results"]
        assert [row["reference"] for row in found] == [three[0].reference]

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"state": "logged"}, 3), ({"state": "resolved"}, 0), ({"customer": "wexcombe"}, 3),
            ({"owner_side": "vendor"}, 0), ({"owner_side": "partner", "state": "logged"}, 3),
        ],
    )  # fmt: skip
    def test_filters_narrow(
        self, api: Api, integration: User, three: list[Incident], query: dict[str, str], count: int
    ) -> None:
        assert len(api(integration).get(URL, query).json()["results"]) == count

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"updated_since": "2026-11-22T02:07:12"}, "updated_since"),
            ({"updated_since": "2026-11-22T02:07:12 01:00"}, "updated_since"),
            ({"updated_since": "yesterday"}, "updated_since"),
            ({"update_since": "2026-11-22T02:07:12Z"}, "update_since"),
            ({"state": "open"}, "state"),
            ({"customer": "nowhere"}, "customer"),
            ({"page_size": "101"}, "page_size"),
            ({"page_size": "many"}, "page_size"),
        ],
    )
    def test_bad_parameter_is_named(
        self, api: Api, integration: User, query: dict[str, str], field: str
    ) -> None:
        answer = api(integration).get(URL, query)
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])

    @pytest.mark.parametrize(
        "cursor", ["x", "cD1hYmM=", "cD0yMDI2LTAxLTAx", "bz05OTk5OTk5OTk5OTk5OTk5OQ==", "cD0A", "é"]
    )
    def test_garbage_cursor_is_not_found(
        self, api: Api, integration: User, three: list[Incident], cursor: str
    ) -> None:
        for path in (URL, one(three[0], "timeline/"), "/api/v1/customers/"):
            assert api(integration).get(path, {"cursor": cursor}).status_code in (200, 400, 404)

    def test_rehearsals_are_left_out_unless_asked_for(
        self, api: Api, integration: User, three: list[Incident]
    ) -> None:
        Incident.objects.filter(pk=three[0].pk).update(is_rehearsal=True)
        assert len(api(integration).get(URL).json()["results"]) == 2
        assert len(api(integration).get(URL, {"rehearsals": "true"}).json()["results"]) == 3

    def test_queries_do_not_grow_with_rows(
        self, api: Api, integration: User, three: list[Incident], django_assert_max_num_queries: Any
    ) -> None:
        client = api(integration)
        client.get(URL)
        with django_assert_max_num_queries(4):
            client.get(URL)

    def test_alert_source_reads_none(self, api: Api, alert_source: User, incident: Incident) -> None:
        assert api(alert_source).get(URL).status_code == 403

    def test_specialist_reads_only_what_was_escalated(
        self, api: Api, specialist: User, incident: Incident
    ) -> None:
        assert api(specialist).get(URL).json()["results"] == []
        assert api(specialist).get(one(incident)).status_code == 404
        Incident.objects.filter(pk=incident.pk).update(escalated_at=factories.SUNDAY_NIGHT)
        assert api(specialist).get(one(incident)).status_code == 200

    @pytest.mark.parametrize(
        "reference", ["OOH-2026-99999", "1", "99999999999999999999", "OOH", "%00", "x" * 400]
    )
    def test_unknown_reference_is_not_found(self, api: Api, integration: User, reference: str) -> None:
        assert api(integration).get(f"{URL}{reference}/").status_code == 404


class TestTimeline:
    @pytest.fixture(autouse=True)
    def _notes(self, incident: Incident, engineer: User, analyst: User) -> None:
        services.add_note(incident.pk, text="Probe is red", by=engineer)
        services.add_product_note(incident.pk, text="Licence service fails", by=analyst)

    @pytest.mark.parametrize("role", ["engineer", "lead", "partner_auditor", "integration"])
    def test_who_may_not_see_product_data_meets_no_vendor_row(
        self, api: Api, incident: Incident, role: str, request: pytest.FixtureRequest
    ) -> None:
        client = api(request.getfixturevalue(role))
        told = (
            client.get(one(incident, "timeline/")).content.decode()
            + client.get(one(incident)).content.decode()
        )
        assert "Probe is red" in told
        assert "Licence service" not in told
        assert "vendor" not in {
            row["wall"] for row in client.get(one(incident, "timeline/")).json()["results"]
        }

    def test_analyst_reads_the_product_note(self, api: Api, analyst: User, incident: Incident) -> None:
        assert "Licence service" in api(analyst).get(one(incident, "timeline/")).content.decode()

    def test_note_is_added_at_the_time_it_happened(
        self, api: Api, engineer: User, incident: Incident
    ) -> None:
        note = {"text": "Site rang", "happened_at": "2026-11-22T02:00:00Z"}
        answer = api(engineer).post(one(incident, "timeline/"), note)
        assert answer.status_code == 201
        assert datetime.fromisoformat(answer.json()["happened_at"]).hour == 2

    @pytest.mark.parametrize(
        "note",
        [
            {},
            {"text": ""},
            {"text": "NHS number 999 123 4560"},
            {"text": "x", "happened_at": "2027-01-01T00:00Z"},
        ],
    )
    def test_bad_note_is_refused(
        self, api: Api, engineer: User, incident: Incident, note: dict[str, str]
    ) -> None:
        assert api(engineer).post(one(incident, "timeline/"), note).status_code == 400

    def test_integration_adds_no_note(self, api: Api, integration: User, incident: Incident) -> None:
        assert api(integration).post(one(incident, "timeline/"), {"text": "x"}).status_code == 403


class TestTransitions:
    def test_whole_life_over_the_api(self, api: Api, engineer: User, incident: Incident) -> None:
        client = api(engineer)
        assert client.post(one(incident, "begin-triage/")).json()["owner"] == "OOH engineer 1"
        update = {
            "phase": "investigating",
            "words": "We look into it.",
            "next_update_due_at": "2026-11-22T02:37:00Z",
        }
        assert client.post(one(incident, "status-updates/"), update).status_code == 201
        told = {"resolution": "Restarted the service", "restored_at": "2026-11-22T02:07:12Z"}
        early = client.post(one(incident, "resolve/"), told)
        assert early.status_code == 409
        assert "last status update" in early.json()["detail"]
        client.post(
            one(incident, "status-updates/"), {"phase": "resolved", "words": "It is available again."}
        )
        resolved = client.post(one(incident, "resolve/"), told).json()
        assert resolved["state"] == "resolved"
        assert client.post(one(incident, "reopen/"), {"reason": "Down again"}).json()["state"] == "triaging"
        assert len(client.get(one(incident, "status-updates/")).json()["results"]) == 2

    def test_decline_needs_a_rule_that_is_known(self, api: Api, engineer: User, incident: Incident) -> None:
        answer = api(engineer).post(one(incident, "decline/"), {"rule": "mood", "told_caller": "No."})
        assert list(answer.json()["fields"]) == ["rule"]
        given = {"rule": "one-person", "told_caller": "One printer is not covered."}
        assert api(engineer).post(one(incident, "decline/"), given).json()["state"] == "declined"

    def test_state_that_has_moved_is_a_conflict(
        self, api: Api, engineer: User, other_engineer: User, incident: Incident
    ) -> None:
        services.begin_triage(incident.pk, by=engineer)
        seen = {"rule": "one-person", "told_caller": "No.", "expected_state": "logged"}
        answer = api(other_engineer).post(one(incident, "decline/"), seen)
        assert answer.status_code == 409
        assert "OOH engineer 1 has already begun triage on this" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "act",
        [
            "begin-triage/",
            "decline/",
            "resume-triage/",
            "resolve/",
            "reopen/",
            "override-gate/",
            "status-updates/",
        ],
    )
    def test_integration_moves_nothing(
        self, api: Api, integration: User, incident: Incident, act: str
    ) -> None:
        assert api(integration).post(one(incident, act), {}).status_code == 403
        incident.refresh_from_db()
        assert incident.state == State.LOGGED

    def test_unknown_field_in_an_act_is_named(self, api: Api, engineer: User, incident: Incident) -> None:
        answer = api(engineer).post(one(incident, "begin-triage/"), {"expected": "logged"})
        assert list(answer.json()["fields"]) == ["expected"]

    def test_lead_overrides_the_gate_with_a_reason(self, api: Api, lead: User, engineer: User) -> None:
        slow = factories.make_incident(by=engineer, failure="slow")
        answer = api(lead).post(one(slow, "override-gate/"), {"reason": "Theatre stands still"})
        assert answer.json()["gate"]["override_by"] == "Night lead"

    def test_gate_that_asked_is_answered(self, api: Api, engineer: User) -> None:
        asked = factories.make_incident(by=engineer, who_affected="unknown")
        known = {"failure": "cannot_sign_in", "who_affected": "everyone_one_site"}
        answer = api(engineer).post(one(asked, "answer-gate/"), known)
        assert answer.json()["gate"]["outcome"] == "accept"
        assert asked.timeline.filter(kind=Kind.GATE).count() == 2
        assert api(engineer).post(one(asked, "answer-gate/"), known).status_code == 409


@pytest.mark.django_db
def test_schema_is_complete_and_valid() -> None:
    call_command("spectacular", "--fail-on-warn", "--validate", "--file", "/dev/null")


def test_an_update_may_speak_of_other_services(incident: Incident, engineer: User, api: Api) -> None:
    factories.make_service("ward", "Compucare Ward")
    update = {
        "phase": "investigating", "words": "We look.", "affected": {"ward": "degraded_performance"},
        "next_update_due_at": "2099-01-01T00:00:00Z",
    }  # fmt: skip
    client, address = api(engineer), one(incident, "status-updates/")
    for wrong in (
        {"nowhere": "major_outage"},
        {"ward": "under_maintenance"},
        ["ward"],
        {"x\0": "operational"},
    ):
        answer = client.post(address, update | {"affected": wrong})
        assert answer.status_code == 400
        assert "affected" in answer.content.decode()
    assert client.post(address, update).status_code == 201
    assert [str(each.service) for each in incident.status_updates.get().affected.all()] == ["Compucare Ward"]


def test_an_update_is_corrected_and_both_stay(
    incident: Incident, engineer: User, partner_auditor: User, api: Api
) -> None:
    due_at = timezone.now() + timedelta(minutes=30)
    said = post_update(
        incident.pk, phase="investigating", words="We loook.", next_update_due_at=due_at, by=engineer
    )
    address = one(incident, f"status-updates/{said.pk}/correct/")
    answer = api(engineer).post(address, {"words": "We look.", "service_state": "degraded_performance"})
    assert answer.status_code == 201
    assert (answer.json()["corrects"], answer.json()["service_state"]) == (said.pk, "degraded_performance")
    assert list(incident.status_updates.order_by("pk").values_list("words", flat=True)) == [
        "We loook.", "We look.",
    ]  # fmt: skip
    assert api(engineer).post(address, {"words": "Somebody else"}).status_code == 409
    assert "words" in api(engineer).post(address, {}).json()["fields"]
    assert api(partner_auditor).post(address, {"words": "We look."}).status_code == 403
    elsewhere = one(factories.make_incident(by=engineer), f"status-updates/{said.pk}/correct/")
    assert api(engineer).post(elsewhere, {"words": "We look."}).status_code == 404
