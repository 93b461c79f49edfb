"""A night on which everything breaks, with real workers and a real Redis: one ticket, and each note once."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.plugins.desk import environment, migrated_database

pytestmark = [
    pytest.mark.workers,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server"),
]
STORM = [sys.executable, "-m", "tests.incidents.freshdesk.programs.storm"]


def test_killed_workers_a_lost_redis_and_a_lying_freshdesk_leave_one_ticket_and_each_note_once(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    shutil.copy(migrated_database(), folder)
    given = ["--incidents=6", "--events=4", "--kills=2", "--restarts=1", "--workers=1", "--seconds=80"]
    said = subprocess.run(
        [*STORM, str(folder), *given, "--hurried"], env=environment(folder), cwd=settings.BASE_DIR,
        timeout=110, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    figures = json.loads(said)
    assert figures["wrong"] == []
    assert (figures["killed"], figures["restarted"], figures["in_time"]) == (2, 1, True)
    assert (figures["incidents"], figures["tickets"], figures["tickets_known"]) == (6, 6, 6)
    assert figures["notes"] == figures["notes_known"]
    assert (figures["parked"], figures["limit_passed"], figures["notes_taken_for_news"]) == (0, 0, 0)
    assert figures["unsure"] > 0
