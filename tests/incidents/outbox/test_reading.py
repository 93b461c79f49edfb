"""What the board, the workbench and the page say of deliveries."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from incidents import services
from incidents.freshdesk.showing import delivery_lines
from incidents.models import Heartbeat, Incident, OutboxRow, Ticket
from incidents.outbox import registry
from incidents.outbox.reading import Line, for_incident
from incidents.outbox.writing import announce
from tests.factories import make_incident

pytestmark = pytest.mark.django_db


@pytest.fixture
def configured(settings: Settings) -> None:
    settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY = "https://example.freshdesk.com", "key"


def line(name: str) -> Line:
    return next(line for line in delivery_lines(timezone.now()) if line.name == name)


def test_nothing_waiting_is_good_and_every_destination_that_is_configured_is_named(configured: None) -> None:
    names = [each.name for each in delivery_lines(timezone.now())]
    assert names == registered_and_configured()
    assert {"freshdesk", "status", "subscribers"} <= set(names)
    assert line("status") == Line("status", "good", "check", "Service Status", "Nothing waiting")


def registered_and_configured() -> list[str]:
    return [name for name in OutboxRow.Destination.values if registry.destination(name)]


def test_a_destination_that_is_not_configured_is_named_only_while_something_waits() -> None:
    assert "statuspage" not in {each.name for each in delivery_lines(timezone.now())}
    announce("statuspage", "update", key="left behind", incident=None)
    assert line("statuspage").detail == "Not configured: 1 waits, nothing is lost"


def test_somebody_else_s_webhook_that_is_away_is_not_us_being_behind() -> None:
    announce("subscribers", "webhook", key="away", incident=None)
    OutboxRow.objects.update(last_error="It does not answer", due_at=timezone.now() + timedelta(minutes=5))
    assert line("subscribers").detail == "Nothing waiting"
    OutboxRow.objects.update(parked_at=timezone.now())
    assert line("subscribers").kind == "bad"


def test_an_unconfigured_destination_says_how_many_wait_and_that_nothing_is_lost(incident: Incident) -> None:
    shown = line("freshdesk")
    assert (shown.kind, shown.headline) == ("warn", "Freshdesk: 3 waiting")
    assert shown.detail == "Not configured: 3 wait, nothing is lost"


def test_what_has_just_been_written_is_no_warning(configured: None, incident: Incident) -> None:
    shown = line("freshdesk")
    assert (shown.kind, shown.waiting) == ("", 3)
    assert shown.detail == "Oldest under a minute. Next try within seconds"


def test_what_is_behind_says_how_old_why_and_when_next(configured: None, incident: Incident) -> None:
    now = timezone.now()
    OutboxRow.objects.update(
        written_at=now - timedelta(minutes=6, seconds=5), due_at=now + timedelta(minutes=2),
        last_error="Freshdesk asked us to wait",
    )  # fmt: skip
    shown = line("freshdesk")
    assert shown.kind == "warn"
    assert shown.detail.startswith("Oldest 6 min. Freshdesk asked us to wait; next try ")
    assert shown.detail.endswith(("GMT", "BST"))


@pytest.mark.parametrize(("beat", "since"), [(None, "yet"), (timedelta(minutes=9), "since ")])
def test_a_worker_that_stopped_is_why_something_waits(
    beat: timedelta | None, since: str, configured: None, incident: Incident
) -> None:
    now = timezone.now()
    OutboxRow.objects.update(written_at=now - timedelta(minutes=6))
    if beat:
        Heartbeat.objects.create(name="outbox-sweep", beat_at=now - beat)
    first = delivery_lines(now)[0]
    assert (first.kind, first.headline) == ("bad", "Nobody sends. Nothing is lost")
    assert f"Nothing was swept {since}" in first.detail
    Heartbeat.objects.update_or_create(name="outbox-sweep", defaults={"beat_at": now})
    assert delivery_lines(now)[0].name != "worker"


def test_the_board_warns_when_something_is_behind(
    configured: None, incident: Incident, engineer: User, browse: Callable[[User | None], Client]
) -> None:
    OutboxRow.objects.update(
        written_at=timezone.now() - timedelta(minutes=6), last_error="It does not answer"
    )
    page = browse(engineer).get("/").content.decode()
    behind = page[page.index("Freshdesk: 3 waiting") - 300 :][:600]
    assert 'class="is-warn"' in behind
    assert "Oldest 6 min. It does not answer" in behind


def test_a_parked_row_is_bad_and_needs_a_decision(configured: None, incident: Incident) -> None:
    OutboxRow.objects.filter(event="ticket").update(parked_at=timezone.now(), last_error="Refused: type")
    shown = line("freshdesk")
    assert (shown.kind, shown.parked) == ("bad", 1)
    assert shown.detail == "1 is parked and needs a decision. Refused: type"


def test_the_board_reads_deliveries_in_two_queries_however_many_there_are(
    configured: None, engineer: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        make_incident(by=engineer)
    OutboxRow.objects.filter(event="note").update(done_at=timezone.now())
    with django_assert_max_num_queries(2):
        delivery_lines(timezone.now())


def test_an_incident_says_what_freshdesk_has_and_what_waits(
    configured: None, incident: Incident, engineer: User
) -> None:
    Ticket.objects.create(incident=incident, number=48213)
    OutboxRow.objects.update(done_at=timezone.now())
    services.add_note(incident.pk, text="One", by=engineer)
    services.add_note(incident.pk, text="Two", by=engineer)
    OutboxRow.objects.filter(done_at=None).update(written_at=timezone.now() - timedelta(minutes=6))
    panel = for_incident(incident)
    assert panel.ticket is not None
    assert panel.ticket_url == "https://example.freshdesk.com/a/tickets/48213"
    assert [each.headline for each in panel.lines] == ["2 notes waiting", "Ticket and 2 notes are there"]
    assert panel.lines[0].detail == "Oldest 6 min. Next try within seconds. Nothing for you to do"


def test_an_incident_whose_ticket_waits_says_so(incident: Incident) -> None:
    (shown,) = for_incident(incident).lines
    assert (shown.headline, shown.detail) == (
        "The ticket and 2 notes waiting", "Not configured: nothing is lost",
    )  # fmt: skip


def test_the_panel_of_an_incident_costs_one_query_and_none_when_prefetched(
    configured: None, incident: Incident, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fresh = Incident.objects.get(pk=incident.pk)
    with django_assert_num_queries(1):
        for_incident(fresh)
    ready = Incident.objects.select_related("ticket").prefetch_related("deliveries").get(pk=incident.pk)
    with django_assert_num_queries(0):
        for_incident(ready)
