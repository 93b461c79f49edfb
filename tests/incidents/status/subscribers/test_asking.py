"""Asking to be told: what the form accepts, what it answers, and what that reveals."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from incidents.models import OutboxRow, Subscriber
from incidents.status.subscribers import limits, services
from incidents.status.subscribers.tasks import sweep
from tests.factories import SUNDAY_NIGHT, make_service
from tests.handover.smtp import MailServer
from tests.incidents.status.subscribers.telling import deliver_to_subscribers, subscriber, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail_set")]
FORM = "/status/subscribe/"
KNOWN, UNKNOWN = "reader@hospital.example", "another@hospital.example"


def ask(address: str, path: str = FORM, client: Client | None = None, **fields: Any) -> Any:
    headers = fields.pop("headers", {})
    return (client or Client()).post(path, {"address": address, **fields}, headers=headers)


def link_in(mail: MailServer, kind: str = "confirm") -> str:
    """The path of the link in the last e-mail."""
    found = re.search(
        rf"https://desk\.example\.org(/status/subscription/\S+/{kind}/)", text_of(mail.messages[-1])
    )
    assert found
    return found[1]


# ---------- Double opt-in ----------


def test_asking_and_pressing_the_button_of_the_page_in_the_e_mail_subscribes(mail: MailServer) -> None:
    compucare, ward = make_service(), make_service("ward", "Compucare Ward")
    answer = ask(UNKNOWN, services=[ward.code])
    assert (answer.status_code, answer.url) == (303, "/status/subscribe/asked/email/")
    assert Client().get(answer.url).status_code == 200
    deliver_to_subscribers()
    (message,) = mail.messages
    assert (message["To"], message["Subject"]) == (UNKNOWN, "Confirm that you want status updates")
    assert "each status update of Compucare Ward" in text_of(message)
    answer = Client().post(link_in(mail))
    made = Subscriber.objects.confirmed().get()
    assert (answer.status_code, answer.url) == (303, f"/status/subscription/{made.token}/")
    assert list(made.services.all()) == [ward]
    assert compucare not in made.services.all()
    assert "You are subscribed" in Client().get(answer.url).content.decode()


def test_a_program_that_follows_the_link_confirms_nothing(mail: MailServer) -> None:
    ask(UNKNOWN)
    deliver_to_subscribers()
    for method in ("get", "head", "get"):
        assert getattr(Client(), method)(link_in(mail)).status_code == 200
    assert not Subscriber.objects.confirmed().exists()


def test_confirming_twice_is_as_good_as_once(mail: MailServer) -> None:
    ask(UNKNOWN)
    deliver_to_subscribers()
    first, second = Client().post(link_in(mail)), Client().post(link_in(mail))
    assert first.url == second.url
    assert Client().get(link_in(mail)).url == first.url
    assert Subscriber.objects.confirmed().count() == 1


def test_of_two_questions_the_first_answer_counts_and_the_second_leads_to_it(mail: MailServer) -> None:
    ask(UNKNOWN)
    ask(UNKNOWN.upper())
    deliver_to_subscribers()
    links = {
        re.search(r"(/status/subscription/\S+/confirm/)", text_of(message))[1] for message in mail.messages
    }
    answers = {Client().post(link).url for link in sorted(links)} | {
        Client().post(link).url for link in links
    }
    assert (len(links), len(answers)) == (2, 1)
    assert Subscriber.objects.confirmed().count() == 1


def test_an_address_that_is_subscribed_hears_so_itself_and_nothing_changes(mail: MailServer) -> None:
    known = subscriber(KNOWN)
    ask(KNOWN, services=[make_service().code])
    deliver_to_subscribers()
    (message,) = mail.messages
    assert message["Subject"] == "You get status updates already"
    assert f"/status/subscription/{known.token}/" in text_of(message)
    assert "confirm" not in text_of(message)
    assert not known.services.exists()


def test_after_two_days_the_link_is_not_in_use_and_the_address_is_forgotten(mail: MailServer) -> None:
    ask(UNKNOWN)
    deliver_to_subscribers()
    link = link_in(mail)
    with time_machine.travel(timezone.now() + timedelta(hours=48, seconds=1), tick=False):
        assert Client().get(link).status_code == 404
        assert Client().post(link).status_code == 404
        sweep()
        sweep()
        assert not Subscriber.objects.exists()
        assert Client().post(link).status_code == 404
    assert not Subscriber.objects.confirmed().exists()


def test_what_was_confirmed_or_asked_for_lately_is_not_forgotten() -> None:
    subscriber(KNOWN, confirmed_at=timezone.now() - timedelta(days=400))
    Subscriber.objects.update(asked_at=timezone.now() - timedelta(days=400))
    Subscriber.objects.create(kind="email", address=UNKNOWN, asked_at=timezone.now() - timedelta(hours=47))
    sweep()
    assert Subscriber.objects.count() == 2


def test_a_question_that_waited_too_long_is_not_sent_any_more(mail: MailServer) -> None:
    ask(UNKNOWN)
    with time_machine.travel(timezone.now() + timedelta(hours=49), tick=False):
        deliver_to_subscribers()
    assert mail.messages == []


# ---------- What the answer reveals ----------


def answered(address: str) -> dict[str, object]:
    """All that whoever asks can see or, with a good clock, guess: the answer, and the work that it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(address)
        done = [re.sub(r"'[^']*'|\b\d+\b|(?<=POINT )\S+", "?", query["sql"]) for query in queries]
    headers = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    return {
        "status": answer.status_code, "headers": headers, "body": answer.content,
        "leads to": Client().get(answer.url).content, "queries": done,
    }  # fmt: skip


