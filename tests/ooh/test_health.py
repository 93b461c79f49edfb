"""What machines are told of the outbox: `/health/` to anybody, `/metrics` to whoever has the token."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from incidents.models import Heartbeat, Incident, OutboxRow, RateBudget
from tests.factories import make_incident

pytestmark = pytest.mark.django_db

TOKEN = "m" * 40
SAMPLE = re.compile(r'([a-z_]+)(?:\{([a-z_]+)="([^"\\\n]*)"\})? (\d+)')


@pytest.fixture
def swept(settings: Settings) -> None:
    """The worker lives, and Freshdesk is configured."""
    settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY = "https://example.freshdesk.com", "secret-key"
    settings.METRICS_TOKEN = TOKEN
    Heartbeat.objects.create(name="outbox-sweep", beat_at=timezone.now())


def health() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/health/")
    return answer.status_code, answer.json()


def scrape(**headers: str) -> Any:
    return Client().get("/metrics", headers=headers)


def samples() -> dict[tuple[str, str], int]:
    """Each sample by its name and its label, as a scraper would read them."""
    text = scrape(authorization=f"Bearer {TOKEN}").content.decode()
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            found[match[1], match[3] or ""] = int(match[4])
    return found


def grow_old(**fields: Any) -> None:
    OutboxRow.objects.update(written_at=timezone.now() - timedelta(minutes=6), **fields)


def _database_away(*_: Any) -> Any:
    raise OperationalError("could not connect")


def test_a_desk_with_nothing_behind_is_well(swept: None) -> None:
    status, told = health()
    assert (status, told["status"], told["worker"]) == (200, "ok", "ok")
    assert told["deliveries"]["freshdesk"] == {
        "is_behind": False, "is_configured": True, "waiting": 0, "parked": 0, "oldest_seconds": 0,
    }  # fmt: skip


def test_what_is_behind_is_told_for_each_destination(swept: None, incident: Incident) -> None:
    grow_old(last_error="Freshdesk does not answer")
    status, told = health()
    assert (status, told["status"]) == (200, "behind")
    freshdesk = told["deliveries"]["freshdesk"]
    assert (freshdesk["is_behind"], freshdesk["waiting"], freshdesk["parked"]) == (True, 3, 0)
    assert 360 <= freshdesk["oldest_seconds"] < 370
    assert not told["deliveries"]["status"]["is_behind"]


def test_a_parked_row_is_behind_however_young(swept: None, incident: Incident) -> None:
    OutboxRow.objects.filter(event="ticket").update(parked_at=timezone.now())
    assert health()[1]["status"] == "behind"


def test_a_receiver_that_is_not_configured_is_no_fault(
    swept: None, incident: Incident, settings: Settings
) -> None:
    settings.FRESHDESK_URL = ""
    grow_old()
    told = health()[1]
    assert told["status"] == "ok"
    assert (told["deliveries"]["freshdesk"]["is_configured"], told["deliveries"]["freshdesk"]["waiting"]) == (
        False,
        3,
    )


def test_a_worker_that_stopped_is_down(swept: None) -> None:
    Heartbeat.objects.update(beat_at=timezone.now() - timedelta(seconds=61))
    assert health()[0] == 503
    assert health()[1]["worker"] == "silent"


def test_without_a_database_it_is_down(swept: None) -> None:
    with connection.execute_wrapper(_database_away):
        assert health() == (503, {"status": "down", "database": "away"})
        assert scrape(authorization=f"Bearer {TOKEN}").status_code == 503


def test_health_holds_no_secret_no_reference_and_no_words(swept: None, incident: Incident) -> None:
    grow_old(last_error="Refused: body", parked_at=timezone.now())
    told = Client().get("/health/").content.decode()
    for secret in ("secret-key", "freshdesk.com", incident.reference, incident.customer.name, "Refused"):
        assert secret not in told


def test_health_costs_two_queries_and_the_calendar_s_however_much_waits(
    swept: None, engineer: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        make_incident(by=engineer)
    with django_assert_num_queries(3):
        Client().get("/health/")


def test_the_metrics_tell_rows_age_and_parked_of_each_destination(swept: None, incident: Incident) -> None:
    grow_old()
    OutboxRow.objects.filter(event="ticket").update(parked_at=timezone.now())
    told = samples()
    assert told["ooh_outbox_waiting", "freshdesk"] == 3
    assert told["ooh_outbox_parked", "freshdesk"] == 1
    assert 360 <= told["ooh_outbox_oldest_seconds", "freshdesk"] < 370
    assert told["ooh_outbox_configured", "freshdesk"] == 1
    assert told["ooh_outbox_waiting", "status"] == 0
    assert told["ooh_outbox_sweep_age_seconds", ""] < 10


def test_the_metrics_tell_what_an_account_still_answers(swept: None) -> None:
    soon = timezone.now() + timedelta(seconds=30)
    RateBudget.objects.create(name="freshdesk", total=400, remaining=250, resets_at=soon)
    RateBudget.objects.create(name="freshdesk list", total=50, remaining=50, resets_at=soon)
    told = samples()
    assert told["ooh_requests_remaining", "freshdesk"] == 250
    assert ("ooh_requests_remaining", "freshdesk list") not in told


def test_each_metric_says_what_it_is(swept: None) -> None:
    answer = scrape(authorization=f"Bearer {TOKEN}")
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.content.decode().splitlines()
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert names == {line.split()[2] for line in lines if line.startswith("# HELP")}
    assert {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")} <= names


@pytest.mark.parametrize("given", ["", TOKEN, f"Token {TOKEN}", "Bearer ", f"Bearer {TOKEN}x", "Bearer é"])
def test_without_the_token_the_metrics_tell_nothing(given: str, swept: None) -> None:
    answer = scrape(authorization=given)
    assert (answer.status_code, answer.content) == (401, b"Not for you\n")
    assert answer["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("given", ["Bearer ", "Bearer"])
def test_an_empty_token_opens_nothing(given: str, swept: None, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    assert scrape(authorization=given).status_code == 401


def test_who_sees_deliveries_sees_the_metrics_and_nobody_else(
    swept: None, browse: Callable[[User | None], Client], engineer: User, specialist: User
) -> None:
    assert browse(engineer).get("/metrics").status_code == 200
    assert browse(specialist).get("/metrics").status_code == 401
    assert browse(engineer).post("/metrics").status_code == 405
