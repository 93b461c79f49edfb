"""The wall around one incident: product notes, and private notes of its ticket. `tests/wall` walks it all."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role, Side
from incidents import services
from incidents.freshdesk import conversations
from incidents.freshdesk.rows import conversation_row
from incidents.models import (
    Incident,
    OutboxRow,
    Ticket,
    TimelineEntry,
    Wall,
)
from tests import factories

CANARY = "heliotrope-antimacassar"
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


@pytest.mark.parametrize("role", PARTNERS)
def test_no_partner_role_sees_product_notes(
    role: str, incident: Incident, product_note: TimelineEntry, request: Any
) -> None:
    assert product_note not in incident.timeline.visible_to(request.getfixturevalue(role))


def test_what_was_read_privately_in_the_ticket_is_kept_from_the_partner(
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
