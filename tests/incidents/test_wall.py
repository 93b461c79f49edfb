"""The wall: no partner role meets what the vendor writes for itself, on any page, in API or admin."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role, Side
from incidents import services
from incidents.freshdesk import conversations
from incidents.freshdesk.rows import conversation_row
from incidents.models import (
    Heartbeat,
    Incident,
    OutboxRow,
    Subscriber,
    Ticket,
    TimelineEntry,
    Wall,
)
from tests import factories

CANARY = "heliotrope-antimacassar"
READER = "gingham-orrery"
PARTNERS = ["engineer", "lead", "partner_auditor"]
VENDORS = ["analyst", "specialist", "vendor_auditor", "manager"]


@pytest.fixture
def product_note(incident: Incident, analyst: User, engineer: User) -> TimelineEntry:
    """A vendor row on an incident that went through the partner's hands, and others read in its ticket."""
    services.begin_triage(incident.pk, by=engineer)
    services.escalate(incident.pk, team="Database on call", reason="No answer", by=engineer)
    read_privately(incident)
    return services.add_product_note(incident.pk, text=f"Schema {CANARY} was migrated on Friday", by=analyst)


def read_privately(incident: Incident) -> None:
    """A private note of the vendor's agents, edited once, the second time after it was shared."""
    ticket = Ticket.objects.create(incident=incident, number=4001, seen_status=4, asked_at=timezone.now())
    at = timezone.now().isoformat()
    note = {"id": 7001, "private": True, "source": 2, "created_at": at, "updated_at": at, "incoming": False}
    for words in (f"<b>{CANARY}</b> of the licence", "#ooh We are on it", f"Not so, it is {CANARY}"):
        assert conversations.take_in(ticket, [conversation_row({**note, "body": words})]) == 0


@pytest.fixture
def reader(db: None) -> Subscriber:
    """Told of status updates: her address is for service managers, and of that a part."""
    now = timezone.now()
    return Subscriber.objects.create(
        kind="email", address=f"{READER}@hospital.example", asked_at=now, confirmed_at=now
    )


@pytest.mark.parametrize("role", PARTNERS)
def test_no_partner_role_sees_product_notes(
    role: str, incident: Incident, product_note: TimelineEntry, request: Any
) -> None:
    assert product_note not in incident.timeline.visible_to(request.getfixturevalue(role))


def test_what_was_read_privately_in_the_ticket_is_planted_for_the_walk(
    incident: Incident, product_note: TimelineEntry
) -> None:
    read = incident.timeline.filter(by=User.objects.vendors_desk())
    hidden = [entry for entry in read if CANARY in entry.text]
    assert [entry.wall for entry in hidden] == [Wall.VENDOR, Wall.VENDOR]
    assert [entry.text for entry in read if entry not in hidden] == ["#ooh We are on it"]


@pytest.mark.parametrize("role", VENDORS)
def test_the_vendors_people_see_product_notes(
    role: str, incident: Incident, product_note: TimelineEntry, request: Any
) -> None:
    assert product_note in incident.timeline.visible_to(request.getfixturevalue(role))


@pytest.mark.parametrize("role", PARTNERS)
def test_no_page_or_answer_to_a_partner_holds_a_vendor_row(
    role: str, incident: Incident, product_note: TimelineEntry, reader: Subscriber,
    browse: Callable[[User], Client], request: Any,
) -> None:  # fmt: skip
    Heartbeat.objects.create(name="outbox-sweep", beat_at=timezone.now())  # else `/readyz` is 503
    browser = browse(request.getfixturevalue(role))
    browser.raise_request_exception = False
    seen = {}
    for address in addresses(incident):
        is_page = not address.startswith(("/admin/", "/api/"))
        for headers in ({}, {"HX-Request": "true"})[: 1 + is_page]:
            answer = browser.get(address, headers=headers)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert CANARY.encode() not in body, address
            assert READER.encode() not in body, address
            assert reader.token.encode() not in body, address
            seen[address] = answer.status_code
    assert not {address: status for address, status in seen.items() if status >= 500}
    assert sum(status == 200 for status in seen.values()) > 15  # the walk opens doors, it does not only knock


