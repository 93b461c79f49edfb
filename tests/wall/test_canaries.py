"""No answer to anybody of the partner, on any address, holds a word that only the vendor may read."""

import json
import logging
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core import mail
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.roles import Role
from incidents.models import Attachment, Heartbeat, Incident, OutboxRow, TimelineEntry
from ooh import packs, subjects
from sops.models import SopVersion
from tests import factories
from tests.end_to_end import world
from tests.wall import canaries
from tests.wall.canaries import CANARY
from tests.wall.expected import API, PAGES
from tests.wall.places import Thing, address, named_routes, things

pytestmark = pytest.mark.django_db
FAR = 900_000  # so far no table goes
WALKERS = ["engineer", "lead", "auditor", "mole", "nobody"]
# What differs between two answers though nothing was said: the number of the request.
NOT_SAID = {"x-request-id"}


@pytest.fixture(scope="module")
def incident(built: dict[str, str]) -> Incident:
    """Everything of the vendor's is planted on the incident that everybody follows."""
    found = Incident.objects.get(reference=built["incident escalated"].split("/")[2])
    canaries.plant(found)
    Heartbeat.objects.get_or_create(name="outbox-sweep", defaults={"beat_at": timezone.now()})
    return found


def browser_of(who: str) -> Client:
    """Somebody of the partner; the mole was given every role of the vendor by mistake."""
    browser = Client(raise_request_exception=False)
    if who == "nobody":
        return browser
    house = world.person(world.ENGINEER).organisation
    person = {
        "engineer": lambda: world.person(world.ENGINEER), "lead": lambda: world.person(world.LEAD),
        "auditor": lambda: factories.make_user(Role.AUDITOR, organisation=house),
        "mole": lambda: factories.make_user(
            Role.AUDITOR, Role.DESK_ANALYST, Role.SERVICE_MANAGER, Role.SPECIALIST, organisation=house
        ),
    }[who]()  # fmt: skip
    browser.force_login(person, backend="accounts.backends.RoleBackend")
    return browser


def walked(built: dict[str, str], incident: Incident) -> Iterator[tuple[str, dict[str, str]]]:
    """Every address with what is there, the incident foremost; fragments; searches with the very words."""
    objects, reference = things(built), {"reference": incident.reference}
    own = {
        kind: next((each.values for each in found if each.which != "missing"), {})
        for kind, found in objects.items()
    }
    rows = list(LogEntry.objects.filter(changes__icontains=CANARY).values_list("pk", flat=True))
    values = {**own["sop"], **own["maintenance"], "pk": incident.pk, "object_id": incident.pk, **reference}
    for name, route in sorted(set(named_routes()), key=lambda each: each[1]):
        if route in ("/sign-out/", "/lock/now/"):
            continue
        rule = PAGES.get(name) or API.get(name)
        of = own.get(rule.of, {}) if rule else {}
        yield address(route, Thing("walk", {**values, **of, **reference} if rule else values)), {}
    page = f"/incidents/{incident.reference}/"
    for part in ("vitals", "run", "timeline"):
        yield f"{page}?part={part}", {"HX-Request": "true"}
    for show in ("notes", "all"):
        yield f"{page}?show={show}", {}
    for part in ("open", "due", "deliveries", "feed"):
        yield f"/?part={part}", {"HX-Request": "true"}
    searched = ("/search/", "/incidents/", "/sops/", "/deliveries/", "/reads/", "/people/", "/patient-data/")
    for listed in (
        *searched,
        "/admin/accounts/customer/",
        "/admin/incidents/incident/",
        "/admin/auditlog/logentry/",
    ):
        yield f"{listed}?q={CANARY}", {}
    for number in rows:
        yield f"/admin/auditlog/logentry/{number}/change/", {}
        yield f"/admin/auditlog/logentry/{number}/history/", {}
    for form in ("csv", "json"):
        for table in ("calls", "incidents", "sops", "escalations"):
            yield f"/reports/2026-11/?format={form}&table={table}", {}
    attachment = Attachment.objects.filter(incident=incident).latest("pk")
    yield f"{page}attachments/{attachment.pk}/", {}
    yield f"/admin/accounts/customer/{incident.customer_id}/change/", {}
    yield f"/admin/accounts/customer/{incident.customer_id}/history/", {}
    yield f"/no/such/address/{CANARY[:2]}/", {}


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def told(answer: Any) -> str:
    """All that is said: the answer, and its headers."""
    return body_of(answer).decode("utf-8", "replace") + repr(dict(answer.headers))


def test_each_text_of_a_vendor_row_is_planted_or_has_no_words(
    built: dict[str, str], incident: Incident
) -> None:
    for model in canaries.vendor_tables():
        label = model._meta.label
        known = canaries.PLANTED.get(label, set()) | set(canaries.WORDLESS.get(label, {}))
        assert canaries.texts_of(model) == known, label
    assert all(canaries.planted().values()), canaries.planted()


@pytest.mark.parametrize("who", WALKERS)
def test_no_answer_to_the_partner_holds_a_canary(
    who: str, built: dict[str, str], incident: Incident, caplog: pytest.LogCaptureFixture
) -> None:
    browser, found, opened, count = browser_of(who), [], 0, 0
    caplog.set_level(logging.INFO)
    for at, headers in walked(built, incident):
        if who == "nobody" and at.startswith("/admin/"):
            continue
        answer = browser.get(at, headers=headers)
        words = (
            told(answer)
            .replace(f"q={CANARY}", "")
            .replace(f'value="{CANARY}"', "")
            .replace(f"“{CANARY}”", "")
        )
        count, opened = count + 1, opened + (answer.status_code == 200)
        found += [
            f"{answer.status_code} {at}: {words[each.start() - 60 : each.end() + 40]}"
            for each in re.finditer(CANARY + "-", words)
        ]
        assert answer.status_code < 500 or at in ("/readyz", "/health/"), at
    assert found == []
    assert f"{CANARY}-" not in caplog.text
    assert opened > (15 if who == "nobody" else 40), f"{opened} of {count}"


