"""A night on which everything breaks: real workers that are killed, a real Redis that is restarted, and a
Freshdesk of ours that answers wrongly. Prints as JSON what there is in the end, and how long it took.

It is a program because the desk under test has a database, a Redis and workers of its own. The environment is
set before Django is: `run` comes last.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.standins.freshdesk import Freshdesk
from tests.standins.http import Fault

ROOT = Path(__file__).resolve().parents[4]
WORKER = (
    "celery", "--app", "ooh", "--skip-checks", "--quiet", "worker", "--pool", "threads",
    "--loglevel", "critical", "--without-gossip", "--without-mingle", "--without-heartbeat",
)  # fmt: skip
BEAT = ("celery", "--app", "ooh", "--skip-checks", "--quiet", "beat", "--loglevel", "critical")
# A program that dies with us, whatever it is.
TETHERED = "import os, sys, ooh.tether as t; t.tether(int(sys.argv[1])); os.execvp(sys.argv[2], sys.argv[2:])"
NOTES = r"/api/v2/tickets/\d+/notes"


@dataclass(frozen=True)
class Plan:
    """How bad the night is. `hurried` lets time pass by hand, as a test must."""

    incidents: int = 200
    events: int = 10
    kills: int = 30
    restarts: int = 3
    workers: int = 2
    fault_rate: float = 0.2
    per_minute: int = 3000
    seconds: int = 1800
    hurried: bool = False


@dataclass
class Programs:
    """The Redis, the workers and the scheduler, in a folder of their own."""

    folder: Path
    environment: dict[str, str]
    redis_port: int
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start_redis(self) -> None:
        given = (
            f"--bind 127.0.0.1 --port {self.redis_port} --appendonly no --dir {self.folder} --save".split()
        )
        self._start("redis", "-c", TETHERED, str(os.getpid()), "redis-server", *given, "")
        wait_for(lambda: _answers(self.redis_port), 10)

    def start_worker(self, name: str, threads: int) -> None:
        self.start(name, *WORKER, "--concurrency", str(threads), "--hostname", f"{name}@storm")

    def start(self, name: str, *arguments: str) -> None:
        self._start(name, "-m", "ooh.tether", str(os.getpid()), *arguments)

    def _start(self, name: str, *arguments: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [sys.executable, *arguments]
        self.running[name] = subprocess.Popen(command, env=self.environment, cwd=ROOT, **quiet)  # type: ignore

    def kill(self, name: str) -> None:
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def end(self) -> None:
        for name in list(self.running):
            self.kill(name)


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Storm:
    """The desk under the plan. Django is set up by now, and the database has its tables."""

    def __init__(self, plan: Plan, programs: Programs, freshdesk: Freshdesk) -> None:
        self.plan, self.programs, self.freshdesk = plan, programs, freshdesk
        self.chance = Random(7)  # noqa: S311  (the same each time)
        self.killed = self.restarted = 0

    def run(self) -> dict[str, Any]:
        began = time.monotonic()
        names = [f"worker-{number}" for number in range(self.plan.workers)]
        for name in names:
            self.programs.start_worker(name, 8)
        if not self.plan.hurried:
            self.programs.start("beat", *BEAT, "--schedule", str(self.programs.folder / "beat"))
        telling = threading.Thread(target=self._tell_all)
        telling.start()
        self._break(names)
        telling.join()
        is_over = self._wait_until_all_is_said(began + self.plan.seconds)
        return figures(self.freshdesk) | {
            "seconds": round(time.monotonic() - began), "in_time": is_over,
            "killed": self.killed, "restarted": self.restarted,
        }  # fmt: skip

    # ---------- What happens here ----------

    def _tell_all(self) -> None:
        """Each incident with ten events of its own, through the services, a few at once as on a bad night."""
        from django.db import connection

        from accounts.roles import Role
        from tests import factories

        engineer, customer = factories.make_user(Role.OOH_ENGINEER), factories.make_customer()
        open_now: list[list[Callable[[], object]]] = []
        for _ in range(self.plan.incidents):
            incident = factories.make_incident(by=engineer, customer=customer)
            acts = events(incident.pk, engineer)
            open_now.append([*acts[: self.plan.events - 1], acts[-1]])
            if len(open_now) == 20:
                self._tell(open_now)
        self._tell(open_now)
        connection.close()

    def _tell(self, open_now: list[list[Callable[[], object]]]) -> None:
        while any(open_now):
            for acts in open_now:
                if acts:
                    acts.pop(0)()
        open_now.clear()

    # ---------- What breaks ----------

    def _break(self, names: list[str]) -> None:
        """Worker after worker, always with something in its hands, and Redis in between with all it held."""
        every = max(self.plan.kills // (self.plan.restarts + 1), 1)
        while self.killed < self.plan.kills:
            if self.plan.hurried:
                self._wait_for_a_note_in_its_hands()
            else:
                time.sleep(self.chance.uniform(3, 9))
            name = self.chance.choice(names)
            self.programs.kill(name)
            self.killed += 1
            if self.plan.hurried:
                self._let_time_pass(is_dead=True)
            self.programs.start_worker(name, 8)
            if self.killed % every == 0 and self.restarted < self.plan.restarts:
                self.programs.kill("redis")
                self.programs.start_redis()
                self.restarted += 1

    def _wait_for_a_note_in_its_hands(self) -> None:
        """A note arrives and its answer is slow: the worker is killed before it hears of it."""
        self.freshdesk.fail(Fault.SLOW, "POST", NOTES)
        slow = self.freshdesk.planned[-1]

        def has_come() -> bool:
            self._let_time_pass()
            self._sweep()
            wait_for(lambda: slow.times == 0, 0.3)
            return slow.times == 0

        if not wait_for(has_come, 30):
            raise SystemExit("No note came within 30 seconds")

    # ---------- How it ends ----------

    def _wait_until_all_is_said(self, deadline: float) -> bool:
        def is_said() -> bool:
            if self.plan.hurried:
                self._let_time_pass()
                self._sweep()
            time.sleep(0.3)
            return not self._waiting().exists()

        return wait_for(is_said, deadline - time.monotonic())

    def _waiting(self) -> Any:
        from incidents.models import OutboxRow

        return OutboxRow.objects.waiting().filter(destination="freshdesk", parked_at=None)

    def _sweep(self) -> None:
        from incidents.outbox.tasks import sweep

        sweep()

    def _let_time_pass(self, *, is_dead: bool = False) -> None:
        """Back-offs are over; with `is_dead`, so are the leases, since no worker lives that holds one."""
        from django.db.models import F
        from django.utils import timezone

        from incidents.models import RateBudget

        past = timezone.now() - timedelta(seconds=1)
        self._waiting().filter(due_at__gt=past).update(due_at=past)
        self._waiting().filter(dispatched_at__gt=F("due_at")).update(dispatched_at=None)
        if is_dead:
            self._waiting().filter(locked_until__isnull=False).update(locked_until=past)
        RateBudget.objects.exclude(remaining=-1).filter(remaining=0).update(resets_at=past)


def events(incident_id: int, engineer: Any) -> list[Callable[[], object]]:
    """Ten of one incident, from triage to its end."""
    from django.utils import timezone

    from incidents import services
    from incidents.status.services import post_update, resolve_with_update

    def note(text: str) -> Callable[[], object]:
        return lambda: services.add_note(incident_id, text=text, by=engineer)

    def due() -> Any:
        return timezone.now() + timedelta(minutes=30)

    def update(phase: str, words: str) -> Callable[[], object]:
        return lambda: post_update(
            incident_id, phase=phase, words=words, next_update_due_at=due(), by=engineer
        )  # fmt: skip

    return [
        lambda: services.begin_triage(incident_id, by=engineer),
        note("The application service does not answer"),
        update("investigating", "We are looking into it."),
        note("The <database> answers & the network does"),
        lambda: services.escalate(incident_id, team="Platform", reason="It needs them", by=engineer),
        note("Rang the platform team"),
        lambda: services.resume_triage(incident_id, reason="They answered", by=engineer),
        lambda: services.set_next_action(incident_id, text="Restart, then ask the caller", by=engineer),
        update("identified", "We know what it is."),
        lambda: resolve_with_update(
            incident_id, resolution="A restart", restored_at=timezone.now(), words="It is back.", by=engineer
        ),
    ]  # fmt: skip


def figures(freshdesk: Freshdesk) -> dict[str, Any]:
    """What there is in the end, on both sides."""
    from incidents.freshdesk.budget import share
    from incidents.models import Conversation, Incident, OutboxRow, Ticket

    wrong, ours = [], share(freshdesk.per_minute)
    for incident in Incident.objects.filter(deliveries__event="ticket").order_by("pk"):
        wrong += differences(freshdesk, incident)
    rows = OutboxRow.objects.filter(destination="freshdesk")
    answers = Counter(method for method, _ in freshdesk.calls)
    return {
        "incidents": Incident.objects.filter(deliveries__event="ticket").count(),
        "tickets": len(freshdesk.tickets), "tickets_known": Ticket.objects.count(),
        "notes": sum(len(notes) for notes in freshdesk.notes.values()),
        "notes_known": Conversation.objects.filter(is_ours=True).count(),
        "notes_taken_for_news": Conversation.objects.filter(is_ours=False).count(),
        "wrong": wrong[:20], "parked": rows.filter(parked_at__isnull=False).count(),
        "waiting": rows.waiting().count(), "rows": rows.count(), "requests": dict(answers),
        "unsure": rows.filter(is_unsure=True).count(),
        "attempts": sum(rows.values_list("attempts", flat=True)),
        "limit_passed": freshdesk.refused, "most_in_a_minute": freshdesk.most_used,
        "limit": freshdesk.per_minute, "our_share": ours,
        "taken_from_the_agents": max(freshdesk.most_used - ours, 0),
    }  # fmt: skip


def differences(freshdesk: Freshdesk, incident: Any) -> list[str]:
    """What is not as it should be: one ticket, resolved, and each note once and in the order of its row."""
    found = [number for number, ticket in freshdesk.tickets.items() if f"ooh-{incident}" in ticket["tags"]]
    if len(found) != 1:
        return [f"{incident} has {len(found)} tickets"]
    wanted = [
        f"[ooh-{'summary' if row.event == 'summary' else 'entry'}:{row.payload['entry']}]"
        for row in incident.deliveries.filter(event__in=("note", "summary")).order_by("pk")
    ]
    there = ["[ooh-" + note["body_text"].rpartition("[ooh-")[2] for note in freshdesk.notes[found[0]]]
    wrong = []
    if there != wanted:
        wrong.append(f"{incident}: {there} instead of {wanted}")
    if freshdesk.tickets[found[0]]["status"] != 4:
        wrong.append(f"{incident} is {freshdesk.tickets[found[0]]['status']}")
    return wrong


# ---------- The program ----------


def set_environment(folder: Path, freshdesk: Freshdesk, redis_port: int, plan: Plan) -> None:
    """The desk's, for this process and all that it starts, before Django reads it."""
    limits = dict.fromkeys(("all", "create", "update", "list"), plan.per_minute)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "ooh.settings", "OOH_MODE": "embedded", "OOH_VAR_DIR": str(folder),
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0", "LOG_LEVEL": "CRITICAL",
        "FRESHDESK_URL": freshdesk.url, "FRESHDESK_API_KEY": freshdesk.key,
        "FRESHDESK_TIMEOUT": "0.5" if plan.hurried else "2", "FRESHDESK_PER_MINUTE": json.dumps(limits),
        "PGOPTIONS": "-c synchronous_commit=off",
    }  # fmt: skip


def run(plan: Plan, folder: Path, make_tables: Callable[[], None]) -> dict[str, Any]:
    """The storm in this folder, from the first program to the last; nothing of it is left running."""
    redis_port = free_port()
    with Freshdesk(per_minute=plan.per_minute, retry_after="1", drips=5, slowness=0.4) as freshdesk:
        set_environment(folder, freshdesk, redis_port, plan)
        make_tables()
        import django

        django.setup()
        freshdesk.fault_rate = plan.fault_rate
        programs = Programs(folder, dict(os.environ), redis_port)
        try:
            programs.start_redis()
            return Storm(plan, programs, freshdesk).run()
        finally:
            programs.end()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    for name in ("incidents", "events", "kills", "restarts", "workers", "seconds", "per-minute"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Plan, name.replace("-", "_")))
    parser.add_argument("--fault-rate", type=float, default=Plan.fault_rate)
    parser.add_argument("--hurried", action="store_true")
    given = vars(parser.parse_args())
    folder = given.pop("folder")
    print(json.dumps(run(Plan(**given), folder, lambda: None)))


if __name__ == "__main__":
    main()