def test_the_walk_finds_the_vendor_row_where_it_may_be(
    incident: Incident, product_note: TimelineEntry, reader: Subscriber, browse: Callable[[User], Client],
    analyst: User,
) -> None:  # fmt: skip
    browser = browse(analyst)
    shown = {address: browser.get(address).content for address in addresses(incident)}
    found = [address for address, body in shown.items() if CANARY.encode() in body]
    assert not [address for address, body in shown.items() if READER.encode() in body]
    assert f"/incidents/{incident.reference}/" in found
    assert f"/api/v1/incidents/{incident.reference}/timeline/" in found


def test_a_partner_cannot_write_product_notes(incident: Incident, engineer: User, lead: User) -> None:
    for person in (engineer, lead):
        with pytest.raises(PermissionDenied):
            services.add_product_note(incident.pk, text="Mine", by=person)


def test_a_vendor_row_is_announced_nowhere(incident: Incident, analyst: User) -> None:
    before = OutboxRow.objects.count()
    services.add_product_note(incident.pk, text=f"{CANARY}", by=analyst)
    assert OutboxRow.objects.count() == before


def test_the_database_keeps_a_product_note_behind_the_wall(incident: Incident, analyst: User) -> None:
    note = services.add_product_note(incident.pk, text="Schema", by=analyst)
    with pytest.raises(IntegrityError), transaction.atomic():
        TimelineEntry._base_manager.filter(pk=note.pk).update(wall="service")


def test_a_vendor_role_given_to_a_partner_opens_nothing(
    incident: Incident, product_note: TimelineEntry
) -> None:
    mole = factories.make_user(Role.DESK_ANALYST, Role.OOH_ENGINEER, side=Side.PARTNER)
    assert product_note not in incident.timeline.visible_to(mole)


def test_somebody_who_left_sees_nothing(incident: Incident, engineer: User) -> None:
    engineer.is_active = False
    assert not Incident.objects.visible_to(engineer).exists()
    assert not TimelineEntry.objects.visible_to(engineer).exists()


# ---------- Every address that can be opened by GET ----------


def addresses(incident: Incident) -> list[str]:
    """Every pattern of the desk, filled with this incident and the first row of everything else."""
    entry = incident.timeline.order_by("id").last()
    assert entry is not None
    values = {
        "reference": [incident.reference], "pk": [1, incident.pk, entry.pk], "object_id": [str(incident.pk),
        str(entry.pk)],
        "id": [1], "code": ["SOP-03", "compucare8"], "month": ["2026-11"], "number": [1],
        "app_label": ["incidents"],
        "part": ["vitals"],
    }  # fmt: skip
    found = []
    for route in sorted(set(routes(get_resolver()))):
        found += filled(route, values)
    return found


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for each in resolver.url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from routes(each, route)
        elif isinstance(each, URLPattern):
            yield route


def filled(route: str, values: dict[str, list[Any]]) -> list[str]:
    """`incidents/<reference:reference>/` and `^runs/(?P<pk>…)/$` alike; what has no value here gets a 1."""
    import re

    names = re.findall(r"<(?:\w+:)?(\w+)>", route)
    answers = []
    for index in range(max([len(values.get(name, [1])) for name in names], default=1)):
        address = route
        for name in names:
            options = values.get(name, [1])
            value = str(options[min(index, len(options) - 1)])
            address = (
                re.sub(rf"<(?:\w+:)?{name}>", value, address, count=1)
                if "(?P" not in address
                else _plain(address, name, value)
            )
        answers.append("/" + re.sub(r"\\Z|[\^$]|\(\?i\)", "", address).replace("\\.", ".").replace("/?", "/"))
    return [address for address in answers if "(" not in address]


def _plain(route: str, name: str, value: str) -> str:
    """Replace one named group of a regular expression, whatever stands in it."""
    start = route.find(f"(?P<{name}>")
    if start < 0:
        import re

        return re.sub(rf"<(?:\w+:)?{name}>", value, route, count=1)
    depth, end = 0, start
    for end in range(start, len(route)):
        depth += {"(": 1, ")": -1}.get(route[end], 0)
        if depth == 0:
            break
    return route[:start] + value + route[end + 1 :]
