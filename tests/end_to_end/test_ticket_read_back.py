"""What the vendor's desk says and sets in its ticket, over HTTP and real Celery workers, both ways."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from accounts.demo import DEMO_PASSWORD
from tests.end_to_end import world
from tests.end_to_end.visitor import Visitor
from tests.plugins.desk import MANAGE, Desk, environment, run_desk, seeded_copy
from tests.standins.freshdesk import KEY, Freshdesk
from tests.standins.freshdesk_agents import Agents, Webhooks

pytestmark = pytest.mark.workers

CANARY = "heliotrope-antimacassar"
SECRET = "a-secret-that-only-the-rule-knows"
PATIENCE = 60  # seconds for what a worker does
LOG = """from tests.end_to_end import world
print(world.triaged("wexcombe").reference)"""


@pytest.fixture
def freshdesk() -> Iterator[Freshdesk]:
    with Freshdesk() as server:
        yield server


@pytest.fixture
def reference(tmp_path: Path) -> str:
    """An incident that an engineer has, logged before the desk starts."""
    command = [*MANAGE, "shell", "--verbosity=0", "-c", LOG]
    folder = environment(seeded_copy(tmp_path / "var"))
    told = subprocess.run(command, env=folder, check=True, capture_output=True, text=True)
    return told.stdout.strip()


@pytest.fixture
def desk(tmp_path: Path, freshdesk: Freshdesk, reference: str) -> Iterator[Desk]:
    allowed = json.dumps(dict.fromkeys(("all", "create", "update", "list"), 10_000))
    settings = {
        "FRESHDESK_URL": freshdesk.url, "FRESHDESK_API_KEY": KEY, "FRESHDESK_WEBHOOK_SECRET": SECRET,
        "FRESHDESK_POLL_SECONDS": "10", "FRESHDESK_PER_MINUTE": allowed,
    }  # fmt: skip
    with run_desk(tmp_path / "var", **settings) as desk:
        yield desk
    Visitor.close_all()


def until(is_so: Callable[[], object], what: str) -> None:
    """Wait for what happens by itself."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def test_notes_come_in_by_webhook_and_a_status_by_polling_and_the_answer_goes_out(
    desk: Desk, freshdesk: Freshdesk, reference: str
) -> None:
    engineer, analyst = (
        Visitor(desk.url).sign_in(person, DEMO_PASSWORD) for person in (world.ENGINEER, world.ANALYST)
    )
    page, agents = f"/incidents/{reference}/", Agents(freshdesk)
    until(lambda: any(len(notes) == 3 for notes in freshdesk.notes.values()), "the ticket and its notes")
    (number,) = freshdesk.tickets

    hooks = Webhooks(lambda body: post(desk, body))
    agents.note(number, f"<p>It is {CANARY}</p>")
    agents.note(number, "<p>#ooh The database team<br>is on it</p>")
    hooks.simple(number)
    assert hooks.deliver(times=2) == [202, 202]
    until(lambda: "The database team is on it" in engineer.open(page).page, "the note is read back")
    assert CANARY not in engineer.source
    assert CANARY in analyst.open(page).source

    agents.set(number, status=4)  # and nobody tells
    asks = "The service desk set the ticket to “Resolved”"
    until(lambda: asks in engineer.open(page).page, "the desk asks")
    assert asks in engineer.open("/").page
    engineer.open(f"{page}keep-open/").press("Keep it open", reason="Two sites are still down")
    until(lambda: freshdesk.tickets[number]["status"] == 2, "our status is written back")
    assert asks not in engineer.open(page).page
    until(lambda: "Two sites are still down" in freshdesk.notes[number][-1]["body"], "and why")
    assert sum(CANARY in note["body"] for note in freshdesk.notes[number]) == 1


def post(desk: Desk, body: bytes) -> int:
    headers = {"X-Desk-Secret": SECRET, "Content-Type": "application/json"}
    return httpx.post(f"{desk.url}/hooks/freshdesk/", content=body, headers=headers).status_code
