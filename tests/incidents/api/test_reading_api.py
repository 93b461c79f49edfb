"""What integrations look up."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import Customer, Service, User
from tests import factories

Api = Callable[[User | None], APIClient]


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def test_coverage_of_now_for_the_desk_is_the_default(api: Api, integration: User) -> None:
    told = api(integration).get("/api/v1/coverage/").json()
    assert told == {
        "at": "2026-11-22T02:07:12Z", "nation": "ENG", "out_of_hours": True, "reason": "weekend", "title": "",
        "starts_at": "2026-11-20T18:00:00Z", "ends_at": "2026-11-23T08:00:00Z",
    }  # fmt: skip


def test_coverage_names_the_bank_holiday(api: Api, integration: User) -> None:
    query = {"at": "2026-11-30T10:00:00Z", "nation": "SCT"}
    told = api(integration).get("/api/v1/coverage/", query).json()
    assert (told["reason"], told["title"]) == ("holiday", "St Andrew’s Day")


def test_seconds_are_split(api: Api, integration: User) -> None:
    query = {"start": "2026-11-20T17:00:00Z", "end": "2026-11-20T19:00:00Z"}
    assert api(integration).get("/api/v1/coverage/seconds/", query).json() == {
        "out_of_hours": 3600,
        "working": 3600,
    }


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("coverage/", {"at": "2026-11-30T10:00:00"}, "at"),
        ("coverage/", {"at": "1066-10-14T10:00:00Z"}, "at"),
        ("coverage/", {"at": "9999-12-31T23:59:59-14:00"}, "at"),
        ("coverage/", {"nation": "GB"}, "nation"),
        ("coverage/", {"when": "now"}, "when"),
        ("coverage/seconds/", {"start": "2026-11-20T17:00:00Z"}, "end"),
    ],
)
def test_bad_question_is_named(
    api: Api, integration: User, path: str, query: dict[str, str], field: str
) -> None:
    answer = api(integration).get(f"/api/v1/{path}", query)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["coverage/", "coverage/seconds/", "customers/", "services/", "components/"])
def test_nobody_reads_without_a_token(api: Api, path: str) -> None:
    assert api(None).get(f"/api/v1/{path}").status_code == 401


def test_codes_are_those_that_a_call_takes(
    api: Api, integration: User, customer: Customer, service: Service
) -> None:
    mine = factories.make_component(customer, name="app-mine", service=service)
    factories.make_component(factories.make_customer(is_active=False), name="app-other")
    client = api(integration)
    assert [row["code"] for row in client.get("/api/v1/customers/").json()["results"]] == ["wexcombe"]
    assert client.get("/api/v1/services/").json()["results"][0]["code"] == "compucare8"
    (row,) = client.get("/api/v1/components/", {"customer": "wexcombe"}).json()["results"]
    assert (row["name"], row["customer"], row["service"]) == (mine.name, "wexcombe", "compucare8")


def test_alert_source_reads_no_customers(api: Api, alert_source: User) -> None:
    assert api(alert_source).get("/api/v1/customers/").status_code == 403
