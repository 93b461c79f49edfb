"""Security keys: which answer counts, and which does not. The browser's own part is in tests/end_to_end."""

import html
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from accounts.models import SecondFactor, User
from accounts.sign_in import delays
from tests.accounts.sign_in.journey import is_signed_in, sign_in
from tests.standins.security_key import USER_WAS_THERE, SecurityKey


def on_a_name(**more: Any) -> Client:
    return Client(SERVER_NAME="localhost", **more)


def asked(answer: Any) -> dict[str, Any]:
    """What the page asks the key for."""
    found = re.search(r'data-options="([^"]+)"', answer.content.decode())
    assert found
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


@pytest.fixture
def key(engineer: User, settings: Any) -> SecurityKey:
    """That of the engineer, set up at the first sign-in."""
    settings.SECOND_FACTOR = "required"
    made, browser = SecurityKey(), on_a_name()
    sign_in(browser, engineer)
    options = asked(browser.get("/your-sign-in/key/"))
    assert options["authenticatorSelection"]["userVerification"] == "required"
    answer = browser.post("/your-sign-in/key/", {"name": "Blue", "credential": made.make(options)})
    assert (answer.status_code, is_signed_in(browser)) == (200, True)
    return made


def use(key: SecurityKey, engineer: User) -> Client:
    browser = on_a_name()
    sign_in(browser, engineer)
    browser.post("/sign-in/code/", {"credential": key.sign(asked(browser.get("/sign-in/code/")))})
    return browser


def test_a_key_signs_in_and_its_count_goes_on(key: SecurityKey, engineer: User) -> None:
    assert is_signed_in(use(key, engineer))
    assert is_signed_in(use(key, engineer))
    kept = SecondFactor.objects.get(person=engineer)
    assert (kept.name, kept.counter, kept.last_used_at is not None) == ("Blue", 3, True)


SPOILT: list[dict[str, Any]] = [
    {"origin": "http://evil.example"},
    {"origin": "http://localhost.evil.example"},
    {"origin": "https://localhost"},
    {"host": "evil.example"},
    {"flags": USER_WAS_THERE},  # whoever holds the key, without PIN or finger
    {"counter": 0},  # a copy of the key, that does not know how often the key was used
    {"name": b"another-key"},
    {"private": SecurityKey().private},
]


def test_an_answer_that_is_not_the_keys_signs_nobody_in(key: SecurityKey, engineer: User) -> None:
    for spoilt in SPOILT:
        delays.forgive(engineer)
        bad = replace(key, **spoilt)
        assert not is_signed_in(use(bad, engineer)), spoilt
    delays.forgive(engineer)
    assert is_signed_in(use(key, engineer))


def test_an_answer_counts_once_and_for_its_question(key: SecurityKey, engineer: User) -> None:
    first, second = on_a_name(), on_a_name()
    for browser in (first, second):
        sign_in(browser, engineer)
    answer = key.sign(asked(first.get("/sign-in/code/")))
    second.get("/sign-in/code/")
    assert second.post("/sign-in/code/", {"credential": answer}).status_code == 422
    assert first.post("/sign-in/code/", {"credential": answer}).status_code == 302
    third = on_a_name()
    sign_in(third, engineer)
    assert third.post("/sign-in/code/", {"credential": answer}).status_code == 422


def test_rubbish_is_no_answer(key: SecurityKey, engineer: User) -> None:
    browser = on_a_name()
    sign_in(browser, engineer)
    for answer in ("x", "{}", "[]", "null", '{"id": 1}', "9" * 21_000):
        delays.forgive(engineer)
        browser.get("/sign-in/code/")
        assert browser.post("/sign-in/code/", {"credential": answer}).status_code == 422
    assert not is_signed_in(browser)


def test_on_a_bare_address_no_key_is_offered(engineer: User, settings: Any) -> None:
    settings.SECOND_FACTOR = "required"
    browser = Client(SERVER_NAME="127.0.0.1")
    sign_in(browser, engineer)
    assert "need an https address with a name" in browser.get("/your-sign-in/key/").content.decode()
    answer = browser.post("/your-sign-in/key/", {"name": "x", "credential": "{}"})
    assert (answer.status_code, is_signed_in(browser)) == (422, False)
