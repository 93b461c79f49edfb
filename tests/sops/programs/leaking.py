"""People on the desk that OOH_VAR_DIR names, whose machines stand at an Azure that lets secrets slip.

Reads one act a line as JSON, `["begin", {"names": ["kept"]}]`, and answers with a line of JSON.
"""

import json
import os
import sys
from datetime import timedelta
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from incidents import services as incidents  # noqa: E402
from incidents.hours import needs_override  # noqa: E402
from incidents.models import OutboxRow  # noqa: E402
from sops import reviewing, services, tasks  # noqa: E402
from sops.models import Run, SopVersion, StepRun  # noqa: E402
from tests import factories  # noqa: E402
from tests.sops import making  # noqa: E402
from tests.sops.azure import acting  # noqa: E402
from tests.sops.azure.acting import RESTART_MACHINE  # noqa: E402
from tests.sops.making import MANUAL  # noqa: E402
from tests.standins.azure import VM  # noqa: E402

CHECK_MACHINE = {
    "kind": "check", "title": "Read the machine", "action": "instance_state",
    "target_kind": "virtual_machine",
}  # fmt: skip


def read(name: str) -> None:
    """A run that begins with a check; its SOP is to be reviewed soon, which its owner hears by e-mail."""
    _run(name, _version([CHECK_MACHINE, MANUAL]))
    reviewing.announce_due(timezone.now())


def restart(names: list[str], broken: str) -> None:
    """A restart of each machine, confirmed; the end of one of them the database refuses, with these words."""
    _refuse_in_the_database("Restarted vm-broken", broken)
    version = _version([RESTART_MACHINE, CHECK_MACHINE, MANUAL])
    for name in names:
        run = _run(name, version)
        services.confirm(run.pk, 1, typed=f"vm-{name}", by=_person("engineer.1@partner"))


def go_on(evidence: str) -> None:
    """What people do about each restart, until each run has come to its manual step and to its end."""
    by = _person("engineer.1@partner")
    for step in StepRun.objects.filter(position=1, state=StepRun.State.UNKNOWN):
        services.settle_unknown(step.run_id, 1, happened=False, evidence=evidence, by=by)
    for step in StepRun.objects.filter(position=1, state=StepRun.State.FAILED, risk="disruptive"):
        services.go_on(step.run_id, 1, by=by)


def _refuse_in_the_database(summary: str, words: str) -> None:
    quoted = words.replace("'", "''")
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER broken BEFORE UPDATE ON sops_steprun WHEN NEW.summary = '{summary}' "
            f"BEGIN SELECT RAISE(ABORT, '{quoted}'); END"
        )


def look() -> str:
    """Asked for wherever it is not known; what is kept of the address that goes on."""
    for step in StepRun.objects.filter(state=StepRun.State.UNKNOWN):
        services.look(step.run_id, 1, by=_person("engineer.1@partner"))
    kept = StepRun.objects.get(component__name="vm-kept", state=StepRun.State.UNDERWAY)
    return str(kept.operation["url"])


def told() -> dict[str, Any]:
    """What has become of it all; and what is due is asked after now, not with the next sweep."""
    if StepRun.objects.filter(state=StepRun.State.UNDERWAY, due_at__lte=timezone.now()).exists():
        tasks.recover.delay()
    runs = Run.objects.filter(incident__customer__is_simulated=False).select_related("customer")
    outbox = OutboxRow.objects.exclude(last_error="").values_list("destination", "last_error")
    return {
        "steps": {run.customer.short_name: [each.state for each in run.ordered]
                  for run in runs.prefetch_related("step_runs")},
        "looks": list(StepRun.objects.exclude(look_words="").values_list("look_words", flat=True)),
        "undelivered": sorted({f"{destination}: {words}" for destination, words in outbox}),
    }  # fmt: skip


def _version(steps: list[dict[str, Any]]) -> SopVersion:
    review_on = timezone.localdate() + timedelta(days=5)
    return making.make_approved(
        steps, services=[factories.make_service()], review_on=review_on, author=_person("author@vendor"),
        approver=_person("approver@vendor"),
    )  # fmt: skip


def _run(name: str, version: SopVersion) -> Run:
    customer = acting.make_hospital(short_name=name)
    customer.components.update(resource_id=f"{VM}-{name}")
    by = _person("engineer.1@partner")
    incident = making.triaging(factories.make_incident(by=by, customer=customer), by)
    if needs_override(incident, timezone.now()):  # the workers go by the real clock, which may say noon
        incidents.override_gate(incident.pk, reason="Tested by day", by=_person("lead@partner"))
    return services.start_run(incident.pk, version.pk, by=by)


def _person(name: str) -> User:
    return User.objects.get(email=f"{name}.example")


ACTS = {act.__name__: act for act in (read, restart, look, go_on, told)}

if __name__ == "__main__":
    for line in sys.stdin:
        name, given = json.loads(line)
        print(json.dumps(ACTS[name](**given)), flush=True)
