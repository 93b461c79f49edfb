"""A real Celery worker, killed between acting and recording: the restart is never sent a second time."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.plugins.desk import environment, seeded_database
from tests.processes import wait_for

pytestmark = pytest.mark.workers
WORKER = (
    "celery", "--app", "ooh", "--skip-checks", "--quiet", "worker", "--pool", "solo", "--loglevel", "error",
    "--without-gossip", "--without-mingle", "--without-heartbeat",
)  # fmt: skip


class Night:
    """A desk of its own: its folder, its workers, and what lies in its database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = environment(folder, TMPDIR=str(folder))
        self.workers: list[subprocess.Popen[bytes]] = []
        self.people = subprocess.Popen(
            [sys.executable, "-m", "tests.sops.programs.night"], env=self.environment, cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def do(self, act: str) -> None:
        assert self.people.stdin is not None
        assert self.people.stdout is not None
        self.people.stdin.write(f"{act}\n")
        self.people.stdin.flush()
        assert self.people.stdout.readline() == "done\n", act

    def end(self) -> None:
        self.people.communicate(timeout=10)
        for worker in self.workers:
            worker.kill()
            worker.wait(10)

    def start_worker(self) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", *WORKER]
        worker = subprocess.Popen(program, env=self.environment, cwd=settings.BASE_DIR)
        self.workers.append(worker)
        return worker

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.folder / "desk.sqlite3", timeout=10)) as database:
            return database.execute(query).fetchall()

    @property
    def restarts(self) -> int:
        found = self.rows(
            "SELECT s.value FROM sops_simulatedstate s JOIN accounts_component c ON c.id = s.component_id "
            "WHERE c.name = 'app-cc8-harbour-prod' AND s.key = 'restarts'"
        )
        return int(json.loads(str(found[0][0]))) if found else 0

    @property
    def states(self) -> list[object]:
        newest = "SELECT max(id) FROM sops_run"
        return [row[0] for row in self.rows(
            f"SELECT state FROM sops_steprun WHERE run_id = ({newest}) ORDER BY position"
        )]  # fmt: skip

    def messages(self) -> int:
        return len(list((self.folder / "queue").iterdir()))


@pytest.fixture
def one_night(tmp_path: Path) -> Iterator[Night]:
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    shutil.copy(seeded_database(), folder)
    night = Night(folder)
    yield night
    night.end()


def test_a_worker_killed_in_a_restart_leaves_unknown_and_never_a_second_restart(one_night: Night) -> None:
    first = one_night.start_worker()
    one_night.do("confirm")
    assert wait_for(lambda: one_night.restarts == 1, 30)
    assert one_night.states == ["claimed", "pending"]
    first.send_signal(signal.SIGKILL)
    first.wait(10)

    one_night.do("redeliver")
    second = one_night.start_worker()
    assert wait_for(lambda: one_night.messages() == 0, 30)
    assert one_night.states == ["claimed", "pending"]

    one_night.do("time_passes")
    assert wait_for(lambda: one_night.states[0] == "unknown", 30)
    one_night.do("redeliver")
    assert wait_for(lambda: one_night.messages() == 0, 30)
    one_night.do("settle")
    assert second.poll() is None
    assert one_night.states == ["done", "waiting"]
    assert one_night.restarts == 1
