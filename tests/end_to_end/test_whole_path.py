"""One incident all the way, over HTTP and real Celery workers: from an alert to the month's report.

Without scripts: each person opens pages and sends their forms as they stand. At any hour of the day.
"""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from django.utils import timezone

from accounts.demo import DEMO_PASSWORD
from incidents.local_time import local
from tests.end_to_end.alerts import availability_test_fired
from tests.end_to_end.visitor import Visitor
from tests.plugins.desk import MANAGE, Desk, environment, run_desk
from tests.standins.freshdesk import KEY, Freshdesk

pytestmark = pytest.mark.workers

CANARY = "heliotrope-antimacassar"
PATIENCE = 30  # seconds for what a worker does


@pytest.fixture
def freshdesk() -> Iterator[Freshdesk]:
    with Freshdesk() as server:
        yield server


@pytest.fixture
def desk(tmp_path: Path, freshdesk: Freshdesk) -> Iterator[Desk]:
    """A desk of this test's own, with its Freshdesk."""
    settings = {"FRESHDESK_URL": freshdesk.url, "FRESHDESK_API_KEY": KEY}
    with run_desk(tmp_path / "var", **settings) as desk:
        yield desk


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for what happens by itself."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.3)


def visit(desk: Desk, person: str) -> Visitor:
    return Visitor(desk.url).sign_in(person, DEMO_PASSWORD)


@pytest.fixture(autouse=True)
def _everybody_leaves() -> Iterator[None]:
    yield
    Visitor.close_all()


def test_an_alert_becomes_an_incident_that_is_resolved_and_reported(desk: Desk, freshdesk: Freshdesk) -> None:
    send_alert(desk)
    engineer, lead = visit(desk, "engineer.1@partner.example"), visit(desk, "lead@partner.example")
    page = take_proposal(engineer)
    override_if_needed(lead, page)
    engineer.open(page).press("Begin triage")
    post_first_update(desk, engineer, page)
    run_sop(engineer, page)
    escalate(engineer, page)
    hand_over(desk, engineer, page)
    analyst = visit(desk, "desk.1@vendor.example")
    write_product_note(analyst, engineer, page)
    resolve(analyst, page)
    reference = page.rstrip("/").rpartition("/")[2]
    freshdesk_has_it_all(freshdesk, reference)
    it_is_audited_and_reported(desk, reference)


def send_alert(desk: Desk) -> None:
    command = [*MANAGE, "token", "monitoring@integration.invalid"]
    told = subprocess.run(
        command, env=environment(desk.var_dir), capture_output=True, text=True, check=True
    ).stdout
    token = re.search(r"ooh_\w+", told)
    assert token, told
    sent = httpx.post(
        f"{desk.url}/api/v1/alerts/", json=availability_test_fired("app-cc8-wexcombe-prod"),
        headers={"Authorization": f"Token {token[0]}"},
    )  # fmt: skip
    assert (sent.status_code, sent.json()["received"]) == (202, 1), sent.text


def take_proposal(engineer: Visitor) -> str:
    """From the board to the incident's page, whose path this is."""
    until(lambda: "1 proposal from alerts" in engineer.open("/").page, "the alert was not proposed")
    address = re.search(r'href="(/proposals/\d+/)"', engineer.source)
    assert address, engineer.page
    engineer.open(address[1]).press("Log as incident", who_affected="everyone_all_sites")
    if "/calls/" in engineer.url:  # the alert did not say enough: the form of a call, filled in
        engineer.press(
            "Log the incident", customer=value_of(engineer, "Wexcombe Park Hospital"),
            service=value_of(engineer, "Compucare 8"), failure="cannot_sign_in",
            who_affected="everyone_all_sites",
        )  # fmt: skip
    path = urlsplit(engineer.url).path
    assert re.fullmatch(r"/incidents/OOH-\d{4}-\d{5}/", path), engineer.page
    return path


def value_of(visitor: Visitor, words: str) -> str:
    option = re.search(rf'<option value="([^"]+)"[^>]*>{words}<', visitor.source)
    assert option, words
    return option[1]


def override_if_needed(lead: Visitor, page: str) -> None:
    if "Override the gate" in lead.open(page).page:
        lead.open(page + "override-gate/").press("Override the gate", reason="Theatre waits for it")


