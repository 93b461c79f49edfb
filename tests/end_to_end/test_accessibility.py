"""Every page in a real browser: axe finds nothing, nothing scrolls sideways, the console stays silent.

In the light and in the dark, on a desk and on a telephone, with something in every state.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response

from tests.end_to_end import world
from tests.end_to_end.window import open_window, press
from tests.plugins.desk import MANAGE, Desk, environment, run_desk, seeded_copy

pytestmark = [pytest.mark.browser, pytest.mark.workers]

BUILD = """import json; from tests.end_to_end import run_scenes, world
print(json.dumps(world.build() | run_scenes.build()))"""
TWICE = """() => [...document.querySelectorAll("[id]")].map((each) => each.id)
    .filter((id, place, all) => all.indexOf(id) !== place)"""
# Marks the page until a new one comes, or htmx has answered what a person asked.
ASKED = """() => {
    const { dataset } = document.documentElement;
    dataset.asked = "";
    addEventListener("htmx:afterSettle", ({ detail }) => {
        if (detail.requestConfig.triggeringEvent) delete dataset.asked;
    });
}"""
AXE = "(only) => axe.run({resultTypes: ['violations'], preload: false, ...only})"
# What differs with the scheme and the width; all else is looked for once on each page.
BY_LOOK = ("color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size")
WIDE, NARROW, NARROWEST = 1280, 390, 320
# Every page in both schemes and at both widths; the next page the other way round, since axe takes its time.
LOOKS = (((NARROW, "dark"), (WIDE, "light")), ((NARROW, "light"), (WIDE, "dark")))

# Where, who opens what: an address, or the name of one of the world's; after “>” a button to press there, and
# after “=” the status where it is neither 200 nor, for a form that comes back, 422.
PAGES = {
    "calls": (world.ENGINEER, [
        "/", "/calls/new/", "/calls/new/ > Log the incident", "call begun > Check", "proposal",
        "proposal > Log as incident", "proposal of nobody", "/deliveries/", "/search/?q=sign",
    ]),
    "incidents": (world.ENGINEER, [
        "incident logged", "incident not covered", "incident declined", "incident told",
        "incident told > Preview", "incident told > Use these words", "correction > Post the correction",
        "incident told > Add note", "incident told/decline/",
        "incident told/call/", "incident told/call/ > Log the call", "call off > Call it off",
        "incident told/escalate/", "incident told/resolve/ > Resolve the incident",
        "incident escalated", "incident escalated/resume-triage/", "incident resolved",
        "incident resolved/reopen/", "incident asks", "incident asks/keep-open/ > Keep it open",
        "incident opened again", "/incidents/", "/incidents/?q=nothing",
        "incident told/patient-data/report/", "incident told/patient-data/report/ > Hide it everywhere now",
        "files", "files > Add the file",
    ]),
    "SOPs": (world.ENGINEER, [
        "/sops/", "/sops/suspensions/", "/sops/SOP-03/", "/sops/SOP-07/", "/sops/coverage/",
        "start an SOP", "no SOP fits", "no SOP fits > page the team", "no SOP fitted/state-sop-gap/",
        "no SOP fitted", "run manual",
        "run manual > Record step", "run confirm", "run confirm > Restart", "run decision", "run stopped",
    ]),
    "runs": (world.ENGINEER, [
        "run running", "run under way", "run stopped under way", "run turned away", "run unknown",
        "run unknown > It happened", "run looked at", "run failed", "run held",
    ]),
    "rehearsals": (world.AUTHOR, [
        "run elevated", "run rehearsal posting", "run rehearsal posting > Leave it out",
        "run rehearsal closing",
    ]),
    "second person": (world.APPROVER, ["run elevated", "run confirm"]),
    "handover": (world.ENGINEER, [
        "/handovers/", "handover draft", "handover offered", "handover closed", "/rota/", "/pages/",
        "/reports/ = 403", "/incidents/OOH-2020-00001/ = 404",
    ]),
    # Somebody of their own: what guards the sign-in opens for ten minutes after it.
    "sign-in": (world.AUDITOR, [
        "/your-sign-in/", "/your-sign-in/set-up/", "/your-sign-in/app/ > Set up this app",
        "/your-sign-in/key/", "/your-sign-in/password/ > Change", "/lock/ > Continue",
    ]),
    "lead": (world.LEAD, [
        "incident not covered/override-gate/", "/rota/ > Add this shift", "/people/", "person",
        "incident told/share/ > Share it",
        "patient report", "patient report > Put the words back", "patient report/?words=1", "/patient-data/",
    ]),
    "desk": (world.ANALYST, ["/", "incident told", "handover offered", "handover offered > Accept this"]),
    "specialist": (world.SPECIALIST, ["/pages/", "/break-glass/ > Take the role"]),
    "manager": (world.MANAGER, [
        "/reports/", "/reports/2020-01/", "/reports/2099-01/ = 404", "/no-role/ = 403", "/subscribers/",
        "/integrations/", "/integrations/ > Add it", "person > End the access", "/break-glass/",
        "/access-reviews/", "access review",
        "/maintenance/", "/maintenance/plan/ > Plan it", "maintenance planned",
        "maintenance announced > Preview",
    ]),
    "auditor": (world.AUDITOR, ["/reads/", "/reads/?since=x", "/holds/"]),
    "holds": (world.MANAGER, ["/holds/ > Place the hold", "/people/export/ > Export what is held",
        "/sops/SOP-03/owners/ > Give it"]),
    "approver": (world.APPROVER, [
        "/sops/SOP-05/", "/sops/SOP-03/ > Suspend", "version that waits", "version not rehearsed",
        "version not rehearsed > Record decision", "/sops/suspensions/",
        "/sops/suspensions/ > Suspend it now",
    ]),
    # Not the forms of the administration, whose markup is Django's: axe complains of its breadcrumbs.
    "author": (world.AUTHOR, [
        "/sops/SOP-03/", "rehearse", "rehearse > Rehearse version", "version that waits",
        "version drafted", "version drafted > Save and submit", "version drafted > Add decision by a check",
    ]),
    "nobody": ("", [
        "/sign-in/", "/sign-in/ > Sign in", "/status/", "public incident", "/status/history/",
        "/status/subscribe/webhook/ > Subscribe", "subscription", "not confirmed",
        "/status/maintenance/", "public maintenance",
        "/nowhere/ = 404",
    ]),
}  # fmt: skip


@dataclass
class Walk:
    """A browser window on a desk, and what was found wrong so far."""

    places: dict[str, str]
    page: Page = field(init=False)
    problems: list[str] = field(default_factory=list)
    status: int = 0
    seen: int = 0

    def open(self, step: str) -> None:
        address, _, status = step.partition(" = ")
        place, _, button = address.partition(" > ")
        name, _, act = place.partition("/")
        self.page.goto(self.places[name] + act if name else place)
        if button:
            self.page.evaluate(
                "document.querySelectorAll('main details').forEach((each) => { each.open = true; })"
            )
            self.page.evaluate(ASKED)
            self.page.click(f"main .button:has-text('{button}'):visible")
            self.page.wait_for_selector("html:not([data-asked])")
            self.page.wait_for_load_state()
        wanted = [int(status)] if status else [200, 422]
        if self.status not in wanted:
            self.problems.append(f"{step}: answered {self.status}")

    def hear(self, page: Page) -> None:
        """Whatever the console complains of, but for the answer of a refused form or page."""
        self.page = page
        page.on("response", self.keep_status)
        page.on("pageerror", lambda error: self.complain(str(error)))
        page.on("console", lambda told: self.complain(str(told)) if _is_bad(told) else None)

    def complain(self, what: str) -> None:
        self.problems.append(f"{self.page.url}: {what}")

    def keep_status(self, response: Response) -> None:
        """How the last whole page was answered."""
        if response.request.is_navigation_request():
            self.status = response.status

    def look(self, step: str) -> None:
        """All that is asked of a page."""
        found = [*self._anatomy(), *self._seen_by_axe(), *self._sideways()]
        self.problems += [f"{step}: {each}" for each in found]

    def _anatomy(self) -> Iterator[str]:
        page = self.page
        if (count := page.locator("h1:visible").count()) != 1:
            yield f"{count} headings of the first level"
        if not page.title().strip() or page.get_attribute("html", "lang") not in ("en-GB", "en-gb"):
            yield f"title {page.title()!r}, language {page.get_attribute('html', 'lang')!r}"
        if twice := page.evaluate(TWICE):
            yield f"the same id twice: {twice}"

    def _seen_by_axe(self) -> Iterator[str]:
        self.page.evaluate(Axe().axe_script)
        self.seen += 1
        every_rule: dict[str, object] = {}
        some = {"runOnly": {"type": "rule", "values": BY_LOOK}}
        for (width, scheme), rules in zip(LOOKS[self.seen % 2], (every_rule, some), strict=True):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for violation in self.page.evaluate(AXE, rules)["violations"]:
                nodes = [node["target"] for node in violation["nodes"]]
                yield f"{violation['id']} in the {scheme} at {width}: {nodes[:3]}"

    def _sideways(self) -> Iterator[str]:
        self.page.set_viewport_size({"width": NARROWEST, "height": 700})
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            yield f"scrolls sideways at {NARROWEST}"
        self.page.set_viewport_size({"width": WIDE, "height": 900})


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, dict[str, str]]]:
    """A desk with something in every state, and where that is."""
    folder = seeded_copy(tmp_path_factory.mktemp("desk") / "var")
    command = [*MANAGE, "shell", "--verbosity=0", "-c", BUILD]
    told = subprocess.run(command, env=environment(folder), check=True, capture_output=True, text=True)
    with run_desk(folder) as desk:
        yield desk, json.loads(told.stdout)


def walk_of(browser: Browser, email: str, places: tuple[Desk, dict[str, str]]) -> Walk:
    """A window with this person signed in. Without motion: amid a change of colours no contrast holds."""
    desk, addresses = places
    walk = Walk(addresses)
    open_window(browser, desk, email, walk.hear, reduced_motion="reduce")
    return walk


def _is_bad(told: object) -> bool:
    return getattr(told, "type", "") == "error" and "the server responded with a status of 4" not in str(told)


@pytest.mark.parametrize("area", PAGES)
def test_axe_finds_nothing_on_any_page(
    area: str, browser: Browser, places: tuple[Desk, dict[str, str]]
) -> None:
    email, steps = PAGES[area]
    walk = walk_of(browser, email, places)
    for step in steps:
        walk.open(step)
        walk.look(step)
    assert "\n".join(walk.problems) == ""


def test_axe_finds_nothing_where_somebody_was_faster(
    browser: Browser, places: tuple[Desk, dict[str, str]]
) -> None:
    slow, fast = (walk_of(browser, email, places) for email in (world.LEAD, world.ENGINEER))
    for walk in (slow, fast):
        walk.open("incident logged")
    for walk in (fast, slow):
        press(walk.page, "Begin triage")
    assert "OOH engineer 1 has already begun triage" in slow.page.inner_text("h1")
    slow.look("somebody was faster")
    assert "\n".join(slow.problems) == ""
