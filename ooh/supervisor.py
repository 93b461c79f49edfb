"""Keep a few programs running as one: start them, prefix what they say, revive them, and stop them whole."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

TICK = 0.2  # seconds between two looks at the programs
LONGEST_PAUSE = 30.0  # seconds before a program that keeps ending is started again, at most
STEADY = 60.0  # seconds after which earlier endings are forgotten
FALSE_STARTS = 4  # endings before the first readiness that prove that it will not come up
GRACE = 10.0  # seconds from the request to stop until the programs are killed
FOLDER = Path(__file__).resolve().parent.parent  # where `-m ooh.tether` is found


@dataclass(frozen=True)
class Program:
    """A Python module to run with its arguments, and the open sockets that it inherits."""

    name: str
    arguments: Sequence[str]
    descriptors: Sequence[int] = ()


@dataclass
class Child:
    """A program and the process that runs it now, if one does."""

    program: Program
    environment: Mapping[str, str]
    endings: int = 0
    started_at: float = 0.0
    starts_at: float = 0.0
    process: subprocess.Popen[str] | None = None
    reader: threading.Thread | None = None


@dataclass
class Request:
    """How often somebody asked to stop: once is a wish, twice is impatience."""

    times: int = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.times += 1


def supervise(
    programs: Sequence[Program],
    environment: Mapping[str, str],
    *,
    is_ready: Callable[[], bool],
    announce: Callable[[], None],
) -> bool:
    """Run the programs until SIGINT, SIGTERM or SIGHUP, then stop them and everything that they started.

    Calls `announce` once, when `is_ready` first says so. Returns False when a program cannot start.
    Call it from the main thread: the tether of a child holds to the thread that started it.
    """
    children = [Child(program, environment) for program in programs]
    announced = False
    with _stop_requests() as request:
        try:
            while not request.times:
                for child in children:
                    _keep_running(child)
                if not announced and is_ready():
                    announce()
                    announced = True
                if not announced and any(child.endings >= FALSE_STARTS for child in children):
                    return False
                time.sleep(TICK)
        finally:
            _stop(children, request)
    return True


@contextlib.contextmanager
def _stop_requests() -> Iterator[Request]:
    request = Request()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, request) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _keep_running(child: Child) -> None:
    """Start the child if it does not run and its pause is over; note it if it has just ended."""
    now = time.monotonic()
    if child.process is None:
        if now >= child.starts_at:
            _start(child)
        return
    code = child.process.poll()
    if code is None:
        return
    _bury(child)
    child.endings = 1 if now - child.started_at > STEADY else child.endings + 1
    pause = min(LONGEST_PAUSE, 2.0 ** (child.endings - 1))
    child.process, child.starts_at = None, now + pause
    say("run", f"{child.program.name} ended ({_reason(code)}); starting it again in {pause:g} s")


def _reason(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _start(child: Child) -> None:
    """Start the child in a process group of its own, so that Ctrl-C reaches it through us alone."""
    program = child.program
    child.process = subprocess.Popen(  # noqa: S603 - our own modules
        [sys.executable, "-m", "ooh.tether", str(os.getpid()), *program.arguments],
        cwd=FOLDER,
        env=dict(child.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=program.descriptors,
        process_group=0,
    )
    child.started_at = time.monotonic()
    child.reader = threading.Thread(target=_relay, args=(program.name, child.process.stdout), daemon=True)
    child.reader.start()


def _relay(name: str, lines: IO[str]) -> None:
    with lines:
        for line in lines:
            say(name, line.rstrip("\n"))


def say(name: str, line: str) -> None:
    """Print one prefixed line. Whoever read our output may have gone; the programs go on."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{name:<6} | {line}\n")
        sys.stdout.flush()


def _stop(children: Sequence[Child], request: Request) -> None:
    """TERM to every child, KILL to every process group after the grace or at a second request."""
    asked = request.times
    if asked:
        say("run", "stopping; once more to stop at once")
    for child in children:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while _any_runs(children) and time.monotonic() < deadline and request.times <= max(asked, 1):
        time.sleep(TICK / 4)
    for child in children:
        _bury(child)


def _any_runs(children: Sequence[Child]) -> bool:
    return any(child.process is not None and child.process.poll() is None for child in children)


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process is not None and child.process.poll() is None:
        child.process.send_signal(number)


def _bury(child: Child) -> None:
    """Kill what is left of the child's group, which may outlive its first process; hear its last words."""
    if child.process is None or child.reader is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
    child.reader.join(timeout=1)
