"""In a real browser: a security key as second factor, and the lock over a page that is being typed into."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.demo import DEMO_PASSWORD
from tests.end_to_end.window import follow, open_window, press
from tests.plugins.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.workers]


def plug_in_key(page: Page) -> Any:
    """A key in the browser's port, which knows its person by the finger."""
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devices, made["authenticatorId"]


def sign_in(page: Page, name: str) -> None:
    page.goto("/sign-in/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", DEMO_PASSWORD)
    press(page, "Sign in")


def test_a_security_key_is_added_and_asked_for_from_then_on(desk: Desk, browser: Browser) -> None:
    page = browser.new_context(base_url=desk.url.replace("127.0.0.1", "localhost")).new_page()
    page.set_default_timeout(20_000)
    errors: list[str] = []
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    devices, key = plug_in_key(page)
    sign_in(page, "specialist@vendor.example")
    page.goto("/your-sign-in/key/")
    page.fill("[name=name]", "Blue key")
    press(page, "Add this key")
    assert page.locator(".recovery-codes li").count() == 10
    follow(page, "I have kept them")
    assert "Blue key" in page.inner_text("main")
    page.context.clear_cookies()
    sign_in(page, "specialist@vendor.example")
    assert page.inner_text("h1") == "Use your security key"
    press(page, "Use a security key")
    assert "/sign-in" not in page.url
    page.context.clear_cookies()
    devices.send("WebAuthn.clearCredentials", {"authenticatorId": key})
    sign_in(page, "specialist@vendor.example")
    page.click("main button:has-text('Use a security key')")
    expect(page.locator("[data-key-error]")).to_contain_text("not one of yours")
    assert errors == []


def test_the_lock_covers_what_is_being_typed_and_gives_it_back(desk: Desk, browser: Browser) -> None:
    page = open_window(browser, desk, "engineer.1@partner.example")
    other = page.context.new_page()
    other.clock.install()
    for each in (page, other):
        each.goto("/calls/new/")
        each.fill("[name=impact]", "Theatre lists are on paper")
    page.click("details.menu summary")
    page.click("button:text-is('Lock')")
    expect(page.locator("#lock")).to_be_visible()
    expect(page.locator("[name=impact]")).to_be_hidden()
    page.keyboard.press("Escape")
    page.fill("#lock-password", "not-the-password")
    page.click("#lock button:text-is('Unlock')")
    expect(page.locator("#lock-error")).to_contain_text("not your password")
    other.clock.fast_forward("06:00")  # the other tab looks, and finds that it is locked too
    expect(other.locator("#lock")).to_be_visible()
    page.fill("#lock-password", DEMO_PASSWORD)
    page.click("#lock button:text-is('Unlock')")
    expect(page.locator("#lock")).to_be_hidden()
    assert page.input_value("[name=impact]") == "Theatre lists are on paper"
    other.click("#lock button:has-text('unlocked elsewhere')")
    expect(other.locator("#lock")).to_be_hidden()
    assert other.input_value("[name=impact]") == "Theatre lists are on paper"
