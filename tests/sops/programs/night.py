"""Acts of a night on the desk that OOH_VAR_DIR names: reads one a line, says `done` after each.

It is a program because the desk under test has a database, a queue and workers of its own.
"""

import os
import sys
from datetime import timedelta

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import Customer, Service, User  # noqa: E402
from incidents import services as incidents  # noqa: E402
from incidents.hours import needs_override  # noqa: E402
from sops import services, stepping, tasks  # noqa: E402
from sops.actions import simulated  # noqa: E402
from sops.models import Run, StepRun  # noqa: E402
from tests import factories  # noqa: E402
from tests.sops import making  # noqa: E402
from tests.sops.making import MANUAL, RESTART  # noqa: E402


def confirm() -> None:
    """A restart that is confirmed, and that hangs after it has happened."""
    engineer = User.objects.get(email="engineer.1@partner.example")
    customer = Customer.objects.get(short_name="harbour")
    service = Service.objects.get(code="compucare8")
    incident = factories.make_incident(by=engineer, customer=customer, service=service)
    making.triaging(incident, engineer)
    if needs_override(incident, timezone.now()):  # the worker goes by the real clock, which may say noon
        lead = User.objects.get(email="lead@partner.example")
        incidents.override_gate(incident.pk, reason="Tested by day", by=lead)
    people = {name: User.objects.get(email=f"{name}@vendor.example") for name in ("author", "approver")}
    review_on = timezone.now().date() + timedelta(days=30)
    version = making.make_approved([RESTART, MANUAL], services=[service], review_on=review_on, **people)
    run = services.start_run(incident.pk, version.pk, by=engineer)
    simulated.put(run.step_runs.get(position=1).component, "fault", {"name": "hang", "seconds": 60})
    services.confirm(run.pk, 1, typed="app-cc8-harbour-prod", by=engineer)


def redeliver() -> None:
    """The same message comes again, while nobody knows yet that the worker died."""
    stepping.hurry(Run.objects.latest("pk").pk)


def time_passes() -> None:
    """The claim is older than a restart may take, and the sweep comes round."""
    StepRun.objects.filter(state="claimed").update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    tasks.recover.delay()


def settle() -> None:
    """A person looked: the restart had happened."""
    engineer = User.objects.get(email="engineer.1@partner.example")
    run = Run.objects.latest("pk")
    services.settle_unknown(run.pk, 1, happened=True, evidence="The portal shows it", by=engineer)


ACTS = {"confirm": confirm, "redeliver": redeliver, "time_passes": time_passes, "settle": settle}

if __name__ == "__main__":
    for line in sys.stdin:
        ACTS[line.strip()]()
        print("done", flush=True)
