"""Print how long it takes from pressing start to the first check's result on the page, over bare Celery.

Run it as `python docs/benchmarks/sop_start.py`. It starts a desk of its own with the demo (web, worker and
scheduler, as `make run` does) in a folder that it removes again. Each round takes two samples, one after the
other: a task that does nothing, from sending it to having its result; and an SOP that is started by the form,
until its page shows what its first check saw. The page is opened as the form's answer says, then read again
as it reads itself: by htmx, only the part that changes. But without the page's pauses (a fifth of a
second, then two), so that the desk is measured and not the pause. Fails above LIMIT_MS of difference.
"""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
os.environ["OOH_MODE"] = "embedded"

ROUNDS, WARM_UP, LIMIT_MS = 100, 5, 50
PAUSE = 0.002  # seconds between two reads of the page
ENGINEER, LEAD = "engineer.1@partner.example", "lead@partner.example"
SOP, CHECK = "SOP-03", "No Azure event in UK South"
LIVE = re.compile(r"""hx-vals='\{"seen": "(\w+)", "said": "(\w+)"\}'""")
VERSION = re.compile(rf'name="sop" value="{SOP}"><input type="hidden" name="version" value="(\d+)"')


@contextlib.contextmanager
def desk() -> Iterator[str]:
    """The address of a desk with the demo. Results of tasks are kept in files, for the bare ones."""
    command = [sys.executable, str(ROOT / "manage.py"), "run", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
    try:
        ready = next((line for line in process.stdout or () if line.startswith("READY ")), None)
        if ready is None:
            raise SystemExit("The desk did not start: run `python manage.py run` to see why")
        yield ready.split()[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def waiting_incidents(number: int) -> list[Any]:
    """Incidents in triage, on which an SOP may be started at whatever hour this runs."""
    from django.utils import timezone

    from accounts.models import Customer, User
    from incidents import services
    from incidents.hours import needs_override
    from tests.factories import make_incident

    engineer, lead = (User.objects.get(email=email) for email in (ENGINEER, LEAD))
    customer = Customer.objects.get(short_name="wexcombe")
    incidents = [
        services.begin_triage(make_incident(by=engineer, customer=customer).pk, by=engineer)
        for _ in range(number)
    ]
    for incident in incidents:
        if needs_override(incident, timezone.now()):
            services.override_gate(incident.pk, reason="A benchmark by day", by=lead)
    return incidents


class Browser:
    """Somebody signed in, on one connection that stays open."""

    def __init__(self, url: str) -> None:
        import httpx2

        from accounts.demo import DEMO_PASSWORD

        self.http = httpx2.Client(base_url=url, headers={"Referer": url})
        self.http.get("/sign-in/")
        self.post("/sign-in/", username=ENGINEER, password=DEMO_PASSWORD)

    def get(self, path: str) -> str:
        return str(self.http.get(path).raise_for_status().text)

    def read_again(self, path: str, seen: str, said: str) -> str:
        """As the page of a run reads itself; `seen` and `said` stand in it."""
        asked = self.http.get(path, params={"seen": seen, "said": said}, headers={"HX-Request": "true"})
        return str(asked.raise_for_status().text)

    def post(self, path: str, **fields: str) -> str:
        """The address of the page that comes of it."""
        token = {"csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        answer = self.http.post(path, data=fields | token)
        if not answer.has_redirect_location:
            raise SystemExit(f"{path} was answered with {answer.status_code}")
        return str(answer.headers["Location"])


def bare() -> float:
    """A task of Celery's own that does nothing, sent, done and known to be done, in milliseconds."""
    from ooh.celery import app

    began = time.perf_counter()
    app.tasks["celery.accumulate"].apply_async(args=(1,), ignore_result=False).get(timeout=20, interval=0.001)
    return (time.perf_counter() - began) * 1000


def pressed(browser: Browser, incident: Any) -> tuple[float, float]:
    """Start the SOP by its form, and read the page until it shows what the first check saw.

    Milliseconds until the form is answered, and until the page shows it.
    """
    path = f"/incidents/{incident.reference}/sop/"
    if (found := VERSION.search(browser.get(path))) is None:
        raise SystemExit(f"{SOP} cannot be started on {incident}")
    began = time.perf_counter()
    run = browser.post(path, sop=SOP, version=found[1], seen="triaging")
    answered = time.perf_counter()
    page = drawn = browser.get(run)
    while CHECK not in page:
        time.sleep(PAUSE)
        if (live := LIVE.search(drawn)) is None or time.perf_counter() - began > 30:
            raise SystemExit(f"{run} shows no result")
        page = browser.read_again(run, *live.groups())
        drawn = page if LIVE.search(page) else drawn
    return (answered - began) * 1000, (time.perf_counter() - began) * 1000


def settle() -> None:
    """Let the worker finish what follows, and begin the next sample at no particular moment."""
    from sops.models import Run

    while Run.objects.filter(state=Run.State.RUNNING).exists():
        time.sleep(0.05)
    time.sleep(random.uniform(0.2, 0.4))  # noqa: S311


def told(name: str, samples: list[float]) -> str:
    tenths = quantiles(samples, n=10)
    return f"  {name}: median {median(samples):.1f} ms, nine in ten below {tenths[8]:.1f} ms"


def main() -> int:
    with desk() as url:
        import django

        django.setup()
        browser = Browser(url)
        samples: list[tuple[float, float, float]] = []
        for incident in waiting_incidents(WARM_UP + ROUNDS):
            settle()
            alone = bare()
            settle()
            samples.append((alone, *pressed(browser, incident)))
    alone_all, answered, shown = (list(column) for column in zip(*samples[WARM_UP:], strict=True))
    over = median(shown) - median(alone_all)
    print(f"{ROUNDS} rounds, on SQLite and the broker of the embedded default")
    print(told("a bare task, there and back", alone_all))
    print(told("start pressed, until the form is answered", answered))
    print(told("start pressed, until the page shows the check", shown))
    print(f"  over the bare task: {over:.1f} ms")
    return int(over > LIMIT_MS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results")
        results.mkdir()
        os.environ |= {"OOH_VAR_DIR": folder, "TMPDIR": folder, "CELERY_RESULT_BACKEND": f"file://{results}"}
        sys.exit(main())
