"""A worker killed with SIGKILL at every line from claim to record: never a second restart, nor a dead end.

Real processes, a database file, and an Azure of our own over a real socket. The lines are counted in a worker
that lives; the points are spread over all of them, the first and the last included.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.plugins.desk import environment, seeded_database
from tests.sops.azure.estate import stand
from tests.standins.azure import VM, Azure, standing

pytestmark = pytest.mark.workers
POINTS, POINTS_BENEATH, POINTS_OF_A_QUESTION = 50, 12, 8
RESTART = [("POST", f"{VM}/restart")]
KEPT = "00000000-0000-0000-0000-000000000001"  # the operation of the desk that is kept while one goes on


class Desk:
    """A desk whose workers die, and the Azure that they speak to."""

    def __init__(self, folder: Path, azure: Azure) -> None:
        self.azure = azure
        self.program = subprocess.Popen(
            [sys.executable, "-m", "tests.sops.programs.killed"], cwd=settings.BASE_DIR,
            env=environment(folder, TMPDIR=str(folder), **azure.environment),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def do(self, act: str, **given: Any) -> Any:
        assert self.program.stdin is not None
        assert self.program.stdout is not None
        self.program.stdin.write(json.dumps([act, given]) + "\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def kill(
        self, found: str, number: int, of: int, *, left: int = 0, is_beneath: bool = False
    ) -> dict[str, Any]:
        """Kill a worker at the point of this number, where `of` points are spread over all lines.

        `left` is how often Azure still says that the kept operation goes on.
        """
        lines = self.count(found, left, is_beneath)
        point = 1 + round(number * (lines - 1) / (of - 1))
        self.stand(left)
        died: dict[str, Any] = self.do("kill", found=found, point=point, is_beneath=is_beneath)
        assert died["signal"] == signal.SIGKILL, died
        return died

    @cache  # noqa: B019 - one desk a module
    def count(self, found: str, left: int, is_beneath: bool) -> int:
        """How many lines a worker executes that lives."""
        self.stand(left)
        return int(self.do("count", found=found, is_beneath=is_beneath))

    def stand(self, left: int) -> None:
        self.azure.accepted.clear()
        self.azure.operations[KEPT].left = left

    def end(self) -> None:
        self.program.communicate(timeout=10)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("killed") / "var"
    folder.mkdir(mode=0o700)
    shutil.copy(seeded_database(), folder)
    with stand(standing(Azure())) as azure:
        desk = Desk(folder, azure)
        desk.do("prepare")
        yield desk
        desk.end()


@pytest.mark.parametrize("number", range(POINTS))
def test_a_worker_killed_at_any_line_restarts_at_most_once_and_a_person_can_finish(
    number: int, desk: Desk
) -> None:
    died = desk.kill("confirmed", number, POINTS)
    was_sent = desk.azure.accepted == RESTART
    state = after(desk, died, is_redelivered=number % 2 == 0)
    assert desk.azure.accepted == (RESTART if was_sent or state == "done" else []), died
    ending = ("resolved", "escalated", "restarted")[number % 3]
    ends = desk.do("finish", happened=was_sent, ending=ending)
    assert ends == (["stopped", "escalated"] if ending == "escalated" else ["finished", "resolved"])
    assert desk.azure.accepted in ([], RESTART), died


@pytest.mark.parametrize("number", range(POINTS_BENEATH))
def test_so_it_does_when_killed_in_the_middle_of_a_commit_or_of_sending(number: int, desk: Desk) -> None:
    died = desk.kill("confirmed", number, POINTS_BENEATH + 1, is_beneath=True)
    after(desk, died, is_redelivered=number % 2 == 0)
    ending = ("resolved", "escalated")[number % 2]
    ends = desk.do("finish", happened=True, ending=ending)
    assert ends == (["stopped", "escalated"] if ending == "escalated" else ["finished", "resolved"])
    assert desk.azure.accepted in ([], RESTART), died


def after(desk: Desk, died: dict[str, Any], *, is_redelivered: bool) -> str:
    """What the others make of it: what was claimed is not known, and the rest is done."""
    assert died["state"] in ("pending", "claimed", "underway"), died
    state: str = desk.do("recover", is_redelivered=is_redelivered)
    assert state == ("unknown" if died["state"] == "claimed" else "done"), died
    return state


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize("number", range(POINTS_OF_A_QUESTION))
def test_a_worker_killed_while_it_asks_leaves_the_operation_to_the_next(
    number: int, left: int, desk: Desk
) -> None:
    died = desk.kill("underway", number, POINTS_OF_A_QUESTION, left=left)
    assert died["state"] in ("underway", "done"), died
    assert desk.do("recover", is_redelivered=True) == "done"
    assert desk.do("finish", happened=True, ending="resolved") == ["finished", "resolved"]
    assert desk.azure.accepted == [], died
