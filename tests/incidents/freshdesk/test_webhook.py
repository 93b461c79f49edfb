"""The webhook of Freshdesk: a hint that stores nothing, reveals nothing, and does no harm as it comes."""

import json
import os
from collections.abc import Callable
from typing import Any

import httpx2 as httpx
import pytest
from django.core import serializers
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer

from incidents.freshdesk import views
from incidents.freshdesk.tasks import read_ticket
from incidents.models import Conversation, Incident, OutboxRow, SyncCursor, Ticket, TimelineEntry
from tests.incidents.reading_back import entries, look_back, read_due
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import RETRIES, Agents, Webhooks

pytestmark = pytest.mark.django_db

ADDRESS = "/hooks/freshdesk/"
SECRET = "a-secret-that-only-the-rule-knows"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))

Send = Callable[..., int]


@pytest.fixture(autouse=True)
def handed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tickets that Celery was told to read."""
    cache.clear()
    settings.FRESHDESK_WEBHOOK_SECRET = SECRET
    told: list[int] = []
    monkeypatch.setattr(read_ticket, "apply_async", lambda args, **_: told.append(args[0]))
    return told


@pytest.fixture
def send() -> Send:
    """`send(body)`: as Freshdesk does; the status of the answer."""
    client = Client(enforce_csrf_checks=True)

    def post(body: bytes, secret: str = SECRET, **headers: str) -> int:
        answer = client.post(
            ADDRESS, body, content_type="application/json", headers={"X-Desk-Secret": secret, **headers}
        )
        assert answer.content == b""
        return int(answer.status_code)

    return post


def simple(number: int) -> bytes:
    return json.dumps({"freshdesk_webhook": {"ticket_id": number}}).encode()


def stored() -> str:
    """All that the desk keeps of tickets and incidents, but for when they are to be read."""
    models = (Incident, TimelineEntry, Conversation, OutboxRow, SyncCursor)
    kept = "".join(serializers.serialize("json", model._base_manager.all()) for model in models)
    return kept + str(list(Ticket.objects.order_by("pk").values_list("number", "seen_status", "read_error")))


def test_a_hint_has_the_ticket_read(ticket: Ticket, send: Send, handed: list[int]) -> None:
    assert send(simple(ticket.number)) == 202
    assert handed == [ticket.pk]
    assert Ticket.objects.due(timezone.now()).get() == ticket


@pytest.mark.parametrize("body", [b'{"ticket_id": "4001"}', b'{"subject": "a "b" c", "ticket_id": "4001"}'])
def test_either_form_will_do_broken_or_not(
    ticket: Ticket, send: Send, handed: list[int], body: bytes
) -> None:
    assert ticket.number == 4001
    assert send(body) == 202
    assert handed == [ticket.pk]


def test_the_ticket_that_took_ours_in_is_ours_too(ticket: Ticket, send: Send, handed: list[int]) -> None:
    Ticket.objects.update(merged_into=3900)
    assert send(simple(3900)) == 202
    assert handed == [ticket.pk]


@pytest.mark.parametrize(
    "body", [simple(9999), b"", b"{}", b"what?", b"\xff\x00", b'{"ticket_id": 1, "ticket": {"id": 2}}']
)
def test_what_is_not_ours_is_answered_alike_and_leads_to_nothing(
    ticket: Ticket, send: Send, handed: list[int], body: bytes
) -> None:
    before = stored()
    assert send(body) == 202
    assert (handed, stored()) == ([], before)
    assert not Ticket.objects.due(timezone.now()).exists()


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "x", SECRET.upper(), "é\xff"])
def test_without_the_secret_nothing_is_taken(
    ticket: Ticket, send: Send, handed: list[int], secret: str
) -> None:
    assert send(simple(ticket.number), secret) == 403
    assert handed == []


@pytest.mark.parametrize("given", ["", SECRET])
def test_where_no_secret_is_set_no_hint_is_taken(
    ticket: Ticket, send: Send, settings: Any, given: str
) -> None:
    settings.FRESHDESK_WEBHOOK_SECRET = ""
    assert send(simple(ticket.number), given) == 403


def test_it_is_posted_and_nothing_else(client: Client) -> None:
    assert client.get(ADDRESS, headers={"X-Desk-Secret": SECRET}).status_code == 405


def test_a_body_that_is_too_large_is_not_read(ticket: Ticket, send: Send, handed: list[int]) -> None:
    assert send(simple(ticket.number) + b" " * views.LARGEST) == 413
    assert handed == []


def test_too_many_hints_in_a_minute_are_put_off(
    ticket: Ticket, send: Send, night: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST", 3)
    assert [send(simple(ticket.number)) for _ in range(4)] == [202, 202, 202, 429]
    night.shift(60)
    assert send(simple(ticket.number)) == 202


def test_hints_of_strangers_do_not_use_up_the_desks_share(
    ticket: Ticket, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST", 3)
    assert {send(simple(ticket.number), "wrong") for _ in range(4)} == {403}
    assert send(simple(ticket.number)) == 202


def test_with_the_cache_and_the_broker_away_a_hint_is_kept_for_the_sweep(
    ticket: Ticket, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(read_ticket, "apply_async", away)
    monkeypatch.setattr("incidents.outbox.writing._broker_is_away_until", 0.0)
    monkeypatch.setattr(cache, "add", away)
    assert send(simple(ticket.number)) == 202
    assert Ticket.objects.due(timezone.now()).get() == ticket


def test_a_hint_costs_five_queries_at_most(ticket: Ticket, send: Send) -> None:
    send(simple(ticket.number))
    with CaptureQueriesContext(connection) as captured:
        send(simple(ticket.number))
    assert len(captured) <= 5


def test_deferred_repeated_and_reordered_hints_do_no_harm(
    ticket: Ticket, send: Send, agents: Agents, freshdesk: Freshdesk, night: Any
) -> None:
    hooks = Webhooks(send)
    for number in range(4):
        agents.note(ticket.number, f"#ooh Note {number}")
        (hooks.simple if number % 2 else hooks.advanced)(ticket.number)
        night.shift(2)
    hooks.advanced(ticket.number, subject='He said "it is down')
    hooks.deliver(backwards=True, times=3)
    read_due()
    read_due()
    assert [entry.text for entry in entries(ticket)] == [f"#ooh Note {number}" for number in range(4)]
    night.shift(3600)
    hooks.simple(ticket.number)  # deferred to the next hour, and long known by polling
    look_back()
    hooks.deliver()
    read_due()
    assert len(entries(ticket)) == 4


def test_a_desk_that_was_away_takes_the_hint_when_it_is_tried_again(
    ticket: Ticket, send: Send, agents: Agents, settings: Any, night: Any
) -> None:
    hooks = Webhooks(send)
    agents.note(ticket.number, "While we were away")
    settings.FRESHDESK_WEBHOOK_SECRET = "another"  # nothing is taken
    hooks.simple(ticket.number)
    assert hooks.deliver() == [403]
    for wait in RETRIES[:2]:
        night.shift(wait.total_seconds())
        settings.FRESHDESK_WEBHOOK_SECRET = SECRET if wait == RETRIES[1] else "another"
        hooks.deliver()
    read_due()
    assert (hooks.waiting, hooks.given_up) == ([], [])
    assert [entry.text for entry in entries(ticket)] == ["While we were away"]


# ---------- Any body ----------

PIECES = [
    *'{}[]:,"\\\0\n', "\\u0000", "\\ud800", "ticket_id", '"ticket_id"', "freshdesk_webhook", "ticket", "id",
    "4001", "0", "-1", "1e999", "9" * 40, "null", "true", "é", "😀", "<xml/>", "NHS 999 012 3456",
]  # fmt: skip
NAMES = st.sampled_from(["ticket_id", "freshdesk_webhook", "ticket", "id", "x"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
BODIES = (
    st.binary(max_size=200)
    | st.lists(st.sampled_from(PIECES), max_size=25).map(lambda pieces: "".join(pieces).encode())
    | JSON.map(lambda payload: json.dumps(payload).encode())
)
KINDS = st.sampled_from(["application/json", "text/plain", "application/xml", "multipart/form-data", ""])


def test_any_body_is_answered_and_nothing_of_it_is_kept(
    ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`FUZZ_EXAMPLES=10000` for the long run."""
    monkeypatch.setattr(views, "MOST", 10**9)
    client, before, answers = Client(), stored(), set()

    @example(body=b'{"ticket_id":' * 4000, kind="application/json")
    @given(body=BODIES, kind=KINDS)
    @budget(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None)
    def send_any(body: bytes, kind: str) -> None:
        answer = client.post(ADDRESS, body, content_type=kind, headers={"X-Desk-Secret": SECRET})
        answers.add((answer.status_code, answer.content))

    send_any()
    assert answers == {(202, b"")}
    assert stored() == before


# ---------- Over a socket ----------


@pytest.mark.django_db(transaction=True)
def test_over_a_socket_with_headers_as_freshdesk_sends_them(
    live_server: LiveServer, handed: list[int]
) -> None:
    def post(secret: str) -> int:
        headers = {"X-Desk-Secret": secret, "Content-Type": "application/json"}
        return httpx.post(live_server.url + ADDRESS, content=simple(1), headers=headers).status_code

    assert (post(SECRET), post("wrong")) == (202, 403)
