"""A whole desk with real programs, as `manage.py run` starts it: no secret in all that it says and keeps.

Azure, Freshdesk and the mail server of this test repeat, in headers, bodies and errors, what they know.
"""

import json
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from django.conf import settings
from kombu import Connection

from ooh.celery import app
from tests.handover.smtp import MailServer, mail_server
from tests.plugins.desk import MANAGE, environment, seeded_copy
from tests.processes import marked, wait_for
from tests.sops.azure.estate import stand
from tests.sops.azure.planted import found_in
from tests.standins.azure import VM, Azure, vm_instance_view
from tests.standins.freshdesk import Freshdesk
from tests.standins.http import Answer, Fault, Request

pytestmark = pytest.mark.workers
ODD = "+~%\"<'"  # what addresses, JSON and pages each write in a way of their own
NAMES = (
    "the-secret-key-of-the-desk-which-is-long-enough-to-be-one", "freshdesk-key", "mail-password",
    "database-password", "redis-password", "client-secret", "identity-header", "token", "answer", "error",
)  # fmt: skip
PLANTED = {name: f"Pl4nted-{name}/{ODD}" for name in NAMES} | {"signature": "Sign3d~By~Azure~For~Once"}
# Not the words of the error that the database raises: there they stand in its trigger.
UNDELIVERED = {
    "people: The mail server refused it for now (535)",
    "freshdesk: Freshdesk refused it (400). Correct FRESHDESK_TICKET_FIELDS or the account; then retry",
}
KEPT_OUT = {name: word for name, word in PLANTED.items() if name != "error"}
CONTROL = {"control": f"C0ntrol-word/{ODD}"}  # meant to be found: a person types it, and the web is asked it
PATIENCE = 30  # seconds
ENDS = {
    "kept": "underway", "broken": "underway", "failed": "failed", "refused": "failed", "forbidden": "failed",
    "lost": "unknown", "elsewhere": "unknown",
}  # fmt: skip
EXCUSES = (
    Answer(400, json.dumps({"errors": [{"field": PLANTED["answer"], "code": PLANTED["answer"],
                                        "message": PLANTED["freshdesk-key"]}]}).encode()),
    Answer(401, PLANTED["freshdesk-key"].encode()), Answer(500, PLANTED["answer"].encode()),
    Answer(302, b"", {"Location": f"https://example.org/{quote(PLANTED['answer'])}"}),
    Answer(201, PLANTED["answer"].encode()),
)  # fmt: skip


@dataclass
class LeakyAzure(Azure):
    """Says a secret in whatever it says; what becomes of a restart stands in the machine's name."""

    planted: str = PLANTED["answer"]
    token: str = PLANTED["token"]
    retry_after: str = "1"

    def _begin(self, request: Request, result: Any) -> Answer:
        self.ending = "Failed" if "failed" in request.path else "Succeeded"
        self.polls = 1000 if "kept" in request.path else 0
        self.planted = PLANTED["signature"]
        answer = super()._begin(request, result)
        self.planted = PLANTED["answer"]
        return answer


class LeakyFreshdesk(Freshdesk):
    """Does nothing that it is asked for, each time with another excuse."""

    excuses = cycle(EXCUSES)

    def answer(self, request: Request) -> Answer:
        said, limits = next(self.excuses), self._count()
        return Answer(said.status, said.body, {**limits, **said.headers, "X-Told": PLANTED["answer"]})


@pytest.fixture
def azure() -> Iterator[Azure]:
    azure = stand(LeakyAzure())
    for name in ("read", *ENDS):
        azure.put(f"{VM}-{name}", {"id": f"{VM}-{name}", "properties": {}})
        azure.put(f"{VM}-{name}/instanceView", vm_instance_view())
    there = {"Azure-AsyncOperation": f"https://example.org/{quote(PLANTED['answer'])}"}
    azure.instead(azure.error(409, PLANTED["answer"]), "POST", f"{VM}-refused/.*")
    azure.instead(azure.error(403, "AuthorizationFailed"), "POST", f"{VM}-forbidden/.*")
    azure.instead(Answer(202, b"null", there), "POST", f"{VM}-elsewhere/.*")
    azure.fail(Fault.CUT_AFTER, "POST", f"{VM}-lost/.*")
    with azure:
        yield azure


