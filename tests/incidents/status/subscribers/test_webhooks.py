"""Webhooks: the challenge, what is sent and how it is signed, and every way in which one may answer."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from incidents.models import Incident, Subscriber
from incidents.status.subscribers import webhooks
from tests.factories import make_incident
from tests.incidents.status.subscribers.telling import (
    after_a_while,
    deliver_to_subscribers,
    subscriber,
    waiting,
)
from tests.incidents.status.telling import WORDS, tell
from tests.standins.http import Fault
from tests.standins.webhook import Webhook, is_signed_by

pytestmark = pytest.mark.django_db
FORM = "/status/subscribe/webhook/"
UPDATES = ["Update 0.", "Update 1.", "Update 2."]


def ask(address: str) -> Any:
    return Client().post(FORM, {"address": address})


# ---------- The challenge ----------


@pytest.mark.parametrize("way", ["json", "text"])
def test_a_webhook_that_answers_the_challenge_is_subscribed(webhook: Webhook, way: str) -> None:
    webhook.challenge_as = way
    assert ask(webhook.address).url == "/status/subscribe/asked/webhook/"
    assert webhook.requests == []  # nothing is sent from a request
    deliver_to_subscribers()
    made = Subscriber.objects.confirmed().get()
    (request,) = webhook.requests
    assert (made.kind, request.path, request.query) == ("webhook", "/hook", "key=1")
    assert is_signed_by(request, webhooks.shown_key(made))


@pytest.mark.parametrize("way", ["wrong", "nothing", "page", "list", "number"])
def test_any_other_answer_subscribes_nobody(webhook: Webhook, way: str) -> None:
    webhook.challenge_as = way
    ask(webhook.address)
    after_a_while()
    assert not Subscriber.objects.confirmed().exists()
    assert (len(webhook.requests), waiting()) == (1, [])


def test_a_webhook_that_is_away_is_asked_again_for_an_hour_and_then_left(webhook: Webhook) -> None:
    webhook.fail(Fault.ERROR_BEFORE, times=2)
    ask(webhook.address)
    deliver_to_subscribers()
    assert waiting()[0].last_error == "A webhook cannot take it now (503)"
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        after_a_while()
    assert not Subscriber.objects.confirmed().exists()
    assert (len(webhook.calls), waiting()) == (1, [])


def test_a_webhook_that_is_subscribed_is_not_asked_again(webhook: Webhook, hooked: Subscriber) -> None:
    ask(webhook.address)
    after_a_while()
    assert webhook.requests == []
    assert list(Subscriber.objects.confirmed()) == [hooked]


def test_the_question_leads_to_the_page_where_the_signing_key_is(
    webhook: Webhook, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://desk.example.org"
    ask(webhook.address)
    deliver_to_subscribers()
    meta = json.loads(webhook.requests[0].body)["meta"]
    shown = Client().get(meta["manage"].removeprefix("https://desk.example.org")).content.decode()
    assert webhooks.shown_key(Subscriber.objects.get()) in shown
    assert Client().post(meta["unsubscribe"].removeprefix("https://desk.example.org")).status_code == 200
    assert not Subscriber.objects.confirmed().exists()


# ---------- What is sent ----------


def test_an_update_is_sent_in_the_shape_that_readers_of_statuspage_know(
    night: Any, webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User
) -> None:
    tell(incident, by=engineer)
    tell(incident, "identified", "We have found the cause.", by=engineer)
    deliver_to_subscribers()
    first, second = webhook.updates
    assert set(second) == {"meta", "page", "incident"}
    assert second["page"]["status_indicator"] == "major"
    told = second["incident"]
    assert (told["id"], told["name"]) == (incident.public_id, "Compucare 8: users cannot sign in")
    assert (first["incident"]["status"], told["status"], told["impact"]) == (
        "investigating",
        "identified",
        "major",
    )
    assert [each["body"] for each in told["incident_updates"]] == ["We have found the cause.", WORDS]
    assert [each["body"] for each in first["incident"]["incident_updates"]] == [WORDS]
    assert (told["resolved_at"], told["scheduled_for"]) == (None, None)
    assert told["updated_at"] == "2026-11-22T02:07:12.000Z"
    assert incident.customer.name not in json.dumps(webhook.updates)
    assert incident.reference not in json.dumps(webhook.updates)


def test_each_is_signed_for_its_own_receiver_and_numbered(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User
) -> None:
    other = subscriber(f"{webhook.url}/other", kind="webhook")
    tell(incident, by=engineer)
    deliver_to_subscribers()
    keys = {"/hook": webhooks.shown_key(hooked), "/other": webhooks.shown_key(other)}
    assert sorted(request.path for request in webhook.requests) == ["/hook", "/other"]
    for request in webhook.requests:
        assert is_signed_by(request, keys[request.path])
        assert not is_signed_by(request, keys["/other" if request.path == "/hook" else "/hook"])
        assert abs(int(request.headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert len({request.headers["webhook-id"] for request in webhook.requests}) == 2


# ---------- How it is answered ----------


@pytest.mark.parametrize(
    "fault",
    [Fault.ERROR_BEFORE, Fault.ERROR_AFTER, Fault.RESET_BEFORE, Fault.RESET_AFTER, Fault.PAGE_BEFORE],
)
def test_without_a_good_answer_it_is_sent_again_under_the_same_number(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User, fault: Fault
) -> None:
    webhook.fail(fault, times=2)
    tell(incident, by=engineer)
    deliver_to_subscribers()
    after_a_while()
    assert waiting() == []
    assert len(webhook.calls) == 3
    assert len({request.headers["webhook-id"] for request in webhook.requests}) == 1


def test_a_webhook_that_never_answers_is_waited_for_once_and_tried_again(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.2)
    webhook.fail(Fault.TIME_OUT_AFTER)
    tell(incident, by=engineer)
    deliver_to_subscribers()
    assert waiting()[0].last_error.startswith("A webhook does not answer (read ")
    after_a_while()
    assert len({request.headers["webhook-id"] for request in webhook.requests}) == 1


@pytest.mark.parametrize("fault", [Fault.CUT_AFTER, Fault.PAGE_AFTER])
def test_a_good_status_is_enough_whatever_the_body_is(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User, fault: Fault
) -> None:
    webhook.status = 200
    webhook.fail(fault)
    tell(incident, by=engineer)
    deliver_to_subscribers()
    assert (len(webhook.calls), waiting()) == (1, [])


@pytest.mark.parametrize("status", [302, 307, 404])
def test_three_refusals_in_a_row_end_it_and_no_redirect_is_followed(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User, status: int
) -> None:
    webhook.status, webhook.headers = status, {"Location": f"{webhook.url}/elsewhere"}
    for number in range(3):
        tell(incident, words=f"Update {number}.", by=engineer)
        deliver_to_subscribers()
    hooked.refresh_from_db()
    assert hooked.ended_reason == "3 messages in a row were refused for good"
    assert {path for _, path in webhook.calls} == {"/hook"}
    assert (len(webhook.calls), waiting()) == (3, [])


def test_one_that_says_it_is_gone_ends_at_once(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User
) -> None:
    webhook.status = 410
    tell(incident, by=engineer)
    deliver_to_subscribers()
    hooked.refresh_from_db()
    assert hooked.ended_reason == "The webhook says that it is gone (410)"


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_one_that_asks_us_to_wait_is_waited_for(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User, status: int
) -> None:
    webhook.status, webhook.headers = status, {"Retry-After": "120"}
    tell(incident, by=engineer)
    deliver_to_subscribers()
    (row,) = waiting()
    hooked.refresh_from_db()
    assert 110 < (row.due_at - timezone.now()).total_seconds() <= 120
    assert (row.parked_at, hooked.failures) == (None, 0)


def test_one_that_was_away_for_a_day_counts_as_a_refusal_and_the_next_update_is_another_chance(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User
) -> None:
    webhook.down()
    tell(incident, by=engineer)
    deliver_to_subscribers()
    with time_machine.travel(timezone.now() + timedelta(hours=24, seconds=1), tick=False):
        after_a_while()
    hooked.refresh_from_db()
    assert (hooked.failures, hooked.ended_at, waiting()) == (1, None, [])


def test_a_dead_webhook_holds_up_nobody_and_hears_all_in_order_when_it_is_back(
    webhook: Webhook, hooked: Subscriber, incident: Incident, engineer: User
) -> None:
    with Webhook() as other:
        subscriber(other.address, kind="webhook")
        webhook.down()
        for words in UPDATES:
            tell(incident, words=words, by=engineer)
        tell(make_incident(by=engineer), words="Elsewhere.", by=engineer)
        deliver_to_subscribers(6)
    assert told_in_order(other) == [*UPDATES, "Elsewhere."]
    lane = f"subscriber:{hooked.pk}:{incident.public_id}"
    assert [row.attempts > 0 for row in waiting() if row.lane == lane] == [True, False, False]
    webhook.up()
    after_a_while(4)
    assert told_in_order(webhook) == [*UPDATES, "Elsewhere."]
    assert waiting() == []


def told_in_order(webhook: Webhook) -> list[str]:
    """The words that it got, those of the other incident last: the two have no order between them."""
    told = [update["incident"]["incident_updates"][0]["body"] for update in webhook.updates]
    return sorted(told, key=lambda words: words == "Elsewhere.")


@pytest.fixture
def drip() -> Iterator[str]:
    """A server that sends the head of its answer a byte at a time, and never ends it."""
    stop = threading.Event()

    def serve(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        connection.recv(65_536)
        with connection:
            while not stop.wait(0.02):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        stop.set()
        thread.join(5)


def test_one_that_drips_its_answer_for_ever_does_not_hold_a_worker(
    settings: Settings, drip: str, incident: Incident, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATUS_WEBHOOK_TEST_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.3)
    subscriber(drip, kind="webhook")
    tell(incident, by=engineer)
    deliver_to_subscribers(2)
    (row,) = waiting()
    assert row.last_error.startswith("A webhook does not answer")
