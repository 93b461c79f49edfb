"""Telephone calls over the API: logged, listed, and what they promise called off."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from incidents import services
from incidents.calls import log_call
from incidents.models import Incident
from tests import factories

Api = Callable[[User | None], APIClient]
SPOKE = {"direction": "out", "who": "IT", "outcome": "spoke"}


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def url(incident: Incident, rest: str = "") -> str:
    return f"/api/v1/incidents/{incident.reference}/calls/{rest}"


def test_a_call_is_logged_and_listed_after_the_first(incident: Incident, api: Api, engineer: User) -> None:
    sent = SPOKE | {"number": "01632 1", "text": "Still down", "next_call_at": "2026-11-22T02:37:00Z"}
    made = api(engineer).post(url(incident), sent)
    assert made.status_code == 201
    assert made.json()["text"] == "Still down\nWe ring IT by Sun 22 Nov 02:37 GMT."
    first, second = api(engineer).get(url(incident)).json()["results"]
    assert (first["purpose"], second) == ("report", made.json())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "reached"}, "outcome"), ({"direction": None}, "direction"), ({"who": ""}, "who"),
        ({"next_call_at": "2026-11-22T02:00:00Z"}, "next_call_at"), ({"at": "2026-11-22T03:00:00Z"}, "at"),
        ({"at": "2026-11-22T02:00:00"}, "at"), ({"keeps": 10**9}, "keeps"), ({"party": "IT"}, "party"),
        ({"outcome": "will_call_back"}, "next_call_at"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(
    changes: dict[str, Any], field: str, incident: Incident, api: Api, engineer: User
) -> None:
    answer = api(engineer).post(url(incident), SPOKE | changes)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert incident.calls.count() == 1


def test_a_promise_is_called_off_once(incident: Incident, api: Api, engineer: User, lead: User) -> None:
    due = timezone.now() + timedelta(minutes=20)
    promise = log_call(incident.pk, **SPOKE, next_call_at=due, by=engineer)
    answer = api(engineer).post(url(incident, f"{promise.pk}/call-off/"), {"reason": "They sit with us"})
    assert (answer.status_code, answer.json()["called_off_reason"]) == (200, "They sit with us")
    again = api(lead).post(url(incident, f"{promise.pk}/call-off/"), {"reason": "No need"})
    assert again.status_code == 409


def test_a_call_of_another_incident_is_not_found(incident: Incident, api: Api, engineer: User) -> None:
    other = factories.make_incident(by=engineer).calls.get()
    assert api(engineer).post(url(incident, f"{other.pk}/call-off/"), {"reason": "x"}).status_code == 404
    assert api(engineer).post(url(incident, "999999999999999999/call-off/"), {}).status_code == 404


@pytest.mark.parametrize(("role", "reads", "writes"), [
    ("partner_auditor", 200, 403), ("integration", 200, 403), ("alert_source", 403, 403),
    ("author", 403, 403), ("specialist", 404, 404), ("analyst", 200, 201),
])  # fmt: skip
def test_who_reads_and_who_logs(
    role: str, reads: int, writes: int, incident: Incident, api: Api, request: pytest.FixtureRequest
) -> None:
    caller = api(request.getfixturevalue(role))
    assert caller.get(url(incident)).status_code == reads
    assert caller.post(url(incident), SPOKE).status_code == writes


def test_a_specialist_reads_and_logs_calls_of_what_was_escalated(
    incident: Incident, api: Api, engineer: User, specialist: User
) -> None:
    services.escalate(incident.pk, team="Database on call", reason="No answer", by=engineer)
    assert api(specialist).get(url(incident)).status_code == 200
    assert api(specialist).post(url(incident), SPOKE).status_code == 201


def test_a_call_that_reports_an_incident_may_promise_the_next(
    integration: User, api: Api, customer: Any, service: Any
) -> None:
    call = {
        "customer": "wexcombe", "service": "compucare8", "caller_name": "IT",
        "call_back_number": "01632 960174", "failure": "cannot_sign_in", "who_affected": "everyone_all_sites",
        "call_back_due_at": "2026-11-22T02:37:00Z",
    }  # fmt: skip
    reference = api(integration).post("/api/v1/incidents/", call).json()["reference"]
    (first,) = api(integration).get(f"/api/v1/incidents/{reference}/calls/").json()["results"]
    assert (first["who"], first["next_call_at"]) == ("IT", "2026-11-22T02:37:00Z")
