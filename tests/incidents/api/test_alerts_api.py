"""The webhook that monitoring calls."""

import io
import json
import logging
from base64 import b64encode
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from incidents.alerts import Alert
from incidents.inbound import tasks
from incidents.models import AlertFeed, Incident, Proposal, ReceivedAlerts
from tests import factories
from tests.incidents import alerts as samples

URL = "/api/v1/alerts/"
Api = Callable[[User | None], APIClient]


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def worked_on() -> None:
    """What a worker does with all that is stored."""
    tasks.sweep()


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("azure_availability_fired", "azure"),
        ("alertmanager_group", "alertmanager"),
        ("pingdom_down", "pingdom"),
        ("uptimerobot_down", "uptimerobot"),
    ],
)
def test_each_sender_is_answered_before_anything_is_proposed_and_a_task_proposes(
    api: Api, alert_source: User, name: str, source: str
) -> None:
    for url in (f"{URL}{source}/", URL):
        answer = api(alert_source).post(url, samples.payload(name))
        assert (answer.status_code, answer.json()["received"] >= 1) == (202, True)
    assert not Proposal.objects.exists()
    worked_on()
    assert {proposal.times_seen for proposal in Proposal.objects.all()} == {2}
    assert {row.source for row in ReceivedAlerts.objects.all()} == {source}
    assert not Incident.objects.exists()


def test_what_opens_nothing_is_answered_with_its_reason(api: Api, alert_source: User) -> None:
    answer = api(alert_source).post(f"{URL}azure/", samples.payload("azure_budget_nulls"))
    assert answer.status_code == 202
    assert "budget" in answer.json()["ignored"][0]["reason"]
    worked_on()
    assert not Proposal.objects.exists()


def test_only_our_own_fields_are_stored_and_never_the_body(api: Api, alert_source: User) -> None:
    body = samples.payload("pingdom_down") | {"custom": "heliotrope-antimacassar"}
    api(alert_source).post(f"{URL}pingdom/", body)
    (kept,) = ReceivedAlerts.objects.get().alerts
    assert set(kept) == {each.name for each in fields(Alert)}
    assert "heliotrope" not in json.dumps(kept)


def test_patient_data_is_masked_before_it_is_stored(api: Api, alert_source: User) -> None:
    number = "NHS number 999 123 4560"
    body = samples.payload("uptimerobot_down") | {
        "monitorID": number, "monitorFriendlyName": number, "alertDetails": number, "monitorURL": "x.example"
    }  # fmt: skip
    api(alert_source).post(f"{URL}uptimerobot/", body)
    assert "4560" not in json.dumps(ReceivedAlerts.objects.get().alerts)


def test_what_cannot_be_read_is_refused_with_a_remedy_and_counted_for_people_without_any_of_it(
    api: Api, alert_source: User
) -> None:
    for _ in range(3):
        body = samples.payload("azure_context_alone") | {"x": "heliotrope-antimacassar"}
        answer = api(alert_source).post(f"{URL}azure/", body)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["schemaId"]
    assert "common alert schema" in answer.json()["detail"]
    assert not Proposal.objects.exists()
    assert not ReceivedAlerts.objects.exists()
    feed = AlertFeed.objects.get()
    assert (feed.source, feed.refused, feed.reason) == (alert_source, 3, answer.json()["detail"])


@pytest.mark.parametrize("body", [{}, [], "text", 7, None, {"alerts": []}])
def test_any_json_is_answered(api: Api, alert_source: User, body: Any) -> None:
    answer = api(alert_source).post(URL, json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_understood")


def test_unknown_sender_is_refused_with_the_known_ones(api: Api, alert_source: User) -> None:
    answer = api(alert_source).post(f"{URL}nagios/", {})
    assert answer.status_code == 400
    assert "azure, alertmanager, pingdom, uptimerobot" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "code", "reason"),
    [
        ('{"x": "' + "y" * 270_000 + '"}', "application/json", 413, "The body is too large."),
        ("x=y", "application/x-www-form-urlencoded", 415, "It is not sent as application/json."),
        ('{"alertDetails": "he said "no""}', "application/json", 400, "The body is not JSON."),
        (b"\xff\xfe{}", "application/json", 400, "The body is not JSON."),
    ],
)
def test_what_is_not_even_json_is_refused_and_counted_too(
    api: Api, alert_source: User, body: str, kind: str, code: int, reason: str
) -> None:
    assert api(alert_source).post(URL, body, content_type=kind).status_code == code
    feed = AlertFeed.objects.get()
    assert (feed.refused, feed.reason) == (1, reason)


