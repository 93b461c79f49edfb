"""Rubbish at every address, in every query, in every form: a clear answer, never a server error."""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pydoc import locate
from typing import Any
from urllib.parse import urljoin

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import transaction
from django.db.models import CharField, JSONField, TextField
from django.test import Client
from django.urls import resolve

from accounts.models import User
from handover.models import HandoverItem
from incidents.models import Incident
from sops.run_views import ACTS
from tests.end_to_end import planting, text_columns, world
from tests.end_to_end.addresses import every_route, fill, names_in
from tests.end_to_end.visitor import Form, forms_in

HUGE = "99999999999999999999"
RUBBISH = [HUGE, "0", "x\0y", "2026-13", "É’😀", "x" * 300]
PARAMETERS = (
    "q",
    "show",
    "state",
    "week",
    "version",
    "customer",
    "part",
    "service",
    "format",
    "table",
    "next",
    "sop",
    "keeps",
    "what",
    "since",
    "until",
    "person",
)
QUERIES = [
    *("?" + "&".join(f"{name}={value}" for name in PARAMETERS) for value in ("-1", HUGE, "%00")),
    *(f"?page={value}" for value in ("-1", HUGE, "%00")),
    f"?=&&&%&q=a&q=b&q[]={'x' * 5000}&show=%C3%28",
]  # fmt: skip
ADMIN_QUERIES = ["?q=x", f"?q=%00&o={HUGE}", f"?p={HUGE}&id__exact=x", f"?id__exact={HUGE}&all="]
TYPED = [
    "x\0y", HUGE, "-1", "’😀\u202e", "9999-99-99T99:99", " ", "x" * 20_000, "NaN", "<b>{{ x }}</b>", "24:61",
]  # fmt: skip
BODIES = ["", "null", "[]", "{", '{"text": "\\u0000", "reason": 1e400}', '{"words": ["x"], "phase": {}}']
# The forms of steps are many and alike: they are sent with all fields spoilt at once.
ALIKE = re.compile(r"step-")
# After these whoever sends something is nobody.
ENDING = ("/sign-in/", "/sign-out/", "/lock/")
# Each permission to write is held by one of them.
WRITERS = [world.LEAD, world.ANALYST, world.APPROVER, world.AUTHOR]

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(built: dict[str, str], db: None, caplog: pytest.LogCaptureFixture) -> dict[str, str]:
    """The same, for one test: what it changes is taken back."""
    cache.clear()  # where throttles count
    caplog.set_level("CRITICAL", "django")  # a thousand refusals are no news; what breaks is told by the test
    return built


@pytest.fixture
def browser(browse: Callable[[User | None], Client]) -> Callable[[str], Client]:
    """A browser that is answered 500, as everybody is, instead of getting the exception."""

    def client(email: str) -> Client:
        made = browse(User.objects.get(email=email) if email else None)
        made.raise_request_exception = False
        return made

    return client


def ordinary() -> dict[str, Any]:
    """What stands for each part of an address, where it is no rubbish."""
    item = HandoverItem.objects.latest("pk")
    incident = Incident.objects.earliest("pk")
    return {
        "reference": incident.reference, "public_id": incident.public_id, "item": item.pk,
        "key": "6f1d9b52-7f3e-4b11-8b43-0a6f1d9b527f", "month": "2026-11", "code": "SOP-03",
        "source": "azure", "token": "x", "kind": "email", "name": "stop", "act": "retry", "slug": "x",
        "url": "x", "app_label": "incidents", "quarter": "2026-Q4", "link": "ooh_x",
        **dict.fromkeys(("pk", "id", "number", "object_id", "content_type_id"), 1),
    }  # fmt: skip


def own_addresses() -> list[str]:
    """Every address but the administration's and the two that may say 503; last what ends a session."""
    others = ("/admin/", "/readyz", "/health/")
    own = (route for route in set(every_route()) if not route.startswith(others))
    return sorted(own, key=lambda route: (route.startswith(ENDING), route))


def in_turn(kinds: list[str], position: int, most: int = 2) -> list[str]:
    """Some of these kinds of rubbish, others at the next position: between its neighbours all are met."""
    return [kinds[(most * position + turn) % len(kinds)] for turn in range(most)]


def spoilt(routes: list[str], values: Mapping[str, Any]) -> Iterator[str]:
    """Each address with one of its parts made rubbish at a time."""
    parts = [(route, name) for route in routes for name in names_in(route)]
    for position, (route, name) in enumerate(parts):
        for rubbish in in_turn(RUBBISH, position):
            yield fill(route, {**values, name: rubbish})


