"""UptimeRobot's webhook, whose JSON the customer builds from placeholders; ours has the placeholders' names.

`{"monitorID": "*monitorID*", "monitorFriendlyName": "*monitorFriendlyName*", "monitorURL": "*monitorURL*",
"alertType": "*alertType*", "alertDetails": "*alertDetails*", "alertDateTime": "*alertDateTime*"}`
Every monitor that is down proposes and pages: UptimeRobot reports outages and has no severities.
"""

from datetime import datetime

from incidents.alerts.common import (
    Alert,
    Json,
    State,
    alert,
    choice,
    from_epoch,
    has_zone,
    host,
    identity,
    moment,
    text,
    word,
)

STATES: dict[str, State] = {"1": "fired", "2": "resolved", "down": "fired", "up": "resolved"}
TEMPLATE = "add it to the webhook's JSON in UptimeRobot"


def read(payload: Json) -> list[Alert]:
    """The one monitor of an UptimeRobot payload."""
    key = identity(payload, "monitorID", "", TEMPLATE)
    state = choice(payload, "alertType", "", STATES)
    at = sent_at(payload)
    name = text(payload, "monitorFriendlyName") or f"UptimeRobot monitor {key}"
    return [
        alert(
            source="uptimerobot",
            key=key,
            state=state,
            title=f"{name} is {'down' if state == 'fired' else 'up again'}",
            summary=text(payload, "alertDetails"),
            severity="down" if state == "fired" else "up",
            note="" if at else "alertDateTime has no zone or is missing: the time of arrival counts.",
            fired_at=at if state == "fired" else None,
            resolved_at=at,
            targets=[host(text(payload, "monitorURL"))],
            monitor=name,
            labels=[("monitor_id", key)],
        )
    ]


def sent_at(payload: Json) -> datetime | None:
    """The alert's time; None where it has no zone, because UptimeRobot then writes its account's own."""
    value = word(payload.get("alertDateTime"))
    if value.isascii() and value.isdigit() and len(value) < 12:
        return from_epoch(int(value))
    return moment(payload, "alertDateTime") if has_zone(value) else None
