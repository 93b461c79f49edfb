"""The page of integrations: tokens are issued once, listed by their start, revoked, by who manages people."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.models import TokenUse, User
from accounts.roles import Role
from tests import factories
from tests.incidents import alerts as samples

Browse = Callable[[User | None], Client]
PAGE = "/integrations/"


def issue(browser: Client, source: User, days: Any = 90) -> Any:
    return browser.post(f"{PAGE}{source.pk}/tokens/", {"days": days})


def token_on(answer: Any) -> str:
    found = re.search(r"ooh_[0-9a-f]{40,}", answer.content.decode())
    assert found
    return found[0]


def send(token: str) -> int:
    sent = APIClient().post(f"/api/v1/alerts/pingdom/{token}/", samples.payload("pingdom_down"))
    return int(sent.status_code)


def test_a_token_is_shown_once_with_the_addresses_that_hold_it_and_nothing_keeps_the_page(
    browse: Browse, manager: User, alert_source: User
) -> None:
    browser = browse(manager)
    answer = issue(browser, alert_source)
    token = token_on(answer)
    page = answer.content.decode()
    assert f"/api/v1/alerts/uptimerobot/{token}/" in page
    assert f"://desk:{token}@" in page
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    assert token not in browser.get(PAGE).content.decode()
    assert f"{token[:15]}…" in browser.get(PAGE).content.decode()
    assert send(token) == 202


def test_another_kind_of_integration_is_told_no_addresses_of_alerts(
    browse: Browse, manager: User, integration: User
) -> None:
    assert "/api/v1/alerts/" not in issue(browse(manager), integration).content.decode()


def test_a_revoked_token_opens_nothing_from_that_moment(
    browse: Browse, manager: User, alert_source: User
) -> None:
    browser = browse(manager)
    token, other = token_on(issue(browser, alert_source)), token_on(issue(browser, alert_source))
    for _ in range(2):
        browser.post(f"{PAGE}{alert_source.pk}/tokens/revoke/", {"start": token[:15]})
    assert (send(token), send(other)) == (401, 202)


def test_when_a_token_was_last_used_is_noted_once_a_minute(
    browse: Browse, manager: User, alert_source: User, night: Any
) -> None:
    browser = browse(manager)
    token = token_on(issue(browser, alert_source))
    assert "never used" in browser.get(PAGE).content.decode()
    send(token)
    first = TokenUse.objects.get().last_used_at
    night.shift(59)
    send(token)
    assert TokenUse.objects.get().last_used_at == first
    night.shift(2)
    send(token)
    assert TokenUse.objects.get().last_used_at == first + timedelta(seconds=61)
    assert "last used" in browser.get(PAGE).content.decode()


def test_an_expired_token_is_called_so(browse: Browse, manager: User, alert_source: User, night: Any) -> None:
    issue(browse(manager), alert_source, 1)
    night.shift(86_401)
    assert "Expired" in browse(manager).get(PAGE).content.decode()


@pytest.mark.parametrize("days", ["", "0", "-1", "401", "x", "9" * 30])
def test_a_token_without_an_end_in_sight_is_refused(
    days: str, browse: Browse, manager: User, alert_source: User
) -> None:
    answer = issue(browse(manager), alert_source, days)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.content.decode()
    assert not AuthToken.objects.exists()


def test_nobody_gets_a_token_but_an_integration(
    browse: Browse, manager: User, engineer: User, alert_source: User
) -> None:
    assert issue(browse(manager), engineer).status_code == 404
    alert_source.is_active = False
    alert_source.save()
    assert issue(browse(manager), alert_source).status_code == 422
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize("role", ["engineer", "lead", "analyst", "author", "vendor_auditor"])
def test_only_who_manages_people_comes_here(
    role: str, browse: Browse, alert_source: User, request: pytest.FixtureRequest
) -> None:
    browser = browse(request.getfixturevalue(role))
    assert browser.get(PAGE).status_code == 403
    assert issue(browser, alert_source).status_code == 403
    assert browser.post(f"{PAGE}{alert_source.pk}/tokens/revoke/", {"start": "x"}).status_code == 403
    assert "Integrations" not in browser.get("/", follow=True).content.decode()


def test_a_source_is_added_with_a_name_and_cannot_sign_in(browse: Browse, manager: User) -> None:
    answer = browse(manager).post(PAGE, {"name": "UptimeRobot, Harbour Lane", "role": "alert_source"})
    assert answer.status_code == 302
    made = User.objects.get(name="UptimeRobot, Harbour Lane")
    assert (made.roles, made.side, made.has_usable_password()) == ({Role.ALERT_SOURCE}, "vendor", False)
    assert send(token_on(issue(browse(manager), made))) == 202


@pytest.mark.parametrize(
    "sent", [{"name": "", "role": "alert_source"}, {"name": "x", "role": "ooh_lead"}, {}]
)
def test_what_is_no_integration_is_not_added(sent: dict[str, str], browse: Browse, manager: User) -> None:
    assert browse(manager).post(PAGE, sent).status_code == 422
    assert not User.objects.with_role(Role.ALERT_SOURCE, Role.OOH_LEAD).exists()


def test_the_page_costs_the_same_however_many_there_are(browse: Browse, manager: User) -> None:
    browser = browse(manager)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(PAGE)
        return len(captured)

    issue(browser, factories.make_user(Role.ALERT_SOURCE))
    cost()
    few = cost()
    for _ in range(5):
        issue(browser, factories.make_user(Role.ALERT_SOURCE))
    assert cost() == few <= 8
