"""Guessing is slowed down, alike for names that exist and that do not; a stranger locks nobody out."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import AccessEvent, SignInDelay, User
from accounts.sign_in import delays
from accounts.sign_in.delays import OWN, STRANGE
from tests.accounts.sign_in.journey import code_now, is_signed_in, sign_in, with_app, words_of
from tests.factories import PASSWORD, SUNDAY_NIGHT

STRANGER = "203.0.113.9"


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(SUNDAY_NIGHT, tick=False) as travelled:
        yield travelled


def guess(name: User | str, times: int, *, address: str = STRANGER) -> list[Any]:
    """From a browser that keeps nothing, as who guesses has it."""
    return [sign_in(Client(REMOTE_ADDR=address), name, f"guess-{number}") for number in range(times)]


def test_waits_double_from_the_limit_on_and_do_not_grow_for_ever() -> None:
    seconds = [wait.total_seconds() if (wait := STRANGE.wait(count)) else 0 for count in range(4, 13)]
    assert seconds == [0, 30, 60, 120, 240, 480, 900, 900, 900]
    assert max(OWN.wait(count) or timedelta() for count in range(500)) == timedelta(minutes=5)


def test_names_that_exist_and_that_do_not_are_answered_alike(engineer: User) -> None:
    """Word for word, status for status, and query for query."""
    answers = {name: guess(name, 7) for name in (engineer.email, "nobody@example.org")}
    known, unknown = answers.values()
    assert [one.status_code for one in known] == [422] * 5 + [429] * 2
    assert [one.status_code for one in known] == [one.status_code for one in unknown]
    assert [words_of(one) for one in known] == [words_of(one) for one in unknown]
    assert [one.headers.get("Retry-After") for one in known] == [None] * 5 + ["30"] * 2
    assert [set(one.cookies) for one in known] == [set(one.cookies) for one in unknown]


def test_while_it_waits_the_right_password_opens_nothing(engineer: User, clock: Any) -> None:
    guess(engineer, 5)
    browser = Client(REMOTE_ADDR=STRANGER)
    assert sign_in(browser, engineer).status_code == 429
    assert not is_signed_in(browser)
    clock.shift(timedelta(seconds=31))
    assert sign_in(browser, engineer).status_code == 302
    assert SignInDelay.objects.get(person=engineer, failures=0)


def test_a_stranger_at_night_does_not_keep_an_engineer_from_their_own_device(engineer: User) -> None:
    own = Client(REMOTE_ADDR="198.51.100.1")
    sign_in(own, engineer)
    own.post("/sign-out/")
    for number in range(12):
        guess(engineer, 3, address=f"203.0.113.{number}")
    assert sign_in(Client(REMOTE_ADDR="198.51.100.2"), engineer).status_code == 429
    assert sign_in(own, engineer).status_code == 302
    assert is_signed_in(own)


def test_a_forged_device_is_a_strange_one(engineer: User) -> None:
    guess(engineer, 6)
    browser = Client()
    browser.cookies[delays.COOKIE] = "eyJpZCI6IngiLCJwZW9wbGUiOltdfQ:forged:signature"
    assert sign_in(browser, engineer).status_code == 429


def test_the_device_of_a_colleague_is_a_strange_one(engineer: User, lead: User) -> None:
    browser = Client(REMOTE_ADDR="198.51.100.1")
    sign_in(browser, lead)
    browser.post("/sign-out/")
    guess(engineer, 5)
    assert sign_in(browser, engineer).status_code == 429


def test_one_address_with_many_names_is_slowed_down(engineer: User) -> None:
    SignInDelay.objects.create(
        key=delays.digest("delay.address", STRANGER),
        failures=delays.ADDRESS.free - 1,
        last_failed_at=SUNDAY_NIGHT,
    )
    guess("nobody.1@example.org", 1)
    assert guess("nobody.2@example.org", 1)[0].status_code == 429
    assert sign_in(Client(REMOTE_ADDR="198.51.100.1"), engineer).status_code == 302


def test_codes_are_counted_too(engineer: User, clock: Any) -> None:
    secret = with_app(engineer)
    browser = Client()
    sign_in(browser, engineer)
    wrong = f"{(int(code_now(secret)) + 1) % 10**6:06}"
    statuses = [browser.post("/sign-in/code/", {"code": wrong}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    assert browser.post("/sign-in/code/", {"code": code_now(secret)}).status_code == 429


def test_after_an_hour_without_a_failure_tries_are_free_again(engineer: User, clock: Any) -> None:
    guess(engineer, 5)
    clock.shift(timedelta(hours=1, seconds=1))
    assert [answer.status_code for answer in guess(engineer, 5)] == [422] * 5


def test_a_spelling_that_a_database_takes_for_the_name_is_no_way_around_the_count(engineer: User) -> None:
    for spelling in (engineer.email.upper(), f" {engineer.email} "):
        guess(spelling, 3)
    assert SignInDelay.objects.get(person=engineer).failures == 5
    User.objects.filter(pk=engineer.pk).update(email="engineer.i@example.org")
    assert sign_in(Client(), "eng\u0131neer.i@example.org").status_code == 422


def test_counts_of_made_up_names_are_not_kept(engineer: User, clock: Any) -> None:
    guess("nobody@example.org", 1)
    clock.shift(timedelta(days=2))
    sign_in(Client(), engineer)
    assert SignInDelay.objects.filter(last_failed_at__lt=SUNDAY_NIGHT + timedelta(days=1)).count() == 0


def test_each_refusal_is_on_record_and_no_password(engineer: User) -> None:
    guess(engineer, 2)
    guess("nobody@example.org", 1)
    rows = AccessEvent.objects.order_by("pk").values_list("kind", "person", "by", "address")
    assert list(rows) == [("refused", engineer.pk, None, STRANGER)] * 2 + [("refused", None, None, STRANGER)]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Enter your e-mail address"),
        ({"username": "x@example.org"}, "Enter your password"),
        ({"username": "x\0y", "password": PASSWORD}, "Null characters"),
        ({"username": "x" * 300, "password": "y"}, "at most 254"),
    ],
)
@pytest.mark.django_db
def test_a_form_that_is_not_whole_names_its_field(sent: dict[str, str], words: str) -> None:
    answer = Client().post("/sign-in/", sent)
    assert (answer.status_code, words in words_of(answer)) == (422, True)
