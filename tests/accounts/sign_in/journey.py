"""Somebody who signs in: with a password, and with an app that shows codes."""

import re
import time
from typing import Any

from django.test import Client

from accounts.models import SecondFactor, User
from accounts.sign_in import totp
from accounts.sign_in.sealing import seal
from tests.factories import PASSWORD


def with_app(person: User) -> str:
    """Give somebody an app; its secret."""
    from django.utils import timezone

    secret = totp.new_secret()
    SecondFactor.objects.create(
        person=person, kind="app", name="App that shows codes", sealed=seal(secret), added_at=timezone.now()
    )
    return secret


def code_now(secret: str, later: int = 0) -> str:
    """What the app shows, `later` periods from now."""
    return totp.code_at(secret, int(time.time()) // totp.PERIOD + later)


def sign_in(browser: Client, person: User | str, password: str = PASSWORD, **more: Any) -> Any:
    email = person if isinstance(person, str) else person.email
    return browser.post("/sign-in/", {"username": email, "password": password}, **more)


def is_signed_in(browser: Client) -> bool:
    return bool(browser.get("/your-sign-in/").status_code == 200)


def words_of(answer: Any) -> str:
    """What the page says in its summary of errors."""
    found = re.search(r'class="error-summary".*?</ul>', answer.content.decode(), re.S)
    return re.sub(r"<[^>]+>|\s+", " ", found.group()) if found else ""
