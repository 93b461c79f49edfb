"""A real browser for the tests marked `browser`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip


@pytest.fixture
def browser(started_browser: Browser) -> Iterator[Browser]:
    """Without a window; each that the test opens is closed after it, since our pages go on asking."""
    yield started_browser
    for context in started_browser.contexts:
        context.close()


@pytest.fixture(scope="module")
def started_browser(browser_executable: str) -> Iterator[Browser]:
    """Started once for the tests of one module."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser_executable, args=ARGUMENTS)
        yield started
        started.close()
