"""`manage.py token`: tokens belong to integrations, and expire."""

from io import StringIO
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib import admin
from django.core.management import CommandError, call_command
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.models import User


def token(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command("token", *arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue().strip()


def status(value: str) -> int:
    return int(APIClient(HTTP_AUTHORIZATION=f"Token {value}").get("/api/v1/incidents/").status_code)


def test_no_screen_of_the_administration_issues_tokens() -> None:
    assert not admin.site.is_registered(AuthToken)


def test_token_opens_the_api_until_it_expires(integration: User, night: Any) -> None:
    issued = token(integration.email, days=30)
    assert status(issued) == 200
    night.shift(30 * 86_400 - 1)
    assert status(issued) == 200
    night.shift(2)
    assert status(issued) == 401


def test_token_lasts_ninety_days_if_not_said(integration: User, night: Any) -> None:
    token(integration.email)
    lasting = AuthToken.objects.get()
    assert (lasting.expiry - lasting.created).days == 90


@pytest.mark.parametrize("days", [0, -1, 401, 10**9])
def test_token_without_an_end_in_sight_is_refused(integration: User, days: int) -> None:
    with pytest.raises(CommandError, match="every token expires"):
        token(integration.email, days=days)


@pytest.mark.parametrize("role", ["engineer", "lead", "manager"])
def test_people_get_no_token(role: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(CommandError, match="people sign in"):
        token(request.getfixturevalue(role).email)


@pytest.mark.django_db
def test_unknown_address_is_refused() -> None:
    with pytest.raises(CommandError, match="Nobody active"):
        token("nobody@example.org")


def test_list_never_shows_the_whole_token(integration: User) -> None:
    issued = token(integration.email)
    listed = token(integration.email, list=True)
    assert issued not in listed
    assert issued[:10] in listed


def test_revoked_token_is_dead_at_once(integration: User) -> None:
    issued, other = token(integration.email), token(integration.email)
    token(integration.email, revoke=issued)
    assert (status(issued), status(other)) == (401, 200)


def test_revoking_needs_one_token_to_be_meant(integration: User) -> None:
    token(integration.email)
    token(integration.email)
    with pytest.raises(CommandError, match="2 tokens"):
        token(integration.email, revoke="ooh_")


def test_issue_and_end_of_a_token_are_audited_without_its_digest(integration: User) -> None:
    issued = token(integration.email)
    token(integration.email, revoke=issued)
    digest = "digest"
    rows = LogEntry.objects.filter(content_type__app_label="knox")
    assert rows.count() == 2
    assert all("*" in str(row.changes[digest]) for row in rows if digest in row.changes)
