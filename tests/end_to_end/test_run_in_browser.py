"""What only a real browser shows of a run: its age, its title, the focus, a lost connection, the keyboard."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.demo import DEMO_PASSWORD
from tests.end_to_end import world
from tests.end_to_end.visitor import Visitor
from tests.end_to_end.window import open_window, press_enter
from tests.plugins.desk import MANAGE, Desk, environment, run_desk, seeded_copy

pytestmark = [pytest.mark.browser, pytest.mark.workers]

SHELL = [*MANAGE, "shell", "--verbosity=0", "-c"]
BUILD = """
import json
from tests.end_to_end.world import _run, triaged
runs = {"harbour": "ward", "cwm-arian": "ward", "strathmorven": "clinician", "lough-darrin": "ward"}
print(json.dumps([f"/runs/{_run('SOP-03', triaged(short, service)).pk}/" for short, service in runs.items()]))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, list[str]]]:
    """A desk, and four runs of it that wait at their manual step."""
    folder = seeded_copy(tmp_path_factory.mktemp("desk") / "var")
    told = subprocess.run(
        [*SHELL, BUILD], env=environment(folder), check=True, capture_output=True, text=True
    )
    with run_desk(folder) as desk:
        yield desk, json.loads(told.stdout)


def engineer(browser: Browser, desk: Desk, **settings: Any) -> Page:
    return open_window(browser, desk, world.ENGINEER, **settings)


def colleague_records(desk: Desk, address: str) -> None:
    """Somebody else, on the telephone."""
    colleague = Visitor(desk.url).sign_in("engineer.2@partner.example", DEMO_PASSWORD)
    colleague.open(address).press("Record step 4", evidence="They agreed.")


@pytest.fixture(autouse=True)
def _everybody_leaves() -> Iterator[None]:
    yield
    Visitor.close_all()


def test_it_says_how_old_it_is_and_when_it_is_not_live(
    browser: Browser, runs: tuple[Desk, list[str]]
) -> None:
    desk, addresses = runs
    page = engineer(browser, desk)
    page.clock.install()
    page.goto(addresses[0])
    page.clock.run_for(4_000)
    expect(page.locator("#read-age")).to_have_text("Read 4 s ago")
    page.context.set_offline(True)
    page.clock.run_for(40_000)
    expect(page.locator("#read-age")).to_contain_text("Not live: read 44 s ago")
    page.context.set_offline(False)
    page.clock.run_for(10_000)
    expect(page.locator("#read-age")).to_contain_text("Read ")


def test_what_a_colleague_does_comes_by_itself_with_the_title_and_one_sentence(
    browser: Browser, runs: tuple[Desk, list[str]]
) -> None:
    desk, addresses = runs
    page = engineer(browser, desk)
    page.goto(addresses[1])
    assert page.title().startswith("Step 4 of 8, done by you: ")
    colleague_records(desk, addresses[1])
    heading = "Step 5 of 8, disruptive action: Restart the application service"
    expect(page.locator("#run-said")).to_have_text(heading, timeout=20_000)
    assert page.title().startswith(heading)
    expect(page.locator("#step")).to_contain_text("to confirm the target")


def test_what_is_being_typed_is_not_taken_away(browser: Browser, runs: tuple[Desk, list[str]]) -> None:
    desk, addresses = runs
    page = engineer(browser, desk)
    page.goto(addresses[2])
    page.fill("[name=evidence]", "Rang the ward sister")
    page.locator("h1").click()
    colleague_records(desk, addresses[2])
    expect(page.locator("#read-age")).to_contain_text("Paused while you work here", timeout=20_000)
    assert page.input_value("[name=evidence]") == "Rang the ward sister"
    page.click("button:has-text('Record step 4')")
    expect(page.locator("h1")).to_contain_text("has already dealt with step 4")
    expect(page.locator("main")).to_contain_text("Rang the ward sister")


def test_the_keyboard_alone_records_stops_and_confirms(
    browser: Browser, runs: tuple[Desk, list[str]]
) -> None:
    desk, addresses = runs
    page = engineer(browser, desk)
    page.goto(addresses[3])
    tab_to(page, "#id_evidence")
    page.keyboard.type("They agree")
    tab_to(page, "button:has-text('Record step 4')")
    press_enter(page)
    tab_to(page, "a.is-stop:visible")
    page.keyboard.press("Enter")
    expect(page.locator("#stop_reason")).to_be_focused()
    page.go_back()
    tab_to(page, "#id_confirm")
    page.keyboard.type(page.inner_text("code.target"))
    press_enter(page)
    expect(page.locator("h1:has-text('Can the caller sign in?')")).to_be_visible(timeout=30_000)
    assert "Restarted" in page.inner_text(".past >> nth=0")


@pytest.mark.parametrize("width", [360, 1280])
def test_stop_is_in_view_wherever_the_page_is_scrolled_to(
    browser: Browser, runs: tuple[Desk, list[str]], width: int
) -> None:
    desk, addresses = runs
    page = engineer(browser, desk, viewport={"width": width, "height": 640})
    page.goto(addresses[0])
    for place in (0, 10_000):
        page.evaluate(f"scrollTo(0, {place})")
        expect(page.locator("a.is-stop:visible")).to_be_in_viewport()
    page.click("a.is-stop:visible")
    expect(page.locator("#stop_reason")).to_be_focused()


def test_without_scripts_it_can_be_read_again_and_acted_on(
    browser: Browser, runs: tuple[Desk, list[str]]
) -> None:
    desk, addresses = runs
    page = engineer(browser, desk, java_script_enabled=False)
    page.goto(addresses[0])
    expect(page.locator("#read-age")).to_contain_text("Read at ")
    page.click("text=Read it again")
    expect(page.locator("button:has-text('Record step 4')")).to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    wanted = page.locator(selector).first
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("(each) => each === document.activeElement"):
            return
    raise AssertionError(f"The tab key never comes to {selector}")