@pytest.mark.parametrize("state", ["confirmed", "ended", "asked"])
def test_nobody_can_tell_whether_an_address_is_subscribed(mail: MailServer, state: str) -> None:
    with time_machine.travel(SUNDAY_NIGHT, tick=False):
        known = subscriber(KNOWN)
        if state == "ended":
            services.unsubscribe(known.token)
        if state == "asked":
            Subscriber.objects.update(confirmed_at=None)
        seen = answered(KNOWN)
        assert seen == answered(UNKNOWN)
    assert len(seen["queries"]) > 5  # type: ignore[arg-type]
    assert mail.messages == []  # nothing is sent from a request


def test_asked_for_too_often_an_address_is_left_in_peace_and_the_answer_is_the_same(mail: MailServer) -> None:
    answers = [ask(UNKNOWN, client=Client(REMOTE_ADDR=f"192.0.2.{number}")) for number in range(1, 6)]
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (303, "/status/subscribe/asked/email/")
    }
    assert Subscriber.objects.count() == OutboxRow.objects.count() == services.ASKS == 3
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1), tick=False):
        ask(UNKNOWN)
    assert Subscriber.objects.count() == 4


def test_a_client_that_asks_too_often_is_told_when_to_come_back_and_keeps_what_it_typed() -> None:
    make_service()
    answers = [
        ask(f"reader{number}@hospital.example", services=["compucare8"]) for number in range(limits.ASKS + 2)
    ]
    assert [answer.status_code for answer in answers[-3:]] == [303, 429, 429]
    assert answers[-1]["Retry-After"] == "3600"
    body = answers[-1].content.decode()
    assert 'value="reader11@hospital.example"' in body
    assert "checked" in body
    assert ask("other@hospital.example", client=Client(REMOTE_ADDR="192.0.2.9")).status_code == 303


@pytest.mark.parametrize(
    ("forwarded", "is_behind_proxy", "same"),
    [("198.51.100.1, 192.0.2.1", True, True), ("", False, True), ("198.51.100.1", False, True),
     ("192.0.2.1, 198.51.100.7", True, False)],
)  # fmt: skip
def test_only_what_the_proxy_itself_says_of_a_client_counts(
    rf: Any, settings: Settings, forwarded: str, is_behind_proxy: bool, same: bool
) -> None:
    settings.BEHIND_PROXY = is_behind_proxy
    request = rf.get("/", REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forwarded})
    assert (limits.client_of(request) == "192.0.2.1") is same


def test_clients_of_one_ipv6_network_are_one(rf: Any) -> None:
    first, second = (rf.get("/", REMOTE_ADDR=f"2001:db8:1:2::{end}") for end in ("1", "ffff"))
    assert limits.client_of(first) == limits.client_of(second) == "2001:db8:1:2::/64"


