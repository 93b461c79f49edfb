"""Calls were lines of the timeline, and one promise a column of the incident: each becomes a call."""

from typing import Any

from django.db import migrations

OUTCOMES = ("spoke", "voicemail", "busy", "no_answer", "refused", "will_call_back")


def carry_over(apps: Any, schema_editor: Any) -> None:
    entries = apps.get_model("incidents", "TimelineEntry").objects.filter(call=None)
    for incident in apps.get_model("incidents", "Incident").objects.iterator():
        spoken = entries.filter(incident=incident, kind__in=("logged", "call")).order_by("id")
        calls = [_call(apps, incident, entry) for entry in spoken if _is_call(incident, entry)]
        if incident.call_back_due_at and calls:
            to_caller = [call for call in calls if call.who == incident.caller_name]
            (to_caller or calls)[-1].next_call_at = incident.call_back_due_at
        apps.get_model("incidents", "PhoneCall").objects.bulk_create(calls)


def _is_call(incident: Any, entry: Any) -> bool:
    """An incident of an alert was logged without a call; if one was promised, somebody rang."""
    return entry.kind == "call" or incident.source != "alert" or bool(incident.call_back_due_at)


def _call(apps: Any, incident: Any, entry: Any) -> Any:
    who, is_first = incident.caller_name, entry.kind == "logged"
    if not is_first:
        who = entry.title.removeprefix("Rang ").removeprefix("Call from ")[:120]
    outcome = entry.data.get("outcome")
    return apps.get_model("incidents", "PhoneCall")(
        incident=incident, entry=entry, who=who, by=entry.by, at=entry.happened_at,
        number=incident.call_back_number if who == incident.caller_name else "",
        direction="in" if is_first else entry.data.get("direction") or "out",
        purpose="report" if is_first else "other",
        outcome=outcome if outcome in OUTCOMES and not is_first else "spoke",
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("incidents", "0005_calls_and_alerts")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
