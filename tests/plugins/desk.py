"""A whole desk for a test: `manage.py run` with web, worker and scheduler, in a folder of its own."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from tests.plugins.environment import made_once
from tests.processes import marked

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


@dataclass(frozen=True)
class Desk:
    """A desk that answers at `url`."""

    url: str
    var_dir: Path
    process: "subprocess.Popen[str]"
    said: str

    @property
    def processes(self) -> set[int]:
        """All that belongs to it, whoever the parent is."""
        return marked(f"OOH_VAR_DIR={self.var_dir}\0")

    def read_until(self, words: str) -> str:
        return read_until(self.process, words)


def environment(var_dir: Path, **extra: str) -> dict[str, str]:
    """That of this test, for a desk on SQLite in `var_dir`."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return kept | {"OOH_VAR_DIR": str(var_dir)} | extra


def start_run(var_dir: Path, *arguments: str, **extra: str) -> "subprocess.Popen[str]":
    """`manage.py run` in `var_dir`, just started."""
    return subprocess.Popen(
        [*MANAGE, "run", *arguments],
        env=environment(var_dir, **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def manage(folder: Path, *arguments: str, **extra: str) -> None:
    subprocess.run([*MANAGE, *arguments, "--verbosity=0"], env=environment(folder, **extra), check=True)


def migrated_database() -> Path:
    """An SQLite database with every table and no row but those of the migrations, to be copied."""
    return made_once("migrated", lambda folder: manage(folder, "migrate")) / "desk.sqlite3"


def seeded_database() -> Path:
    """The same with the demo in it: each desk takes a copy."""

    def make(folder: Path) -> None:
        shutil.copy(migrated_database(), folder)
        manage(folder, "seed_demo")

    return made_once("seeded", make) / "desk.sqlite3"


def seeded_copy(var_dir: Path) -> Path:
    """A folder for a desk, with the demo in it."""
    var_dir.mkdir(mode=0o700, exist_ok=True)
    if not (var_dir / "desk.sqlite3").exists():
        shutil.copy(seeded_database(), var_dir)
    return var_dir


def read_until(process: "subprocess.Popen[str]", words: str) -> str:
    """What the process says up to the line with these words."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return "".join(lines)
    raise AssertionError(f"{words!r} not said in: {''.join(lines)}")


@contextlib.contextmanager
def run_desk(var_dir: Path, *arguments: str, **extra: str) -> Iterator[Desk]:
    """A desk with the demo at a free port, once it answers; no process of it is left afterwards.

    An empty `var_dir` begins with the seeded database, another one as it was left.
    """
    process = start_run(seeded_copy(var_dir), "--port", "0", *arguments, **extra)
    try:
        said = read_until(process, "READY ")
        yield Desk(said.rpartition("READY ")[2].strip(), var_dir, process, said)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=20)
        for pid in marked(f"OOH_VAR_DIR={var_dir}\0"):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk with the demo, shared by the tests of one module."""
    with run_desk(tmp_path_factory.mktemp("desk") / "var") as desk:
        yield desk