def test_without_a_cache_the_form_goes_on(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.CACHES = settings.CACHES | {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    assert ask(UNKNOWN).status_code == 303
    assert "Cache away" in caplog.text
    assert "127.0.0.1" not in caplog.text


# ---------- The form ----------


def test_the_page_says_what_is_wrong_beside_the_field_and_keeps_what_was_typed() -> None:
    answer = ask("reader at hospital", services=["nothing"])
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "Enter an e-mail address, like name@example.org" in body
    assert 'value="reader at hospital"' in body
    assert "Error: Get updates" in body
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "address", ["", "x" * 250 + "@hospital.example", "a@b\r\nBcc: x@y.example", "a@b.example\0"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert ask(address).status_code == 422
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
     {"Origin": "null"}],
)  # fmt: skip
def test_a_form_from_another_site_is_refused(headers: dict[str, str]) -> None:
    assert ask(UNKNOWN, headers=headers).status_code == 403
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://testserver"}, {}])
def test_our_own_form_needs_no_cookie_and_sets_none(headers: dict[str, str], mail: MailServer) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get(FORM).status_code == 200
    assert ask(UNKNOWN, client=client, headers=headers).status_code == 303
    assert not client.cookies


@pytest.mark.parametrize("path", [FORM, "/status/subscribe/webhook/", "/status/subscribe/asked/email/"])
def test_the_pages_have_no_script_and_are_kept_by_nobody(path: str, mail: MailServer) -> None:
    answer = Client().get(path)
    assert b"<script" not in answer.content
    assert answer["Cache-Control"] == "no-store"
    assert "Cookie" not in answer.get("Vary", "")


def test_without_a_mail_server_the_form_says_so_and_asks_for_nothing(settings: Settings) -> None:
    settings.EMAIL_URL = ""
    assert "No e-mail from here for now" in Client().get(FORM).content.decode()
    assert ask(UNKNOWN).status_code == 409
    assert not Subscriber.objects.exists()


# ---------- Changing and ending ----------


def test_a_choice_is_changed_on_its_own_page(reader: Subscriber) -> None:
    ward = make_service("ward", "Compucare Ward")
    path = f"/status/subscription/{reader.token}/"
    assert Client().post(path, {"services": ["ward"]}).status_code == 303
    assert list(reader.services.all()) == [ward]
    assert "is told of each update of Compucare Ward" in Client().get(path).content.decode()
    assert Client().post(path, {"services": ["nothing"]}).status_code == 422
    assert list(reader.services.all()) == [ward]
    Client().post(path, {})
    assert not reader.services.exists()


def test_a_mail_program_unsubscribes_with_one_post_and_no_redirect(reader: Subscriber) -> None:
    """RFC 8058."""
    path = f"/status/subscription/{reader.token}/unsubscribe/"
    for _ in range(2):
        answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, dict(answer.cookies)) == (200, {})
    reader.refresh_from_db()
    assert (reader.ended_at is not None, reader.ended_reason) == (True, "Unsubscribed")
    assert "Unsubscribed" in Client().get(path).content.decode()


def test_opening_the_way_out_ends_nothing(reader: Subscriber) -> None:
    answer = Client().get(f"/status/subscription/{reader.token}/unsubscribe/")
    assert "<button" in answer.content.decode()
    reader.refresh_from_db()
    assert reader.ended_at is None


def test_an_ended_subscription_is_changed_by_nobody_and_may_be_asked_for_anew(
    mail: MailServer, reader: Subscriber
) -> None:
    services.unsubscribe(reader.token)
    assert Client().post(f"/status/subscription/{reader.token}/", {}).status_code == 404
    assert Client().post(f"/status/subscription/{reader.token}/confirm/").status_code == 404
    ask(reader.address)
    deliver_to_subscribers()
    Client().post(link_in(mail))
    assert Subscriber.objects.confirmed().get().token != reader.token


@pytest.mark.parametrize("page", ["", "confirm/", "unsubscribe/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_that_nobody_has_is_not_in_use(page: str, method: str, db: None) -> None:
    answer = getattr(Client(), method)(f"/status/subscription/{'x' * 43}/{page}")
    assert answer.status_code == 404
    assert "This link is not in use" in answer.content.decode()
