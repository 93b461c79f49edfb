"""With its broker away an event is committed all the same, at once, and delivered by a later sweep."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from incidents.models import Incident, OutboxRow
from incidents.outbox import writing
from incidents.outbox.tasks import sweep
from incidents.outbox.writing import hurry

HURRY = """
import django, time
django.setup()
from incidents.outbox.writing import hurry
began = time.monotonic()
print([hurry(1), hurry(2)], time.monotonic() - began)
"""


@pytest.fixture
def folder_gone() -> Iterator[None]:
    """The embedded broker's folder is missing."""
    queue = Path(settings.VAR_DIR) / "queue"
    away = queue.with_name("queue-away")
    queue.rename(away)
    yield
    away.rename(queue)
    writing._broker_is_away_until = 0.0


@pytest.mark.django_db
def test_without_its_folder_the_broker_is_away_and_nothing_breaks(
    folder_gone: None, incident: Incident
) -> None:
    assert hurry(1) is False
    assert OutboxRow.objects.waiting().exists()


@pytest.mark.django_db
def test_a_sweep_without_a_broker_marks_nothing_as_sent(folder_gone: None, incident: Incident) -> None:
    writing.announce("status", "publish", key="one", incident=incident)
    sweep()
    assert not OutboxRow.objects.filter(dispatched_at__isnull=False).exists()


def hurry_with(redis_url: str, tmp_path: Path) -> tuple[str, float]:
    """What hurrying twice says and how long both took, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {
        "REDIS_URL": redis_url,
        "OOH_VAR_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "ooh.settings",
    }
    said = subprocess.run(
        [sys.executable, "-c", HURRY], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True,
        timeout=60, check=True,
    ).stdout  # fmt: skip
    answers, _, seconds = said.strip().rpartition(" ")
    return answers, float(seconds)


def test_a_redis_that_refuses_costs_a_moment(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        answers, seconds = hurry_with(f"redis://127.0.0.1:{taken.getsockname()[1]}/0", tmp_path)
    assert answers == "[False, False]"
    assert seconds < 4


def test_a_redis_that_accepts_and_never_answers_is_waited_for_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=16) as silent:
        answers, seconds = hurry_with(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", tmp_path)
    assert answers == "[False, False]"
    assert seconds < 12
