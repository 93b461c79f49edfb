"""Freshdesk down for a day: everything here works, the pages say so, and it catches up within its budget."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from incidents import services
from incidents.models import Incident, OutboxRow, Ticket
from incidents.outbox import writing
from incidents.outbox.tasks import deliver, sweep
from tests.factories import SUNDAY_NIGHT, make_incident
from tests.incidents.freshdesk.test_ticket import entry_ids
from tests.standins.freshdesk import Freshdesk

pytestmark = pytest.mark.django_db

LIMIT = 40
SWEEP_EVERY = 5  # seconds, as the scheduler does


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the sweep hands to Celery, instead of a broker."""
    handed: list[int] = []
    monkeypatch.setattr(writing, "tell_celery", lambda task, row_id: handed.append(row_id) or True)
    return handed


def work(broker: list[int]) -> None:
    """A sweep, and all that a worker does because of it."""
    sweep()
    while broker:
        deliver(broker.pop(0))


def live_through_a_day(clock: Any, broker: list[int], engineer: User) -> list[Incident]:
    """An incident every six hours, each worked on and resolved; the worker tries now and then."""
    incidents = []
    for _ in range(4):
        incident = make_incident(by=engineer, reported_at=timezone.now())
        services.begin_triage(incident.pk, by=engineer)
        services.add_note(incident.pk, text="The application service does not answer", by=engineer)
        services.resolve(incident.pk, resolution="A restart", restored_at=timezone.now(), by=engineer)
        incidents.append(incident)
        for _ in range(3):
            clock.shift(2 * 3600)
            work(broker)
    return incidents


def test_a_day_without_freshdesk_loses_nothing_and_is_caught_up_by_itself_within_the_budget(
    freshdesk: Freshdesk, engineer: User, broker: list[int], settings: Settings, time_machine: Any,
    browse: Callable[[User | None], Client],
) -> None:  # fmt: skip
    time_machine.move_to(SUNDAY_NIGHT, tick=False)
    freshdesk.clock = lambda: timezone.now().timestamp()
    freshdesk.per_minute = LIMIT
    settings.FRESHDESK_PER_MINUTE = dict.fromkeys(("all", "create", "update", "list"), LIMIT)
    freshdesk.down()
    incidents = live_through_a_day(time_machine, broker, engineer)
    assert {incident.state for incident in Incident.objects.all()} == {"resolved"}
    assert_the_pages_say_so(browse(engineer), incidents[0])
    assert not OutboxRow.objects.filter(parked_at__isnull=False).exists()

    freshdesk.up()
    back_at = timezone.now()
    while OutboxRow.objects.waiting().filter(destination="freshdesk").exists():
        time_machine.shift(SWEEP_EVERY)
        work(broker)
        assert timezone.now() - back_at < timedelta(minutes=20)
    assert_whole(freshdesk, incidents)
    assert freshdesk.refused == 0
    assert LIMIT // 4 < freshdesk.most_used <= LIMIT // 2  # busy, and never with the agents' share
    assert "Nothing waiting" in browse(engineer).get("/deliveries/").content.decode()


def assert_the_pages_say_so(browser: Client, incident: Incident) -> None:
    """The board, the deliveries, the incident and the machines' page."""
    waiting = OutboxRow.objects.waiting().filter(destination="freshdesk").count()
    for address in ("/", "/deliveries/"):
        page = browser.get(address).content.decode()
        assert f"Freshdesk: {waiting} waiting" in page
        assert "Oldest 24 h. Freshdesk does not answer" in page
    page = browser.get(f"/incidents/{incident.reference}/").content.decode()
    assert "The ticket, 5 notes, 2 status changes and the closing summary waiting" in page
    assert browser.get("/health/").json()["deliveries"]["freshdesk"]["is_behind"]


def assert_whole(freshdesk: Freshdesk, incidents: list[Incident]) -> None:
    assert len(freshdesk.tickets) == len(incidents)
    for incident in incidents:
        number = Ticket.objects.get(incident=incident).number
        assert freshdesk.tickets[number]["tags"][1] == f"ooh-{incident.reference}"
        entries = incident.timeline.order_by("pk").values_list("pk", flat=True)
        assert entry_ids(freshdesk, number) == list(entries)
        assert freshdesk.tickets[number]["status"] == 4
