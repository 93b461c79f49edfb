"""The webhook that monitoring calls."""

import json
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from knox.models import AuthToken
from rest_framework.test import APIClient
from rest_framework.throttling import UserRateThrottle

from accounts.models import User
from incidents.models import Incident, Proposal
from tests.incidents import alerts as samples

URL = "/api/v1/alerts/"
Api = Callable[[User | None], APIClient]


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("azure_availability_fired", "azure"),
        ("alertmanager_group", "alertmanager"),
        ("pingdom_down", "pingdom"),
        ("uptimerobot_down", "uptimerobot"),
    ],
)
def test_each_sender_proposes_at_its_own_address_and_at_the_common_one(
    api: Api, alert_source: User, name: str, source: str
) -> None:
    answer = api(alert_source).post(f"{URL}{source}/", samples.payload(name))
    assert answer.status_code == 202
    assert answer.json()["proposed"] >= 1
    again = api(alert_source).post(URL, samples.payload(name)).json()
    assert again["joined"] == answer.json()["proposed"]
    assert not Incident.objects.exists()


def test_what_opens_nothing_is_answered_with_its_reason(api: Api, alert_source: User) -> None:
    answer = api(alert_source).post(f"{URL}azure/", samples.payload("azure_budget_nulls"))
    assert answer.status_code == 202
    assert "budget" in answer.json()["ignored"][0]["reason"]


def test_what_cannot_be_read_is_refused_with_a_remedy_and_shown_to_a_person(
    api: Api, alert_source: User
) -> None:
    answer = api(alert_source).post(f"{URL}azure/", samples.payload("azure_context_alone"))
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["schemaId"]
    assert "common alert schema" in answer.json()["detail"]
    assert "could not be read" in Proposal.objects.get().title


@pytest.mark.parametrize("body", [{}, [], "text", 7, None, {"alerts": []}])
def test_any_json_is_answered(api: Api, alert_source: User, body: Any) -> None:
    answer = api(alert_source).post(URL, json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_understood")


def test_unknown_sender_is_refused_with_the_known_ones(api: Api, alert_source: User) -> None:
    answer = api(alert_source).post(f"{URL}nagios/", {})
    assert answer.status_code == 400
    assert "azure, alertmanager, pingdom, uptimerobot" in answer.json()["detail"]


def test_more_than_azure_ever_sends_is_413(api: Api, alert_source: User) -> None:
    assert api(alert_source).post(URL, {"x": "y" * 270_000}).status_code == 413


def test_what_is_no_json_is_415(api: Api, alert_source: User) -> None:
    assert (
        api(alert_source).post(URL, "x=y", content_type="application/x-www-form-urlencoded").status_code
        == 415
    )


@pytest.mark.parametrize("role", ["engineer", "integration", "manager"])
def test_only_an_alert_source_sends_alerts(api: Api, role: str, request: pytest.FixtureRequest) -> None:
    answer = api(request.getfixturevalue(role)).post(URL, samples.payload("pingdom_down"))
    assert answer.status_code == 403
    assert not Proposal.objects.exists()


class TestToken:
    @pytest.fixture
    def token(self, alert_source: User) -> str:
        return AuthToken.objects.create(alert_source, expiry=timedelta(days=1))[1]

    @pytest.mark.parametrize("form", ["Token {}", "Bearer {}", "Basic {}"])
    def test_token_is_taken_in_each_form(self, token: str, form: str) -> None:
        value = b64encode(f"desk:{token}".encode()).decode() if form.startswith("Basic") else token
        answer = APIClient().post(URL, samples.payload("pingdom_down"), HTTP_AUTHORIZATION=form.format(value))
        assert answer.status_code == 202

    def test_expired_token_is_refused(self, token: str, night: Any) -> None:
        night.shift(timedelta(days=2))
        answer = APIClient().post(URL, samples.payload("pingdom_down"), HTTP_AUTHORIZATION=f"Token {token}")
        assert answer.status_code == 401

    def test_leaver_is_refused_at_once(self, token: str, alert_source: User) -> None:
        alert_source.is_active = False
        alert_source.save()
        answer = APIClient().post(URL, samples.payload("pingdom_down"), HTTP_AUTHORIZATION=f"Token {token}")
        assert answer.status_code == 401

    def test_too_many_are_429_with_when_to_come_back(
        self, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache.clear()
        monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "1/min"})
        client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
        client.post(URL, samples.payload("pingdom_down"))
        answer = client.post(URL, samples.payload("pingdom_down"))
        cache.clear()
        assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
        assert 0 < int(answer["Retry-After"]) <= 60


class TestProposalsOverTheApi:
    @pytest.fixture
    def path(self, api: Api, alert_source: User) -> str:
        api(alert_source).post(URL, samples.payload("pingdom_down"))
        return f"/api/v1/proposals/{Proposal.objects.get().pk}/"

    def test_engineer_reads_them(self, api: Api, engineer: User, path: str) -> None:
        (row,) = api(engineer).get("/api/v1/proposals/", {"state": "waiting"}).json()["results"]
        assert api(engineer).get(path).json() == row

    def test_alert_source_reads_none_of_them(self, api: Api, alert_source: User, path: str) -> None:
        assert api(alert_source).get(path).status_code == 403

    @pytest.mark.usefixtures("customer", "service")
    def test_engineer_takes_one_with_what_was_found_out(self, api: Api, engineer: User, path: str) -> None:
        missing = api(engineer).post(f"{path}take/", {})
        assert set(missing.json()["fields"]) == {"customer", "service"}
        found = {"customer": "wexcombe", "service": "compucare8", "who_affected": "everyone_one_site"}
        answer = api(engineer).post(f"{path}take/", found)
        assert answer.status_code == 201
        assert answer.json()["gate"]["outcome"] == "accept"
        assert api(engineer).post(f"{path}dismiss/", {"reason": "Late"}).status_code == 409

    def test_engineer_dismisses_one_with_a_reason(self, api: Api, engineer: User, path: str) -> None:
        assert api(engineer).post(f"{path}dismiss/", {}).status_code == 400
        assert api(engineer).post(f"{path}dismiss/", {"reason": "Planned"}).json()["state"] == "dismissed"

    @pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 30, "x"])
    def test_unknown_one_is_not_found(self, api: Api, engineer: User, pk: str) -> None:
        assert api(engineer).get(f"/api/v1/proposals/{pk}/").status_code == 404
