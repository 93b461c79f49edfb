"""Take the pictures of the README: `make screenshots`. Starts a desk of its own with the demo, in a new
folder, and walks a part of the tour."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.plugins.services import browser_path  # noqa: E402  (found by the line above)

PICTURES = ROOT / "docs" / "pictures"
PASSWORD = "out-of-hours"  # noqa: S105  (of the demo)
BROWSER = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"OOH_VAR_DIR": folder}
        command = [sys.executable, str(ROOT / "manage.py"), "run", "--port", "0"]
        desk = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603  (ours)
        try:
            photograph(address_of(desk))
        finally:
            desk.send_signal(signal.SIGINT)
            desk.wait(30)


def address_of(desk: "subprocess.Popen[str]") -> str:
    for line in desk.stdout or ():
        if "READY " in line:
            return line.rpartition("READY ")[2].strip()
    raise SystemExit("The desk did not start")


def photograph(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER)
        page = browser.new_page(viewport={"width": 1280, "height": 860}, color_scheme="dark")
        sign_in(page, base)
        log_call(page, base)
        page.goto(base + "/")
        page.click(".board h3 a")
        press(page, "Begin triage")
        press(page, "Post update")
        page.goto(base + "/")
        page.screenshot(path=PICTURES / "board.png")
        page.click(".board h3 a")
        page.click(".action-bar >> text=Start an SOP")
        press(page, "Start SOP-03")
        page.fill("[name=evidence]", "Told the IT on-call manager, who agrees to the restart")
        page.click("button:has-text('Record step 4')")
        page.wait_for_selector("[name=confirm]")
        page.screenshot(path=PICTURES / "run.png")
        browser.close()


def press(page: Page, words: str) -> None:
    """Arrived is when the next page is loaded: the address alone may change under a form."""
    with page.expect_event("load"):
        page.click(f"button:has-text('{words}')")


def sign_in(page: Page, base: str) -> None:
    page.goto(base + "/sign-in/")
    page.fill("[name=username]", "lead@partner.example")
    page.fill("[name=password]", PASSWORD)
    press(page, "Sign in")


def log_call(page: Page, base: str) -> None:
    page.goto(base + "/calls/new/")
    page.fill("[name=caller_name]", "IT on-call manager")
    page.select_option("[name=customer]", label="Wexcombe Park Hospital")
    page.fill("[name=call_back_number]", "01632 960174")
    page.select_option("[name=service]", label="Compucare 8")
    page.select_option("[name=failure]", label="Nobody can sign in")
    page.check("[name=who_affected][value=everyone_all_sites]")
    press(page, "Log the incident")


if __name__ == "__main__":
    main()
