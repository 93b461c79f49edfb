"""The supervisor, with small programs instead of the desk's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ooh import supervisor
from tests.plugins.desk import read_until
from tests.processes import marked, wait_for

pytestmark = pytest.mark.workers

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def mark(tmp_path: Path) -> str:
    return f"OOH_TEST_MARK={tmp_path}"


@pytest.fixture
def start(mark: str) -> Iterator[Start]:
    """Start a supervisor of these programs, and leave nothing behind whatever the test did."""

    started: list[subprocess.Popen[str]] = []

    def start(*programs: str, **extra: str) -> "subprocess.Popen[str]":
        name, _, value = mark.partition("=")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.ooh.programs.supervised", *programs],
            cwd=supervisor.FOLDER,
            env=os.environ | {name: value} | extra,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for pid in marked(mark):
        os.kill(pid, signal.SIGKILL)
    for process in started:
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_program_that_ends_is_started_again_and_said_so(start):
    process = start("tests.ooh.programs.brief")
    said = read_until(process, "brief ended")
    assert "brief  | cannot" in said
    assert "run    | brief ended (exit code 1); starting it again in 0.25 s" in said
    read_until(process, "brief  | cannot")


def test_a_program_that_never_comes_up_ends_the_supervisor(start, mark):
    process = start("tests.ooh.programs.brief", NEVER_READY="yes")
    assert process.wait(timeout=30) == 1
    assert not marked(mark)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_stops_every_program(start, mark, number):
    process = start("http.server 0", "http.server 0")
    assert wait_for(lambda: len(marked(mark)) == 3, 10)
    read_until(process, "READY")
    process.send_signal(number)
    assert process.wait(timeout=15) == 0
    assert not marked(mark)


def test_deaf_programs_and_their_children_are_killed_at_a_second_signal(start, mark):
    process = start("tests.ooh.programs.stubborn")
    read_until(process, "deaf")
    process.send_signal(signal.SIGINT)
    read_until(process, "once more to stop at once")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == 0
    assert not marked(mark)


def test_deaf_programs_are_killed_after_the_grace(start, mark):
    process = start("tests.ooh.programs.stubborn")
    read_until(process, "deaf")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=5) == 0
    assert not marked(mark)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's tether is Linux's")
def test_programs_die_with_a_supervisor_that_is_killed(start, mark):
    process = start("http.server 0")
    assert wait_for(lambda: len(marked(mark)) == 2, 10)
    read_until(process, "READY")
    process.kill()
    process.wait()
    assert wait_for(lambda: not marked(mark), 5)


def test_the_supervisor_outlives_whoever_read_its_output(start, mark):
    process = start("http.server 0", "tests.ooh.programs.brief")
    read_until(process, "READY")
    assert process.stdout is not None
    process.stdout.close()
    assert not wait_for(lambda: process.poll() is not None, 1.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