@pytest.mark.parametrize("role", ["engineer", "integration", "manager"])
def test_only_an_alert_source_sends_alerts(api: Api, role: str, request: pytest.FixtureRequest) -> None:
    answer = api(request.getfixturevalue(role)).post(URL, samples.payload("pingdom_down"))
    assert answer.status_code == 403
    assert not ReceivedAlerts.objects.exists()


class TestRate:
    @pytest.fixture(autouse=True)
    def _two_a_minute(self, settings: Any) -> None:
        settings.ALERTS_PER_MINUTE = 2

    def sent(self, client: APIClient, count: int) -> list[int]:
        return [client.post(URL, samples.payload("pingdom_down")).status_code for _ in range(count)]

    def test_more_than_its_rate_is_429_with_when_to_come_back(
        self, api: Api, alert_source: User, night: Any
    ) -> None:
        assert self.sent(api(alert_source), 2) == [202, 202]
        answer = api(alert_source).post(URL, samples.payload("pingdom_down"))
        assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (429, "throttled", "48")
        night.shift(48)
        assert self.sent(api(alert_source), 3) == [202, 202, 429]
        assert ReceivedAlerts.objects.count() == 4

    def test_people_see_that_a_source_was_turned_away(self, api: Api, alert_source: User) -> None:
        self.sent(api(alert_source), 4)
        assert AlertFeed.objects.get().refused == 2
        assert "more than 2 in a minute" in AlertFeed.objects.get().reason

    def test_one_source_does_not_use_up_the_rate_of_another(self, api: Api, alert_source: User) -> None:
        other = factories.make_user(Role.ALERT_SOURCE)
        assert self.sent(api(alert_source), 3) == [202, 202, 429]
        assert self.sent(api(other), 2) == [202, 202]

    def test_what_is_not_understood_counts_too(self, api: Api, alert_source: User) -> None:
        for _ in range(2):
            api(alert_source).post(URL, {})
        assert self.sent(api(alert_source), 1) == [429]

    def test_it_is_counted_without_the_cache(self, api: Api, alert_source: User, settings: Any) -> None:
        away = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {**settings.CACHES, "default": away}
        assert self.sent(api(alert_source), 3) == [202, 202, 429]

    def test_a_clock_that_was_put_back_does_not_shut_a_source_out(
        self, api: Api, alert_source: User, night: Any
    ) -> None:
        assert self.sent(api(alert_source), 3) == [202, 202, 429]
        night.shift(-3600)
        assert self.sent(api(alert_source), 1) == [202]


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

    @pytest.mark.parametrize("source", ["pingdom", "uptimerobot", "azure"])
    def test_token_in_the_address_is_for_senders_that_know_nothing_else(
        self, token: str, source: str
    ) -> None:
        names = {
            "pingdom": "pingdom_down",
            "uptimerobot": "uptimerobot_down",
            "azure": "azure_log_sev1_fired",
        }
        answer = APIClient().post(f"{URL}{source}/{token}/", samples.payload(names[source]))
        assert (answer.status_code, answer["Referrer-Policy"]) == (202, "no-referrer")

    @pytest.mark.parametrize("wrong", ["x", "ooh_" + "0" * 60, "%00", "é", "x" * 500])
    def test_an_address_with_a_wrong_token_opens_nothing(self, db: None, wrong: str) -> None:
        answer = APIClient().post(f"{URL}pingdom/{wrong}/", samples.payload("pingdom_down"))
        assert answer.status_code == 401
        assert not ReceivedAlerts.objects.exists()

    def test_the_token_of_another_integration_proposes_nothing_by_address(self, integration: User) -> None:
        token = AuthToken.objects.create(integration, expiry=timedelta(days=1))[1]
        assert APIClient().post(f"{URL}pingdom/{token}/", samples.payload("pingdom_down")).status_code == 403

    def test_a_token_in_the_address_reaches_no_log(self, token: str) -> None:
        handler = next(each for each in logging.getLogger().handlers if each.name == "stderr")
        assert isinstance(handler, logging.StreamHandler)
        before = handler.setStream(said := io.StringIO())
        client = APIClient(raise_request_exception=False)
        for send in (client.post, client.get, client.put):
            send(f"{URL}pingdom/{token}/", {})
        client.post(f"{URL}pingdom/{token}x/", {})
        handler.setStream(before)
        assert said.getvalue().count(f"{token[:15]}…") == 4
        assert token[:20] not in said.getvalue()


class TestProposalsOverTheApi:
    @pytest.fixture
    def path(self, api: Api, alert_source: User) -> str:
        api(alert_source).post(URL, samples.payload("pingdom_down"))
        worked_on()
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
