"""Each audit row says who, of which organisation, in which request and from where; nobody acts as another."""

import ast
import re
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.conf import settings
from django.db.models import Model
from django.test import Client
from rest_framework.test import APIClient

from accounts.audit import acting_as, request_id
from accounts.models import Organisation, User
from incidents import services
from incidents.models import Incident
from tests.bypasses import APPS, ROOT


def last(row: Model) -> LogEntry:
    entry: LogEntry = LogEntry.objects.get_for_object(row).latest("id")
    return entry


def said(entry: LogEntry) -> tuple[Any, ...]:
    more = entry.additional_data
    return entry.actor, more.get("organisation"), more["source"], entry.cid


def test_the_web_the_api_and_the_admin_are_told_apart(
    incident: Incident, engineer: User, manager: User, browse: Callable[[User], Client], integration: User
) -> None:
    answer = browse(engineer).post(f"/incidents/{incident.reference}/begin-triage/")
    assert said(last(incident)) == (engineer, "The partner", "web", answer["X-Request-ID"])
    caller = APIClient()
    caller.force_login(engineer, backend="accounts.backends.RoleBackend")
    answer = caller.post(f"/api/v1/incidents/{incident.reference}/timeline/", {"text": "Rang them"})
    assert answer.status_code == 201
    note = incident.timeline.latest("pk")
    assert said(last(note)) == (engineer, "The partner", "api", answer["X-Request-ID"])
    house = Organisation.objects.get(side="vendor")
    answer = browse(manager).post(
        f"/admin/accounts/organisation/{house.pk}/change/", {"name": "Vendor, renamed", "side": "vendor"}
    )
    assert said(last(house)) == (manager, "The vendor", "admin", answer["X-Request-ID"])


def test_a_token_of_an_integration_names_the_integration(incident: Incident, integration: User) -> None:
    from knox.models import AuthToken

    _, token = AuthToken.objects.create(integration)
    call = {
        "customer": incident.customer.short_name, "service": "compucare8", "failure": "cannot_sign_in",
        "who_affected": "everyone_all_sites", "caller_name": "IT on call", "call_back_number": "01632 960174",
    }  # fmt: skip
    answer = APIClient().post("/api/v1/incidents/", call, headers={"Authorization": f"Token {token}"})
    assert answer.status_code == 201, answer.content
    made = Incident.objects.get(reference=answer.json()["reference"])
    assert said(last(made)) == (integration, "The vendor", "api", answer["X-Request-ID"])


def test_a_task_and_a_command_are_told_apart_and_a_command_says_who_ran_it(
    incident: Incident, engineer: User
) -> None:
    with acting_as(User.objects.system(), "task"):
        number = request_id()
        services.begin_triage(incident.pk, by=engineer)
    entry = last(incident)
    assert said(entry) == (User.objects.system(), "", "task", number)
    assert "operator" not in entry.additional_data
    with acting_as(engineer):
        services.set_next_action(incident.pk, text="Ring them", by=engineer)
    entry = last(incident)
    assert said(entry)[:3] == (engineer, "The partner", "command")
    assert entry.additional_data["operator"]


def test_a_role_that_is_given_or_taken_is_in_the_trail(engineer: User, lead: User) -> None:
    engineer.groups.set(lead.groups.all())
    changes = [entry.changes for entry in LogEntry.objects.get_for_object(engineer).order_by("-id")[:2]]
    assert {(change["groups"]["operation"], *change["groups"]["objects"]) for change in changes} == {
        ("add", "ooh_lead"), ("delete", "ooh_engineer"),
    }  # fmt: skip


# ---------- Nobody can act as another person ----------


@pytest.mark.parametrize("name", ["hijack", "impersonate", "loginas", "su"])
def test_no_app_that_lets_somebody_act_as_another_is_installed(name: str) -> None:
    assert not [app for app in settings.INSTALLED_APPS if name in app.split(".")[0].split("_")]


def test_nobody_is_signed_in_but_where_they_prove_who_they_are() -> None:
    """`login()` and the session's own key of who is signed in stand in the modules of signing in alone."""
    found = set()
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        text = path.read_text()
        if SIGNING_IN.search(text) and any(_signs_in(node) for node in ast.walk(ast.parse(text))):
            found.add(path.relative_to(ROOT).as_posix())
    assert {path for path in found if not path.startswith(SIGN_IN)} == set()


def test_the_search_for_signing_in_finds_it() -> None:
    for line in ("login(request, user)", "request.session[SESSION_KEY] = 1", "s['_auth_user_id'] = 1"):
        assert SIGNING_IN.search(line)
        assert any(_signs_in(node) for node in ast.walk(ast.parse(line)))


SIGNING_IN = re.compile("login|SESSION_KEY|_auth_user_id")
SIGN_IN = ("accounts/sign_in/", "accounts/views.py")


def _signs_in(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return name in {"login", "auth_login", "alogin", "force_login"}
    return (
        isinstance(node, ast.Name | ast.Attribute)
        and (getattr(node, "attr", getattr(node, "id", "")) == "SESSION_KEY")
    ) or (isinstance(node, ast.Constant) and node.value == "_auth_user_id")


def test_a_superuser_opens_no_session_of_another(engineer: User, browse: Callable[[User], Client]) -> None:
    root = User.objects.create_superuser("root@desk.example", "a-long-test-password")
    for address in (f"/admin/accounts/user/{engineer.pk}/login/", f"/hijack/acquire/{engineer.pk}/"):
        browser = browse(root)
        assert browser.post(address, {"user_pk": engineer.pk}).status_code in (302, 404)
        assert browser.session["_auth_user_id"] == str(root.pk)