def broken(browser: Client, addresses: Iterator[str] | list[str]) -> list[str]:
    """Those that a GET breaks, and by what."""
    answers = ((address, browser.get(address)) for address in addresses)
    return [told(address, answer) for address, answer in answers if answer.status_code >= 500]


def told(address: str, answer: Any) -> str:
    exception = answer.exc_info[1] if answer.exc_info else answer.status_code
    return f"{address[:200]}: {exception!r}"


@pytest.mark.parametrize("who", [world.ENGINEER, ""], ids=["engineer", "nobody"])
def test_no_address_breaks_whatever_stands_in_it(who: str, pages: dict[str, str], browser: Any) -> None:
    assert broken(browser(who), spoilt(own_addresses(), ordinary())) == []


@pytest.mark.parametrize("who", [world.ENGINEER, ""], ids=["engineer", "nobody"])
def test_no_query_breaks_a_page(who: str, pages: dict[str, str], browser: Any) -> None:
    """Of the API, schemathesis makes the queries."""
    values = ordinary()
    addresses = {fill(route, values) for route in own_addresses() if "/api/v1/" not in route}
    client = browser(who)
    opened = [address for address in sorted(addresses) if client.get(address).status_code == 200]
    assert len(opened) > (8 if not who else 20)
    queried = (address + query for at, address in enumerate(opened) for query in in_turn(QUERIES, at, 3))
    assert broken(client, queried) == []


def test_no_query_breaks_a_report(pages: dict[str, str], browser: Any) -> None:
    addresses = [f"/reports/{month}{query}" for month in ("", "2026-11/") for query in QUERIES]
    assert broken(browser(world.MANAGER), addresses) == []


@pytest.mark.parametrize("who", [world.MANAGER, world.AUDITOR])
def test_nothing_breaks_reads_holds_and_what_is_held_about_a_person(
    who: str, pages: dict[str, str], browser: Any
) -> None:
    client = browser(who)
    opened = [
        address
        for address in ("/reads/", "/holds/", "/people/export/")
        if client.get(address).status_code == 200
    ]
    assert len(opened) == 2
    assert broken(client, (address + query for address in opened for query in QUERIES)) == []
    choices = [{"what": what} for what in ("incident", "customer", "x")]
    fields = ("reference", "customer", "reason", "until", "person")
    sent = (
        (address, {name: in_turn(TYPED, at)[turn] for at, name in enumerate(fields)} | choice)
        for address in ("/holds/", "/holds/1/lift/", f"/holds/{HUGE}/lift/", "/people/export/")
        for choice in choices for turn in range(2)
    )  # fmt: skip
    assert refused_badly(client, sent) == []


@pytest.mark.parametrize("who", [world.MANAGER, world.AUDITOR])
def test_no_address_and_no_search_of_the_administration_breaks(
    who: str, pages: dict[str, str], browser: Any
) -> None:
    client, values = browser(who), ordinary()
    routes = [route for route in sorted(set(every_route())) if route.startswith("/admin/")]
    lists = [route for route in routes if not names_in(route) and client.get(route).status_code == 200]
    assert broken(client, [fill(route, values) for route in routes]) == []
    assert broken(client, spoilt([each for each in routes if "%(object_id)s/change" in each], values)) == []
    assert (
        broken(client, [each + one for at, each in enumerate(lists) for one in in_turn(ADMIN_QUERIES, at)])
        == []
    )


# ---------- What is sent ----------


def refused_badly(browser: Client, sent: Iterable[tuple[str, Any]], **kwargs: Any) -> list[str]:
    """Those that a POST breaks. Its effect is taken back, so that the next one meets the same rows."""
    found = []
    for address, data in sent:
        with transaction.atomic():
            answer = browser.post(address, data, **kwargs)
            transaction.set_rollback(True)
        if answer.status_code >= 500:
            found.append(told(f"{address} {str(data)[:300]}", answer))
    return found


def forms_of(browser: Client, pages: Mapping[str, str]) -> dict[tuple[str, ...], tuple[str, Form]]:
    """The forms on these pages that are sent by POST: where they go, one of each kind."""
    found = {}
    for page in ("/rota/", "/handovers/", "/pages/", "/deliveries/", "/sops/SOP-03/", *pages.values()):
        for form in forms_in(browser.get(page).content.decode()):
            address = urljoin(page, form.action or page)
            if form.method == "post" and not address.startswith(ENDING):
                form.values.pop("csrfmiddlewaretoken", None)
                found[(resolve(address).view_name, *sorted(form.values))] = (address, form)
    return found


