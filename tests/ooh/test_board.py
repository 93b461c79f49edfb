"""The board: what is most urgent, for whom, and what somebody without a role may read of the list."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role, Side
from incidents import services
from incidents.calls import log_call
from incidents.freshdesk import polling
from incidents.models import (
    AlertFeed,
    Incident,
    Maintenance,
    MaintenanceUpdate,
    OutboxRow,
    SyncCursor,
    Ticket,
)
from ooh import board
from tests import factories

Browse = Callable[[User | None], Client]
NOBODY = "Nobody has this incident yet"


def urgent(user: User) -> str:
    found = board.facts(user, timezone.now())["urgent"]
    return found["title"] if found else ""


@pytest.mark.usefixtures("night")
def test_a_new_incident_waits_for_the_partner(incident: Incident, engineer: User, analyst: User) -> None:
    assert urgent(engineer) == NOBODY
    assert urgent(analyst) == ""


def test_what_came_back_in_the_day_waits_for_the_desk(
    engineer: User, analyst: User, time_machine: Any
) -> None:
    time_machine.move_to(factories.MONDAY_NOON, tick=False)
    incident = factories.make_incident(by=engineer, state="triaging")
    services.resolve(incident.pk, resolution="Back", restored_at=timezone.now(), by=engineer)
    services.reopen(incident.pk, reason="Down again", by=engineer)
    assert urgent(analyst) == NOBODY
    assert urgent(engineer) == ""


def test_an_auditor_is_asked_to_take_nothing(incident: Incident, partner_auditor: User) -> None:
    assert urgent(partner_auditor) == ""


def test_the_list_names_no_hospital_to_somebody_without_a_role(incident: Incident, browse: Browse) -> None:
    stranger = factories.make_user(side=Side.PARTNER)
    answer = browse(stranger).get("/incidents/")
    assert incident.customer.name not in answer.content.decode()


def test_the_list_offers_every_hospital_to_an_engineer(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    assert incident.customer.name in browse(engineer).get("/incidents/").content.decode()


@pytest.mark.usefixtures("night")
def test_the_whole_board_is_ten_queries_at_most(
    lead: User, browse: Browse, settings: Any, django_assert_max_num_queries: Any
) -> None:
    """Empty, with everything set up; then with something of each kind that it may show."""
    settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY = "https://example.freshdesk.com", "key"
    SyncCursor.objects.create(name=polling.NAME, since=timezone.now(), last_error="Freshdesk refused our key")
    client = browse(lead)
    client.get("/")
    with django_assert_max_num_queries(10):
        client.get("/")
    for _ in range(2):
        one_of_everything(lead)
    with django_assert_max_num_queries(10):
        page = client.get("/").content.decode()
    for words in (
        NOBODY, "Ring Ward", "Freshdesk says otherwise", "is no alert", "New disks", "Database",
        "refused our key", "Nobody sends", "Nobody of the partner is on shift",
    ):  # fmt: skip
        assert words in page, words


def one_of_everything(lead: User) -> None:
    now = timezone.now()
    factories.make_incident(by=lead)
    asked, told = factories.make_incident(by=lead), factories.make_incident(by=lead)
    Ticket.objects.create(incident=asked, number=asked.pk, seen_status=4, asked_at=now)
    services.begin_triage(told.pk, by=lead)
    services.resolve(told.pk, resolution="Back", restored_at=now, by=lead)
    Ticket.objects.create(incident=told, number=told.pk, seen_status=2, reopened_at=now)
    soon = now + timedelta(minutes=9)
    log_call(asked.pk, direction="out", who="Ward", outcome="voicemail", next_call_at=soon, by=lead)
    AlertFeed.objects.create(
        source=factories.make_user(Role.ALERT_SOURCE, side=Side.VENDOR), refused=2, refused_since=now,
        refused_last_at=now, reason="It is no alert",
    )  # fmt: skip
    planned = Maintenance.objects.create(
        title="New disks", starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2), planned_by=lead
    )
    MaintenanceUpdate.objects.create(
        maintenance=planned, phase="scheduled", words="We plan work.", posted_by=lead, posted_at=now
    )
    factories.make_team(code=f"team-{planned.pk}", name="Database on call")
    OutboxRow.objects.update(written_at=now - timedelta(hours=1))
