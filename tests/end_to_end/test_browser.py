"""What only a real browser shows: the README's tour, the keyboard, a lost connection, a conflict."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page

from incidents.local_time import local
from tests.end_to_end.window import follow, go_by, open_window, press, press_enter
from tests.plugins.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.workers]

LOGGED = re.compile(r"/incidents/OOH-\d{4}-\d{5}/(decline/)?$")


def someone(browser: Browser, desk: Desk, email: str, complaints: list[str]) -> Page:
    """A new browser window with this person signed in; what its console complains of is kept."""

    def hear(page: Page) -> None:
        page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))

    return open_window(browser, desk, email, hear)


def test_the_tour_of_the_readme(browser: Browser, desk: Desk) -> None:
    complaints: list[str] = []
    lead = someone(browser, desk, "lead@partner.example", complaints)
    log_a_call(lead)
    if lead.query_selector("text=Override the gate"):
        follow(lead, "Override the gate")
        lead.fill("[name=reason]", "Theatre waits for it")
        press(lead, "Override the gate")
    incident = lead.url
    press(lead, "Begin triage")
    log_a_phone_call(lead)
    press(lead, "Post update")
    lead.goto(incident)
    follow(lead, "Start an SOP")
    run_the_sop(lead)
    lead.goto(incident)
    follow(lead, "Escalate")
    lead.check("[name=team] >> nth=0")
    lead.fill("[name=reason]", "Memory grew for a day")
    press(lead, "Escalate")
    lead.goto("/handovers/")
    go_by(lead, "form:has([value=to_vendor]) button")
    press(lead, "Offer ")
    handover = lead.url
    analyst = someone(browser, desk, "desk.1@vendor.example", complaints)
    analyst.goto(handover)
    item = analyst.locator("article.item", has_text=incident.split("/")[-2])
    item.locator("[name=readback]").fill("Sign-in is back, memory dump to be read, ring by ten")
    item.locator("button:has-text('Accept this item')").click()
    item.locator("text=Accepted").wait_for()
    analyst.goto(incident)
    analyst.fill("#product-notes textarea", "The index was rebuilt on Friday")
    press(analyst, "Add product note")
    follow(analyst, "Resolve")
    analyst.fill("[name=resolution]", "A restart of the application service")
    analyst.fill("[name=restored_at]", f"{local(timezone.now()):%H:%M}")
    press(analyst, "Resolve the incident")
    assert "Resolved" in analyst.inner_text(".vitals")
    lead.goto(incident)
    assert "index was rebuilt" not in lead.content()
    assert complaints == []


def log_a_call(page: Page) -> None:
    """With the keyboard alone, in the order of the conversation."""
    page.goto("/calls/new/")
    page.focus("[name=caller_name]")
    page.keyboard.type("IT on-call manager")
    said = {
        "customer": "Wexcombe", "call_back_number": "01632 960174", "service": "Compucare 8",
        "failure": "Nobody can sign in",
    }  # fmt: skip
    for name, typed in said.items():
        tab_to(page, name)
        page.keyboard.type(typed)
    tab_to(page, "who_affected")
    page.keyboard.press("Space")
    page.wait_for_selector("#verdict :text('Covered'), #verdict :text('Working hours')")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == "Log the incident":
            break
    page.keyboard.press("Enter")
    page.wait_for_url(LOGGED)
    if page.url.endswith("/decline/"):  # in working hours it is not covered, and the lead overrides that
        follow(page, "Back without doing it")
    assert not page.url.endswith("/decline/")


def log_a_phone_call(page: Page) -> None:
    """On the workbench in three keys: all but how it ended stands in the form already."""
    page.keyboard.press("c")
    page.wait_for_function("document.activeElement.name === 'outcome'")
    page.keyboard.press("ArrowDown")
    press_enter(page)
    page.get_by_text("Rang IT on-call manager: voicemail").wait_for()


def tab_to(page: Page, name: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"The tab key never comes to {name}")


def run_the_sop(page: Page) -> None:
    press(page, "Start SOP-03")
    page.wait_for_selector("[name=evidence]")
    page.fill("[name=evidence]", "Told the IT on-call manager, who agrees")
    page.click("button:has-text('Record step 4')")
    page.wait_for_selector("[name=confirm]")
    page.fill("[name=confirm]", "app-cc8-wexcombe-prod")
    page.click("button:has-text('Restart app-cc8-wexcombe-prod')")
    page.wait_for_selector("[name=answer]", timeout=30_000)
    page.check("[name=answer] >> nth=0")
    page.click("button:has-text('Record the answer')")
    page.click("button:has-text('Post the update')")
    page.wait_for_selector("text=Service restored")


def test_a_lost_connection_is_told(browser: Browser, desk: Desk) -> None:
    page = someone(browser, desk, "engineer.2@partner.example", [])
    page.clock.install()
    page.goto("/")
    for is_offline, said in ((False, "Live"), (True, "Not live"), (False, "Live")):
        page.context.set_offline(is_offline)
        for _ in range(3):
            with page.expect_event("requestfailed" if is_offline else "requestfinished"):
                page.clock.run_for(16_000)
        page.wait_for_selector(f"#as-of:text-matches('^{said}')")


def test_who_comes_second_keeps_their_words(browser: Browser, desk: Desk) -> None:
    lead = someone(browser, desk, "lead@partner.example", [])
    log_a_call(lead)
    incident = lead.url
    lead.goto(f"{incident}decline/")
    lead.check("[name=rule] >> nth=0")
    lead.fill("[name=told_caller]", "The desk rings you back at eight")
    engineer = someone(browser, desk, "engineer.2@partner.example", [])
    engineer.goto(incident)
    press(engineer, "Begin triage")
    press(lead, "Decline the call")
    assert "OOH engineer 2 has already begun triage" in lead.inner_text("h1")
    assert "The desk rings you back at eight" in lead.content()