@pytest.fixture
def freshdesk() -> Iterator[Freshdesk]:
    with LeakyFreshdesk() as freshdesk:
        yield freshdesk


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as mail:
        mail.auth_words = f"535 not with {PLANTED['mail-password']}"
        yield mail


# ---------- The desk ----------


class Desk:
    """The desk, the people on it, and all that its programs have said so far."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.said = folder, folder.with_suffix(".said")
        self.log = self.said.open("wb")
        common: dict[str, Any] = {"env": environment, "cwd": settings.BASE_DIR, "stderr": self.log}
        self.programs = subprocess.Popen(
            [*MANAGE, "run", "--port", "0", "--verbose"], stdout=self.log, **common
        )
        self.people = subprocess.Popen(
            [sys.executable, "-m", "tests.sops.programs.leaking"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, **common,
        )  # fmt: skip

    @property
    def output(self) -> bytes:
        return self.said.read_bytes()

    @property
    def url(self) -> str:
        return self.output.rpartition(b"READY ")[2].split()[0].decode()

    @property
    def kept(self) -> bytes:
        """The bytes of every file that it keeps: the database with what SQLite keeps beside it, messages."""
        found = []
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError, IsADirectoryError):  # a message that is taken meanwhile
                found.append(path.read_bytes())
        return b"\n".join(found)

    def do(self, act: str, **given: Any) -> Any:
        assert self.people.stdin is not None
        assert self.people.stdout is not None
        self.people.stdin.write(json.dumps([act, given]) + "\n")
        self.people.stdin.flush()
        return json.loads(self.people.stdout.readline())

    def wait(self, position: int, states: dict[str, str]) -> None:
        """Until these steps of the runs at these machines have come to these states."""
        seen: dict[str, Any] = {}

        def is_so() -> bool:
            seen.update(self.do("told"))
            return all(seen["steps"][name][position - 1] == state for name, state in states.items())

        assert wait_for(is_so, PATIENCE), seen

    def end(self) -> None:
        for pid in marked(f"OOH_VAR_DIR={self.folder}\0"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for program in (self.people, self.programs):
            with suppress(BrokenPipeError):
                program.communicate()
        self.log.close()


@contextmanager
def running(folder: Path, **extra: str) -> Iterator[Desk]:
    desk = Desk(seeded_copy(folder), environment(folder, TMPDIR=str(folder), **extra))
    try:
        assert wait_for(lambda: b"READY " in desk.output, PATIENCE * 2), desk.output.decode()
        yield desk
    finally:
        desk.end()


def secrets_of(azure: Azure, freshdesk: Freshdesk, mail: MailServer) -> dict[str, str]:
    """An environment full of them."""
    return {
        **azure.environment, "IDENTITY_HEADER": PLANTED["identity-header"], "SECRET_KEY": PLANTED[NAMES[0]],
        "FRESHDESK_URL": freshdesk.url, "FRESHDESK_API_KEY": PLANTED["freshdesk-key"],
        "EMAIL_URL": f"smtp://desk:{in_address('mail-password')}@127.0.0.1:{mail.port}",
        "PGPASSWORD": PLANTED["database-password"], "AZURE_CLIENT_SECRET": PLANTED["client-secret"],
        "AZURE_TIMEOUT": "5",
    }  # fmt: skip


def in_address(name: str) -> str:
    return quote(PLANTED[name], safe="")


# ---------- The night ----------


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_no_secret_is_in_what_a_desk_says_or_keeps(
    level: str, azure: Azure, freshdesk: Freshdesk, mail: MailServer, tmp_path: Path
) -> None:
    with running(tmp_path / "var", LOG_LEVEL=level, **secrets_of(azure, freshdesk, mail)) as desk:
        spend_the_night(desk, azure)
        assert found_in(desk.kept, KEPT_OUT | CONTROL) == ["control"]
        said = desk.output
    assert found_in(said, PLANTED | CONTROL) == ["control"]
    assert (b" DEBUG [" in said) == (level == "DEBUG")
    for words in (b"Task sops.tasks.advance", b"raised unexpected: ", b"django.db.utils.IntegrityError"):
        assert words in said


def spend_the_night(desk: Desk, azure: Azure) -> None:
    """Each trouble once, and what people do about it."""
    azure.identity_header = "another"  # the sign-in is refused
    desk.do("read", name="read")
    desk.wait(1, {"read": "failed"})
    azure.identity_header = PLANTED["identity-header"]
    desk.do("restart", names=list(ENDS), broken=PLANTED["error"])
    desk.wait(1, ENDS)
    sealed = desk.do("look")
    assert wait_for(lambda: len(desk.do("told")["looks"]) == 2, PATIENCE)
    assert found_in(desk.kept, KEPT_OUT | {"sealed": sealed}) == ["sealed"]  # while it goes on
    for one in azure.operations.values():
        one.left = 0
    desk.do("go_on", evidence=CONTROL["control"])
    desk.wait(3, {name: "waiting" for name in ENDS if name != "broken"})
    httpx2.get(desk.url + "/healthz", params={"asked": CONTROL["control"]})
    assert wait_for(lambda: set(desk.do("told")["undelivered"]) >= UNDELIVERED, PATIENCE), desk.do("told")


# ---------- What production adds ----------


@pytest.mark.redis
def test_a_worker_that_cannot_reach_its_database_names_no_password(redis_url: str, tmp_path: Path) -> None:
    """As `docs/production.md` starts it. Redis takes any password of a user who has none."""
    said, place = tmp_path / "said", redis_url.removeprefix("redis://")
    queue = f"redis://default:{in_address('redis-password')}@{place}"
    addresses = {
        "DATABASE_URL": f"postgresql://desk:{in_address('database-password')}@127.0.0.1:1/desk",
        "REDIS_URL": queue, "SECRET_KEY": PLANTED[NAMES[0]], "OOH_MODE": "production", "LOG_LEVEL": "DEBUG",
    }  # fmt: skip
    as_there = ["celery", "-A", "ooh", "worker", "--pool", "threads", "--concurrency", "2"]
    with said.open("wb") as log, Connection(queue) as broker:
        worker = subprocess.Popen(
            [sys.executable, "-m", *as_there],
            env=environment(tmp_path, **addresses),
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=log,
        )
        try:
            app.send_task("sops.tasks.recover", connection=broker)
            assert wait_for(lambda: b"error connecting in" in said.read_bytes(), PATIENCE), said.read_text()
        finally:
            worker.kill()
            worker.wait()
    assert found_in(said.read_bytes(), PLANTED) == []
    assert f"redis://default:**@{place}" in said.read_text()


# ---------- The search ----------


FORMS = {
    "clear": CONTROL["control"], "address": quote(CONTROL["control"]),
    "query": str(httpx2.QueryParams({"asked": CONTROL["control"]})),
    "JSON": json.dumps({"asked": CONTROL["control"]}), "JSON in JSON": json.dumps(json.dumps(CONTROL)),
    "printed": repr(CONTROL), "bytes": repr(CONTROL["control"].encode()),
    "Basic": httpx2.BasicAuth(CONTROL["control"], "X")._auth_header,
    **{f"base64 after {n}": b64encode(b"x" * n + CONTROL["control"].encode() + b"y").decode()
       for n in range(3)},
    "page": escape(CONTROL["control"]), "in capitals": CONTROL["control"].upper(),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_search_finds_a_word_in_whichever_form(form: str) -> None:
    assert found_in(f"… {FORMS[form]} …".encode(), PLANTED | CONTROL) == ["control"]


def test_the_search_finds_nothing_in_what_is_like_it() -> None:
    assert found_in(f"{CONTROL['control'][:-2]} Pl4nted-".encode(), PLANTED | CONTROL) == []
