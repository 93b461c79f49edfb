"""Runs say whose they are and what their steps were, and the SOPs that are suspended stay so."""

from typing import Any

from django.db import migrations

CONTENT = (
    "kind", "title", "instructions", "action", "target_kind", "parameters", "options", "words",
    "stop_when_failed",
)  # fmt: skip


def carry_over(apps: Any, schema_editor: Any) -> None:
    for run in apps.get_model("sops", "Run").objects.select_related("incident", "version"):
        run.customer_id, run.service_id = run.incident.customer_id, run.incident.service_id
        run.content_hash = run.version.content_hash
        run.save()
    for row in apps.get_model("sops", "StepRun").objects.select_related("step"):
        row.content = {name: getattr(row.step, name) for name in CONTENT}
        row.save()
    suspensions = apps.get_model("sops", "Suspension").objects
    for sop in apps.get_model("sops", "Sop").objects.filter(is_suspended=True):
        suspensions.create(
            scope="sop", sop=sop, reason=sop.suspension_reason, suspended_by=sop.suspended_by,
            suspended_at=sop.suspended_at,
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("sops", "0002_automation")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
