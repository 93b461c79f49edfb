"""Every address, method and role, with objects that are seen, hidden and missing: as the policy says.

The views are asked beneath the middleware, and templates are not filled in: it is the decision that counts.
`test_canaries` looks at whole answers.
"""

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import transaction
from django.http import Http404
from django.template.backends.django import Template
from django.test import RequestFactory
from django.urls import Resolver404, resolve
from django.utils import timezone
from django_fsm import TransitionNotAllowed
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import force_authenticate

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import SIDES, Permission, Role
from accounts.sign_in import sessions
from accounts.wall.identity import standing, standing_of
from tests import factories
from tests.end_to_end import world
from tests.wall import expected
from tests.wall.expected import ANYBODY, AT_THE_DOOR, MOST, NOBODY, SIGNED_IN, Rule, Who
from tests.wall.places import MISSING, Thing, address, named_routes, things

pytestmark = pytest.mark.django_db

IN, NO_ENTRY = "let in", "asked to sign in"
FORBIDDEN, HIDDEN, NO_METHOD, BAD = "403", "404", "405", "400"
HOUSES = {"partner": world.ENGINEER, "vendor": world.ANALYST}
LEADS_AWAY = ("admin:login", "admin:password_change")  # to our own pages
LEAST = 9_000  # cells; more addresses or roles make more of them


@pytest.fixture(scope="module")
def people(built: dict[str, str]) -> dict[str, Any]:
    """Somebody of each role on each of its sides, a superuser of each side, and nobody."""
    found: dict[str, Any] = {"nobody signed in": AnonymousUser()}
    for role in Role:
        for side in sorted(SIDES[role]):
            found[f"{role} of the {side}"] = somebody(side, role)
    for side in ("partner", "vendor"):
        found[f"superuser of the {side}"] = somebody(side, is_superuser=True)
        found[f"no role, of the {side}"] = somebody(side)
    found["a vendor's role at the partner"] = somebody("partner", *PARTNERS_MOLE)
    return found


PARTNERS_MOLE = (Role.DESK_ANALYST, Role.SERVICE_MANAGER, Role.SPECIALIST)


def somebody(side: str, *roles: Role, **more: Any) -> User:
    return factories.make_user(*roles, organisation=world.person(HOUSES[side]).organisation, **more)


resolved = cache(resolve)


def ask(person: Any, method: str, at: str) -> str:
    """What becomes of it. Whatever a request changed is taken back."""
    try:
        match = resolved(at)
    except Resolver404:
        return "no address"
    kind = {"content_type": "application/json", "data": "{}"} if "/api/v1/" in at and method == "POST" else {}
    request: Any = RequestFactory().generic(method, at, **kind)
    request.user, request.session, request.htmx, request.resolver_match = person, SessionStore(), False, match
    request._messages = CookieStorage(request)
    request._dont_enforce_csrf_checks = True
    if person.is_authenticated:
        force_authenticate(request, person)
        request.session[sessions.PROVED] = timezone.now().isoformat()
    try:
        with standing(standing_of(person)), transaction.atomic():
            answer = match.func(request, *match.args, **match.kwargs)
            transaction.set_rollback(True)
    except PermissionDenied:
        return FORBIDDEN
    except Http404:
        return HIDDEN
    except (Conflict, SuspiciousOperation, TransitionNotAllowed) as error:
        return BAD if isinstance(error, SuspiciousOperation) else IN  # judged by what it holds
    return outcome(at, answer)


def outcome(at: str, answer: Any) -> str:
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"error {answer.status_code}"
    to = answer.get("Location", "")
    if answer.status_code == 401 or to.startswith(("/sign-in/", "/admin/login/")):
        return NO_ENTRY
    if to == "/admin/" and at.startswith("/admin/"):  # so the administration says that there is no such row
        return HIDDEN
    return str(answer.status_code) if answer.status_code in (400, 403, 404, 405) else IN


# ---------- What is expected ----------


def holds(person: Any, who: Who) -> bool:
    if isinstance(who, str):
        is_told = who == MOST and person.roles != {Role.TICKET_SYNC} if person.is_authenticated else False
        return who == ANYBODY or is_told or (who == SIGNED_IN and person.is_authenticated)
    return any(
        all(
            person.has_perm(part) if isinstance(part, Permission) else person.side == part
            for part in (each if isinstance(each, tuple) else (each,))
        )
        for each in who
    )


def sees(person: Any, kind: str, thing: Thing) -> bool:
    if thing.which == "missing":
        return False
    if thing.incident is not None and kind in ("incident", "call", "update", "report", "file"):
        is_granted = thing.incident.escalated_at is not None and person.has_perm(Permission.VIEW_PRODUCT_NOTE)
        return person.has_perm(Permission.VIEW_INCIDENT) or is_granted
    return holds(person, expected.SEES.get(kind, ANYBODY))