def test_the_walk_finds_the_canaries_where_they_may_be(built: dict[str, str], incident: Incident) -> None:
    """Of the vendor's auditor all but the report and the file are asked for; else the walk proves nothing."""
    browser = Client(raise_request_exception=False)
    browser.force_login(world.person(world.AUDITOR), backend="accounts.backends.RoleBackend")
    page = f"/incidents/{incident.reference}/"
    words = "".join(told(browser.get(at)) for at in (
        page, "/holds/", f"/api/v1{page}timeline/", f"/admin/incidents/incident/{incident.pk}/change/",
        "/admin/auditlog/logentry/", *(
            f"/admin/auditlog/logentry/{pk}/change/"
            for pk in LogEntry.objects.filter(changes__icontains=CANARY).values_list("pk", flat=True)
        ),
    ))  # fmt: skip
    seen = set(re.findall(f"{CANARY}-[a-z-]*[a-z]", words))
    assert {f"{CANARY}-{each}" for each in (
        "note", "title", "data", "private", "edited", "detail", "hold", "hold-of-customer", "lifted", "report"
    )} <= seen  # fmt: skip


def test_nothing_that_leaves_the_building_holds_a_canary(
    built: dict[str, str], incident: Incident, tmp_path: Any
) -> None:
    payloads = json.dumps(list(OutboxRow.objects.values()), default=str)
    assert f"{CANARY}-" not in payloads
    assert f"{CANARY}-" not in "".join(str(each.message()) for each in mail.outbox)
    outside = TimelineEntry.objects.for_outside().filter(incident=incident)
    assert outside.exists()
    assert f"{CANARY}-" not in str(list(outside.values()))
    packs.write_incident(tmp_path / "pack.zip", incident, with_vendor_rows=False)
    subjects.write(tmp_path / "person.zip", world.person(world.LEAD), by=world.person(world.MANAGER))
    assert not [path.name for path in tmp_path.iterdir() if holds_canary(path)]
    packs.write_incident(tmp_path / "vendor.zip", incident, with_vendor_rows=True)
    assert holds_canary(tmp_path / "vendor.zip")


def holds_canary(pack: Any) -> bool:
    with zipfile.ZipFile(pack) as opened:
        return any(f"{CANARY}-".encode() in opened.read(name) for name in opened.namelist())


def hidden_and_missing(incident: Incident) -> dict[str, tuple[str, str]]:
    """An address of a row that is there and hidden, and the same of one that is not there."""
    entry = LogEntry.objects.filter(changes__icontains=f"{CANARY}-detail").latest("pk").pk
    draft = SopVersion.objects.filter(approved_at=None).select_related("sop").latest("pk")
    report = incident.patient_reports.filter(wall="vendor").latest("pk").pk
    page, trail, sop = (
        f"/incidents/{incident.reference}",
        "/admin/auditlog/logentry",
        f"/sops/{draft.sop.code}/versions",
    )
    version = "/admin/sops/sopversion"
    return {
        "audit row": (f"{trail}/{entry}/change/", f"{trail}/{entry + FAR}/change/"),
        "history": (f"{trail}/{entry}/history/", f"{trail}/{entry + FAR}/history/"),
        "report": (f"{page}/patient-data/{report}/", f"{page}/patient-data/{report + FAR}/"),
        "draft": (f"{sop}/{draft.number}/rehearse/", f"{sop}/{draft.number + 90}/rehearse/"),
        "draft in the administration": (
            f"{version}/{draft.pk}/change/", f"{version}/{draft.pk + FAR}/change/",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("who", ["lead", "auditor", "mole"])
def test_what_is_hidden_answers_as_what_is_not_there(
    who: str, built: dict[str, str], incident: Incident
) -> None:
    browser = browser_of(who)
    for what, places in hidden_and_missing(incident).items():
        first, second = (asked(browser, at) for at in places)
        assert first[1].split(">") == second[1].split(">"), what
        assert first == second, what
        assert first[3] > 0
        assert first[0] in (302, 403, 404), what


def asked(browser: Client, at: str) -> tuple[int, str, dict[str, str], int]:
    """Status, words, headers and queries; the address itself, and the number in it, may be said again."""
    browser.cookies.pop("messages", None)  # what was said of the address before
    reset_queries()  # a full log counts no more
    with CaptureQueriesContext(connection) as captured:
        answer = browser.get(at)
    number = re.findall(r"[0-9]+", at)[-1]

    def plain(text: str) -> str:
        return text.replace(at, "@").replace(f"/{number}/", "/#/").replace(f"“{number}”", "“#”")

    headers = {name: plain(value) for name, value in answer.headers.items() if name.lower() not in NOT_SAID}
    cookies = "".join(sorted(set(answer.cookies) - {"messages"}))
    body = re.sub(r'"[A-Za-z0-9]{64}"|nonce="[^"]*"', "", plain(body_of(answer).decode()))
    for name in (
        "Content-Security-Policy",
        "Content-Length",
    ):  # nonce and number
        headers.pop(name, None)
    return answer.status_code, body + cookies, headers, len(captured)
