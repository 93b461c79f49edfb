"""Plants words in the fields of forms and calls, and tells in which columns they arrived."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from auditlog.models import LogEntry
from django.db import transaction
from django.test import Client
from django.urls import resolve

from accounts.wall.identity import as_system
from tests.end_to_end import world
from tests.end_to_end.visitor import Form, forms_in

PLANTED = "999 001 0021"
BLOCKED = f"NHS number {PLANTED}"
HARMLESS = "Colophon"
# Who tries what: every form once, by somebody who may send it.
WRITERS = {
    world.LEAD: (
        "/rota/", "/handovers/", "/pages/", "/deliveries/", "/calls/new/", "/break-glass/", "incident logged",
        "incident not covered", "incident told", "incident escalated", "incident asks", "patient report",
        "files",
        "correction", "call off", "run manual", "run confirm", "no SOP fits", "handover closed",
        "handover draft", "proposal", "call begun",
    ),
    world.ENGINEER: ("run manual", "call begun", "handover draft"),
    world.ANALYST: ("incident told", "handover offered", "maintenance planned", "maintenance announced"),
    world.APPROVER: ("/sops/SOP-03/", "version that waits"),
    world.AUTHOR: ("version drafted", "rehearse"),
    world.MANAGER: ("/holds/", "template"),
}  # fmt: skip
ACTS = ("decline", "resume-triage", "resolve", "reopen", "escalate", "override-gate")  # pages of their own
# They end or change the session itself, or are about how somebody signs in.
NOT_SENT = ("/sign-out/", "/lock/", "/your-sign-in/", "/theme/")
TEXT = re.compile(r"<(?:textarea|input(?![^>]*type=\"(?!text\"|search\")))[^>]*\sname=\"([^\"]+)\"")

Try = tuple[str, dict[str, str], set[str]]  # where, what, and which of it is text


def tried(
    browser: Client, address: str, values: Mapping[str, Any], texts: Iterable[str], **kwargs: Any
) -> tuple[set[str], set[str]]:
    """The columns that words in these texts reach, and those that a patient's number reached the same way."""
    marks = {name: f"{HARMLESS} {number:03}" for number, name in enumerate(sorted(texts))}
    reached = _post(browser, address, {**values, **marks}, marks.values(), **kwargs)
    wrong: set[str] = set()
    for name, mark in marks.items():
        if mark in reached:
            given = {**values, **marks, name: BLOCKED}
            wrong |= _post(browser, address, given, [PLANTED], **kwargs).get(PLANTED, set())
    return {column for each in reached.values() for column in each}, {f"{address}: {each}" for each in wrong}


def _post(
    browser: Client, address: str, data: Any, words: Iterable[str], **kwargs: Any
) -> dict[str, set[str]]:
    """For each word the columns where it arrived. The effect is taken back."""
    with as_system("the test looks at every row that was written"), transaction.atomic():
        since = LogEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        browser.post(address, data, **kwargs)
        found = _arrived(words, since)
        transaction.set_rollback(True)
    return found


def _arrived(words: Iterable[str], since: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for entry in LogEntry.objects.filter(pk__gt=since).select_related("content_type"):
        model = entry.content_type.model_class()
        assert model is not None
        for name, change in (entry.changes or {}).items():
            told = json.dumps(change, ensure_ascii=False)
            for word in words:
                if word in told:
                    found.setdefault(word, set()).add(f"{model._meta.label}.{name}")
    return found


def forms_of(browser: Client, pages: Mapping[str, str], names: Iterable[str], known: set[Any]) -> list[Try]:
    """Each kind of form on these pages that nobody has tried yet."""
    found = []
    for page in _addresses(pages, names):
        html = browser.get(page).content.decode()
        texts = set(TEXT.findall(html))
        for form in forms_in(html):
            for address, pressed in _ways(page, form):
                own = texts & set(form.values)
                kind = (resolve(address.partition("?")[0]).view_name, *sorted(own), *sorted(pressed.items()))
                if form.method == "post" and own and kind not in known and not address.startswith(NOT_SENT):
                    known.add(kind)
                    values = {each: text for each, text in form.values.items() if "csrf" not in each}
                    found.append((address, values | pressed, own))
    return found


def _addresses(pages: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    """Of pages by their names, and for an incident the pages of its acts as well."""
    for name in names:
        address = pages.get(name, name)
        yield address
        if name.startswith("incident "):
            yield from (f"{address}{act}/" for act in ACTS)


def _ways(page: str, form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    """Where its buttons send it. What a button adds or moves in a draft tells nothing new."""
    buttons = [each for each in form.buttons if not re.search(r"#(?:step|add)", each[3])]
    for _, name, value, action in buttons or [("", "", "", "")]:
        address = urljoin(page, action or form.action or page).partition("#")[0]
        yield address, {name: value} if name and not name.startswith("step-") else {}
