"""A worker that is killed at one line, on the desk that OOH_VAR_DIR names, and those who come after it.

Reads one act a line as JSON, `["kill", {"point": 7, …}]`, and answers with a line of JSON. Each worker is a
process of its own, forked from this one, that ends itself with SIGKILL before the line is executed.
"""

import json
import os
import shutil
import signal
import sys
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
django.setup()

import httpcore2  # noqa: E402
import time_machine  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import backends, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.errors import Conflict  # noqa: E402
from accounts.models import User  # noqa: E402
from incidents import services as incidents  # noqa: E402
from incidents.status.services import resolve_with_update  # noqa: E402
from ooh.celery import app  # noqa: E402
from sops import services, tasks  # noqa: E402
from sops.actions.azure import credentials  # noqa: E402
from sops.models import Run, StepRun  # noqa: E402
from tests.factories import SUNDAY_NIGHT  # noqa: E402
from tests.sops.azure import acting  # noqa: E402

OURS = (f"{settings.BASE_DIR}/sops/",)
# What ours calls to write a row and to send a request.
BENEATH = (*(f"{Path(each.__file__).parent}/" for each in (backends, httpcore2)), str(transaction.__file__))
DATABASE = settings.VAR_DIR / "desk.sqlite3"
DELIVERY = "delivery-1"
GOING_ON = ("pending", "claimed", "underway")
clock = time_machine.travel(SUNDAY_NIGHT).start()


class Killer:
    """Ends this process before the `point`-th line of these files is executed; with 0 it counts them."""

    def __init__(self, point: int, told: int, files: tuple[str, ...]) -> None:
        self.point, self.told, self.files, self.lines = point, told, files, 0

    def call(self, frame: FrameType, event: str, _: Any) -> Any:
        return self.line if frame.f_code.co_filename.startswith(self.files) else None

    def line(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines == self.point:
                self.tell(f"{frame.f_code.co_filename}:{frame.f_lineno}")
                os.kill(os.getpid(), signal.SIGKILL)
        return self.line

    def tell(self, words: str) -> None:
        os.write(self.told, words.encode())


# ---------- The workers ----------


def advance() -> None:
    tasks.advance.apply(args=(newest().pk,), task_id=DELIVERY)


def ask_after() -> None:
    tasks.ask_after.apply(args=(newest_step().pk,))


WORK = {"confirmed": advance, "underway": ask_after}


def fork(found: str, point: int, *, is_beneath: bool) -> tuple[int, str]:
    """A worker with the desk as it was kept: how it ended, and where or after how many lines."""
    restore(found)
    credentials.forget()
    heard, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        clock.shift(timedelta(minutes=1))  # what was kept is due
        killer = Killer(point, told, BENEATH if is_beneath else OURS)
        sys.settrace(killer.call)
        WORK[found]()
        sys.settrace(None)
        killer.tell(str(killer.lines))
        os._exit(0)
    os.close(told)
    with os.fdopen(heard) as pipe:
        words = pipe.read()
    return os.WTERMSIG(os.waitpid(pid, 0)[1]), words


def keep(name: str) -> None:
    connections.close_all()
    shutil.copy(DATABASE, DATABASE.with_suffix(f".{name}"))


def restore(name: str) -> None:
    connections.close_all()
    clock.move_to(at)
    for file in DATABASE.parent.glob("desk.sqlite3-*"):
        file.unlink()
    shutil.copy(DATABASE.with_suffix(f".{name}"), DATABASE)


# ---------- Acts ----------


def prepare() -> None:
    """Keep the desk as it is before a confirmed restart is taken, and while Azure goes on with it."""
    global at
    people = {name: User.objects.get(email=f"{name}@vendor.example") for name in ("author", "approver")}
    acting.confirm(acting.waiting(engineer(), acting.make_hospital(), **people), engineer())
    at = timezone.now()
    keep("confirmed")
    advance()
    assert newest_step().state == "underway"
    keep("underway")
    app.conf.task_always_eager = app.conf.task_eager_propagates = True  # what is queued is done at once


def count(found: str, is_beneath: bool = False) -> int:
    """How many lines a worker executes that lives."""
    ended, words = fork(found, 0, is_beneath=is_beneath)
    assert ended == 0
    return int(words)


def kill(found: str, point: int, is_beneath: bool = False) -> dict[str, Any]:
    ended, where = fork(found, point, is_beneath=is_beneath)
    return {"signal": ended, "where": where, "state": newest_step().state}


def recover(is_redelivered: bool) -> str:
    """The message comes again, or not; time passes, and the sweep comes round until nothing changes."""
    if is_redelivered:
        advance()
    for _ in range(5):
        clock.shift(timedelta(minutes=2))
        tasks.recover.apply()
        if (state := newest_step().state) not in GOING_ON:
            break
    return state


def finish(happened: bool, ending: str) -> list[str]:
    """A person brings the run to its end, and deals with the incident."""
    run, by = newest(), engineer()
    if newest_step().state == "unknown":
        look_and_say(run, happened, ending)
    if newest_step().state == "failed":
        services.go_on(run.pk, 1, by=by)
    if ending == "escalated":
        services.stop(run.pk, reason="The caller still cannot sign in", by=by)
        incidents.escalate(run.incident_id, team="Platform on call", reason="The restart did not help", by=by)
    else:
        services.answer(run.pk, 2, evidence="They can sign in", by=by)
        services.close(run.pk, outcome="restored", by=by)
        words = "Users can sign in to Compucare 8 again."
        resolve_with_update(
            run.incident_id, resolution="Restarted", restored_at=timezone.now(), words=words, by=by
        )
    return [newest().state, newest().incident.state]


def look_and_say(run: Run, happened: bool, ending: str) -> None:
    """What is not known is never tried again before somebody has looked and said that it did not happen."""
    by = engineer()
    try:
        services.try_again(run.pk, 1, by=by)
    except Conflict:
        pass
    else:
        raise AssertionError("it could be tried again")
    services.look(run.pk, 1, by=by)
    assert newest_step().look_words.startswith("Read what was done to it: ")
    services.settle_unknown(run.pk, 1, happened=happened, evidence="The activity log", by=by)
    if not happened and ending == "restarted":
        services.try_again(run.pk, 1, by=by)
        acting.confirm(newest(), by)
        assert recover(is_redelivered=False) == "done"


def engineer() -> User:
    return User.objects.get(email="engineer.1@partner.example")


def newest() -> Run:
    return Run.objects.latest("pk")


def newest_step() -> StepRun:
    return newest().step_runs.get(position=1)


ACTS = {act.__name__: act for act in (prepare, count, kill, recover, finish)}
at: datetime = SUNDAY_NIGHT

if __name__ == "__main__":
    for line in sys.stdin:
        name, given = json.loads(line)
        print(json.dumps(ACTS[name](**given)), flush=True)