def wanted(rule: Rule, person: Any, method: str, thing: Thing, is_api: bool) -> set[str]:
    """The outcomes that the policy allows: one, but where two say the same to whoever asks."""
    who = rule.read if method == "GET" else rule.send
    if who == NOBODY:
        return (
            {NO_METHOD, NO_ENTRY, FORBIDDEN}
            if is_api or not person.is_authenticated
            else {NO_METHOD, HIDDEN, FORBIDDEN}
        )
    if who == "refused":
        return {FORBIDDEN if person.is_authenticated else NO_ENTRY}
    if who == "with its own secret":
        return {FORBIDDEN, NO_ENTRY, HIDDEN}
    if who == AT_THE_DOOR:
        return {IN, BAD, NO_ENTRY}
    if not person.is_authenticated and who != ANYBODY:
        return {NO_ENTRY}
    is_seen = not rule.of or sees(person, rule.of, thing)
    if not holds(person, who):
        return (
            {NO_ENTRY if rule.by_token else FORBIDDEN}
            | ({HIDDEN} if not is_seen else set())
            | ({IN} if rule.words_first and is_seen else set())
        )
    if not is_seen:  # of a call that is not whole the API says so first, and the same of what is not there
        return {HIDDEN, BAD} if is_api and method == "POST" else {HIDDEN}
    return {IN, BAD} | ({FORBIDDEN} if rule.owner else set()) | ({HIDDEN} if rule.chosen else set())


def wanted_of_admin(name: str, person: Any, has_row: bool) -> tuple[set[str], set[str]]:
    """Of a page of the administration, when read and when sent to."""
    if not person.has_perm(Permission.USE_ADMIN):
        return ({NO_ENTRY},) * 2
    table, _, act = name.rpartition("_")
    see, edit = expected.ADMIN[table]
    may_see, may_edit = holds(person, see), holds(person, edit)
    if act == "delete" or not may_see:
        return ({FORBIDDEN, HIDDEN},) * 2
    if act == "add":
        return ({IN} if holds(person, expected.ADDS.get(table, edit)) else {FORBIDDEN},) * 2
    if act == "change":
        sent = {IN} if has_row and (may_edit or edit == expected.ITS_ACTS) else {HIDDEN, FORBIDDEN}
        return ({IN} if has_row else {HIDDEN}), sent | ({FORBIDDEN} if table in expected.SEALED else set())
    return ({IN},) * 2 if act != "history" or has_row else ({HIDDEN},) * 2


def wanted_elsewhere(name: str, person: Any) -> set[str]:
    """Of what is no table: nobody without the permission gets in, and no other rule stands there."""
    if person.has_perm(Permission.USE_ADMIN) or name in LEADS_AWAY:
        return {IN, BAD, FORBIDDEN, HIDDEN, NO_METHOD, NO_ENTRY}
    return {NO_ENTRY, HIDDEN, NO_METHOD}


# ---------- The tests ----------


def our_routes() -> Iterator[tuple[str, str, Rule, bool]]:
    for name, route in named_routes():
        if not name.startswith("admin:") and not route.startswith("/admin/"):
            is_api = name in expected.API
            yield name, route, (expected.API if is_api else expected.PAGES)[name], is_api


def test_every_name_has_its_row_and_no_row_is_of_a_name_that_is_gone() -> None:
    names = {name for name, route in named_routes() if not route.startswith("/admin/")}
    assert names == set(expected.PAGES) | set(expected.API)
    tables = {name.removeprefix("admin:").rpartition("_")[0] for name, _ in named_routes()
              if name.startswith("admin:") and name.endswith("_changelist")}  # fmt: skip
    assert tables == set(expected.ADMIN)


def test_each_role_gets_at_each_address_what_the_policy_says(
    built: dict[str, str], people: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(Template, "render", lambda *args: "")
    monkeypatch.setattr(SchemaGenerator, "get_schema", lambda *args, **kwargs: {})
    objects, wrong, cells = things(built), [], Counter[str]()
    for name, route, rule, is_api in our_routes():
        for who, person in people.items():
            for thing in objects[rule.of]:
                at = address(route, thing)
                for method in ("GET", "POST"):
                    got = ask(person, method, at)
                    cells[got] += 1
                    if got not in (want := wanted(rule, person, method, thing, is_api)):
                        wrong.append(
                            f"{name}: {method} {at} by {who} ({thing.which}): {got}, not {sorted(want)}"
                        )
    with capsys.disabled():
        print(f"\n{cells.total()} cells: {dict(cells)}")
    assert wrong == []
    assert cells.total() > LEAST
    assert min(cells[each] for each in (IN, NO_ENTRY, FORBIDDEN, HIDDEN, NO_METHOD)) > 200


def test_the_administration_opens_to_each_role_what_the_policy_says(
    built: dict[str, str], people: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Its other addresses lead away, or say what everybody with a way in may hear."""
    monkeypatch.setattr(Template, "render", lambda *args: "")
    wrong, cells = [], Counter[str]()
    for name, route in sorted(set(named_routes())):
        if not name.startswith("admin:"):
            continue
        table, _, act = name.removeprefix("admin:").rpartition("_")
        is_page = table in expected.ADMIN and act in ("add", "change", "changelist", "delete", "history")
        model = apps.get_model(table.replace("_", ".")) if is_page else None
        row = model._default_manager.order_by("pk").first() if model else None
        for who, person in people.items():
            for thing in ([Thing("own", {"object_id": row.pk})] if row is not None else []) + [MISSING]:
                for method in ("GET", "POST"):
                    got = ask(person, method, address(route, thing))
                    cells[got] += 1
                    if is_page:
                        page = name.removeprefix("admin:")
                        want = wanted_of_admin(page, person, thing != MISSING)[method == "POST"]
                    else:
                        want = wanted_elsewhere(name, person)
                    if got not in want and not (got == BAD and IN in want):
                        at = address(route, thing)
                        wrong.append(f"{name}: {method} {at} by {who}: {got}, not {sorted(want)}")
    with capsys.disabled():
        print(f"\n{cells.total()} cells of the administration: {dict(cells)}")
    assert wrong == []