@pytest.mark.parametrize("who", WRITERS)
def test_no_form_breaks_with_one_field_spoilt(who: str, pages: dict[str, str], browser: Any) -> None:
    client = browser(who)
    forms = forms_of(client, pages)
    sent = (
        (address, {name: typed, **{each: text for each, text in form.values.items() if each != name}})
        for address, form in forms.values()
        for at, name in enumerate(name for name in form.values if not ALIKE.match(name))
        for typed in in_turn(TYPED, at, 1)
    )
    assert len(forms) > 3
    assert refused_badly(client, sent) == []


@pytest.mark.parametrize("who", WRITERS)
def test_no_address_breaks_when_rubbish_is_sent_to_it(who: str, pages: dict[str, str], browser: Any) -> None:
    client, values = browser(who), ordinary()
    names = sorted({name for _, form in forms_of(client, pages).values() for name in form.values})
    rubbish = [{name: in_turn(TYPED, at)[turn] for at, name in enumerate(names)} for turn in range(2)]
    addresses = [fill(route, values) for route in own_addresses() if "/api/v1/" not in route]
    addresses += [address for name, address in pages.items() if name.startswith("version")]
    addresses += [fill("/runs/%(pk)s/%(name)s/", {"pk": 1, "name": name}) for name in ACTS]
    sent = ((each, data) for at, each in enumerate(addresses) for data in ({}, rubbish[at % 2]))
    assert refused_badly(client, sent) == []


@pytest.mark.parametrize("who", [world.LEAD, world.ANALYST])
def test_no_address_of_the_api_breaks_when_rubbish_is_sent_to_it(
    who: str, pages: dict[str, str], browser: Any
) -> None:
    client, values = browser(who), ordinary()
    addresses = [fill(route, values) for route in own_addresses() if "/api/v1/" in route]
    sent = ((address, body) for at, address in enumerate(addresses) for body in in_turn(BODIES, at))
    assert refused_badly(client, sent, content_type="application/json") == []


# ---------- Patient data ----------


def test_no_form_or_call_keeps_patient_data_and_every_column_with_text_is_accounted_for(
    pages: dict[str, str], browser: Any
) -> None:
    reached: set[str] = set()
    kept: set[str] = set()
    known: set[Any] = set()
    for who, names in planting.WRITERS.items():
        client = browser(who)
        for address, values, texts in planting.forms_of(client, pages, names, known):
            columns, wrong = planting.tried(client, address, values, texts)
            reached, kept = reached | columns, kept | wrong
    for address, body, texts in calls():
        columns, wrong = planting.tried(
            browser(world.LEAD), address, body, texts, content_type="application/json"
        )
        assert columns, address
        reached, kept = reached | columns, kept | wrong
    assert kept == set()
    elsewhere = " ".join((*text_columns.GUARDED_IN.values(), *text_columns.NOT_TYPED.values())).split()
    assert columns_with_text() - reached - set(elsewhere) == set()
    assert len(reached) > 25  # the walk writes, it does not only knock


def calls() -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """Calls of the API that take words of their own; the others call the services that the forms call."""
    incident = Incident.objects.filter(state="triaging").earliest("pk")
    facts = {
        "call_back_number": "01632 960174", "customer": "wexcombe", "service": "compucare8",
        "failure": "cannot_sign_in", "who_affected": "everyone_all_sites",
    }  # fmt: skip
    free = {"caller_name", "error_text", "impact", "customer_changes", "customer_reference"}
    yield "/api/v1/incidents/", facts, free
    yield f"/api/v1/incidents/{incident.reference}/timeline/", {}, {"text"}


def columns_with_text() -> set[str]:
    floors = ("accounts", "incidents", "sops", "handover")
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models() if model._meta.app_label in floors
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField) and not field.choices
    }  # fmt: skip


@pytest.mark.parametrize("function", text_columns.GUARDED_IN)
def test_the_guard_still_stands_where_the_walk_does_not_come(function: str) -> None:
    found: Any = locate(function)
    assert found is not None
    guard = (
        r"\b(?:refuse_patient_data|refuse_patient_number|refuse_unfit|typed\.refuse|pid\.mask|pid\.find)\("
    )
    assert re.search(guard, inspect.getsource(found))


def test_no_reason_outlives_its_column() -> None:
    named = " ".join((*text_columns.GUARDED_IN.values(), *text_columns.NOT_TYPED.values())).split()
    assert set(named) - columns_with_text() == set()