def post_first_update(desk: Desk, engineer: Visitor, page: str) -> None:
    engineer.open(page).press("Post update", phase="investigating")
    public = Visitor(desk.url)
    until(lambda: "We are investigating" in public.open("/status/").page, "the public was not told")
    assert "Wexcombe" not in public.page
    assert "OOH-" not in public.source


def run_sop(engineer: Visitor, page: str) -> None:
    """SOP-03: Celery reads and restarts, the person says what they did, confirms, decides, and closes it."""
    engineer.open(page + "sop/").press("Start SOP-03")
    run = engineer.url
    answers = {
        "Record step": {"evidence": "Told the IT on-call manager, who agrees to the restart"},
        "Restart app-cc8-wexcombe-prod": {"confirm": "app-cc8-wexcombe-prod"},
        "Record the answer": {"answer": "Yes"},
        "Post the update": {},
        "It is restored": {},
    }
    pressed: list[str] = []

    def is_over() -> bool:
        engineer.open(run)
        for words, values in answers.items():
            if engineer.offers(words):
                engineer.press(words, **values)
                pressed.append(words)
        return "Service restored" in engineer.page

    until(is_over, f"the run stands still after {pressed}: {engineer.page}")
    assert pressed.count("Restart app-cc8-wexcombe-prod") == 1


def escalate(engineer: Visitor, page: str) -> None:
    engineer.open(page + "escalate/")
    engineer.press(
        "Escalate", team=value_of_choice(engineer, "Database on call"), reason="Memory grew for a day"
    )
    assert "Escalated" in engineer.open(page).page


def value_of_choice(visitor: Visitor, words: str) -> str:
    """The value of a radio or option beside these words."""
    found = re.search(rf'value="([^"]+)"[^>]*>(?:<span>)?\s*{words}', visitor.source)
    assert found, visitor.page
    return found[1]


def hand_over(desk: Desk, engineer: Visitor, page: str) -> None:
    engineer.open("/handovers/")
    draft = next(form for form in engineer.forms if form.values.get("direction") == "to_vendor")
    engineer.press(draft.buttons[0][0])
    engineer.press("Offer 1 item")
    handover = urlsplit(engineer.url).path
    analyst = visit(desk, "desk.1@vendor.example").open(handover)
    analyst.press("Accept this item", readback="Sign-in is back, memory dump to be read, ring by ten")
    assert "Handed over" in analyst.open(page).page


def write_product_note(analyst: Visitor, engineer: Visitor, page: str) -> None:
    analyst.open(page).press("Add product note", text=f"The {CANARY} index was rebuilt on Friday")
    assert CANARY in analyst.open(page).page
    assert CANARY not in engineer.open(page).source


def resolve(analyst: Visitor, page: str) -> None:
    now = f"{local(timezone.now()):%H:%M}"
    analyst.open(page + "resolve/")
    form = next(form for form in analyst.forms if "resolution" in form.values)
    assert "resolved" in form.values["words"]
    analyst.press("Resolve the incident", resolution="A restart of the application service", restored_at=now)
    assert "Resolved" in analyst.open(page).page


def freshdesk_has_it_all(freshdesk: Freshdesk, reference: str) -> None:
    """One ticket, its notes in the order of the night, resolved, and nothing that is the vendor's own."""
    until(
        lambda: any(ticket["status"] == 4 for ticket in freshdesk.tickets.values()),
        "the ticket is not resolved",
    )
    assert len(freshdesk.tickets) == 1
    (number, ticket), *_ = freshdesk.tickets.items()
    assert reference in ticket["subject"]
    bodies = [note["body"] for note in freshdesk.notes[number]]
    marks = [int(found[1]) for body in bodies if (found := re.search(r"ooh-entry:(\d+)", body))]
    assert marks == sorted(set(marks))
    story = " ".join(bodies)
    for words in ("Logged from an alert", "Status update: investigating", "SOP-03", "Memory grew for a day"):
        assert words in story
    assert CANARY not in story


def it_is_audited_and_reported(desk: Desk, reference: str) -> None:
    manager = visit(desk, "manager@vendor.example").open("/reports/")
    month = re.search(r"/reports/\d{4}-\d{2}/", manager.source)
    assert month or "Calls" in manager.page
    assert reference in manager.open("/reports/?format=csv").source
    auditor = visit(desk, "auditor@vendor.example").open(f"/admin/auditlog/logentry/?q={reference}")
    assert "OOH engineer 1" in auditor.page
    assert "Desk analyst 1" in auditor.page
