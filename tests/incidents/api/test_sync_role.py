"""A token of the ticket sync reads three addresses, and opens nothing else of the desk."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import PERMISSIONS, Permission, Role
from incidents import services
from incidents.models import Incident, Ticket, TimelineEntry
from tests import factories
from tests.end_to_end.addresses import every_route, fill, names_in

OWN = ("/api/v1/sync/incidents/", "/api/v1/sync/timeline/", "/api/v1/sync/tickets/{number}/")
# For everybody, signed in or not.
PUBLIC = (
    "/status/",
    "/health",
    "/readyz",
    "/sign-in",
    "/hooks/",
    "/metrics",
    "/admin/login",
    "/admin/jsi18n",
)
REFUSED = (401, 403, 404, 405)


@pytest.fixture
def token(ticket_sync: User) -> str:
    return str(AuthToken.objects.create(ticket_sync, expiry=timedelta(days=1))[1])


@pytest.fixture
def told(incident: Incident, engineer: User) -> Incident:
    """An incident whose reference, hospital and words no page may show."""
    Ticket.objects.create(incident=incident, number=4001)
    services.add_note(incident.pk, text="heliotrope-antimacassar", by=engineer)
    return incident


def values(incident: Incident) -> dict[str, Any]:
    ones = dict.fromkeys(("pk", "id", "item", "object_id", "content_type_id"), incident.pk)
    return {
        **ones, "reference": incident.reference, "public_id": incident.public_id, "number": 4001,
        "key": "6f1d9b52-7f3e-4b11-8b43-0a6f1d9b527f", "month": "2026-11", "code": "SOP-03", "name": "stop",
        "act": "retry", "url": "x", "app_label": "incidents", "source": "azure",
    }  # fmt: skip


def operations() -> Iterator[tuple[str, str]]:
    schema = SchemaGenerator().get_schema(public=True)
    for path, methods in schema["paths"].items():
        yield from ((path, method) for method in methods)


def test_its_role_holds_one_permission_and_nobody_else_holds_that() -> None:
    assert PERMISSIONS[Role.TICKET_SYNC] == {Permission.SYNC_TICKET}
    assert [role for role in Role if Permission.SYNC_TICKET in PERMISSIONS[role]] == [Role.TICKET_SYNC]


def test_every_operation_of_the_api_but_its_own_is_refused(token: str, told: Incident) -> None:
    client = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    before = TimelineEntry.objects.count(), Incident.objects.get(pk=told.pk).changed_at
    opened, asked = {}, 0
    for path, method in operations():
        asked += 1
        names = values(told)
        address = path
        for name in [part.strip("{}") for part in path.split("/") if part.startswith("{")]:
            address = address.replace(f"{{{name}}}", str(names.get(name, 1)))
        answer = client.generic(method.upper(), address, "{}", content_type="application/json")
        if answer.status_code not in REFUSED:
            opened[(path, method)] = answer.status_code
    assert opened == {(path, "get"): 200 for path in OWN}
    assert asked > 40
    assert (TimelineEntry.objects.count(), Incident.objects.get(pk=told.pk).changed_at) == before


def test_the_schema_tells_of_its_operations_and_their_shapes(api: Any, engineer: User) -> None:
    schema = SchemaGenerator().get_schema(public=True)
    for path in OWN:
        operation = schema["paths"][path]["get"]
        assert operation["tags"] == ["sync"]
        assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    names = {each["name"] for each in schema["paths"][OWN[1]]["get"]["parameters"]}
    assert names == {"cursor", "page_size", "updated_since", "incident"}


@pytest.mark.parametrize("way", ["token", "session"])
def test_no_page_shows_it_anything(
    way: str, token: str, told: Incident, ticket_sync: User, browse: Callable[[User | None], Client]
) -> None:
    """Not by its token, which pages do not take, and not by a session that it cannot begin either."""
    client = browse(ticket_sync if way == "session" else None)
    client.raise_request_exception = False
    headers = {"Authorization": f"Token {token}"} if way == "token" else {}
    words = [told.reference, told.customer.name, "heliotrope-antimacassar", told.caller_name]
    shown, asked = [], 0
    for route in sorted(set(every_route())):
        address = fill(route, {name: values(told).get(name, 1) for name in names_in(route)})
        if address.startswith((*PUBLIC, "/api/")):
            continue
        asked += 1
        answer = client.get(address, headers=headers)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        body = body.replace(address.encode(), b"")  # a page says where it is
        if answer.status_code >= 500 or any(word.encode() in body for word in words):
            shown.append((address, answer.status_code))
        if way == "token" and answer.status_code not in (302, *REFUSED):
            shown.append((address, answer.status_code))
    assert shown == []
    assert asked > 60


def test_a_password_that_somebody_gave_it_opens_nothing(ticket_sync: User) -> None:
    ticket_sync.set_password(factories.PASSWORD)
    ticket_sync.save()
    assert authenticate(username=ticket_sync.email, password=factories.PASSWORD) is None


def test_its_token_is_issued_as_for_every_integration(ticket_sync: User, capsys: Any, told: Incident) -> None:
    call_command("token", ticket_sync.email, days=30)
    token = capsys.readouterr().out.strip()
    assert APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get(OWN[0]).status_code == 200
    assert APIClient(HTTP_AUTHORIZATION=f"Bearer {token}").get("/api/v1/incidents/").status_code == 403


@pytest.mark.parametrize("role", ["engineer", "analyst", "manager", "integration", "alert_source"])
def test_nobody_else_reads_what_is_the_syncs(role: str, told: Incident, api: Any, request: Any) -> None:
    client = api(request.getfixturevalue(role))
    for path in OWN:
        assert client.get(path.replace("{number}", "4001")).status_code == 403
    assert APIClient().get(OWN[0]).status_code == 401
