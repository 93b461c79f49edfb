"""Somebody at the window of a real browser: signed in, going from page to page, and arriving."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page
from playwright.sync_api import TimeoutError as NotThere

from accounts.demo import DEMO_PASSWORD
from tests.plugins.desk import Desk

_sessions: dict[tuple[Path, str], Any] = {}  # by desk and person: it takes half a second to prove a password


def open_window(
    browser: Browser, desk: Desk, email: str = "", hear: Callable[[Page], None] | None = None, **settings: Any
) -> Page:
    """A window of its own on the desk. A person signs in at their first one; the next ones know them."""
    who = (desk.var_dir, email)
    context = browser.new_context(base_url=desk.url, storage_state=_sessions.get(who), **settings)
    page = context.new_page()
    page.set_default_timeout(20_000)
    if hear:
        hear(page)
    if email and who not in _sessions:
        sign_in(page, email)
        _sessions[who] = context.storage_state()
    return page


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in/")
    page.fill("[name=username]", email)
    page.fill("[name=password]", DEMO_PASSWORD)
    press(page, "Sign in")


def press(page: Page, words: str) -> None:
    go_by(page, f"main button:has-text('{words}')")


def follow(page: Page, words: str) -> None:
    go_by(page, f"main a:has-text('{words}'):visible")


def go_by(page: Page, selector: str) -> None:
    """Click it and arrive on the next page; where it is missing, say what the page shows instead.

    Arrived is when it is loaded: the address alone may change under a form that keeps its draft.
    """
    try:
        with page.expect_event("load"):
            page.click(selector)
    except NotThere:
        raise AssertionError(f"No {selector} at {page.url}:\n{page.inner_text('main')}") from None


def press_enter(page: Page) -> None:
    """On what has the focus, and arrive."""
    with page.expect_event("load"):
        page.keyboard.press("Enter")
