"""Pingdom's webhook: uptime checks are UP or DOWN, transaction checks SUCCESS or FAILING.

Every check that is down proposes; it pages unless its importance is LOW. The time of a recovery is not the
time of its outage, so the key is the check alone (see Alert.dedup_key).
"""

from datetime import datetime

from incidents.alerts.common import (
    Alert,
    Json,
    State,
    alert,
    choice,
    from_epoch,
    host,
    identity,
    loose,
    refuse,
    text,
    word,
)

STATES: dict[str, State] = {"DOWN": "fired", "UP": "resolved", "FAILING": "fired", "SUCCESS": "resolved"}
UNCHANGED = "send the webhook of Pingdom unchanged"


def read(payload: Json) -> list[Alert]:
    """The one check of a Pingdom payload."""
    check = identity(payload, "check_id", "", UNCHANGED)
    state = choice(payload, "current_state", "", STATES)
    changed_at = changed(payload)
    name = text(payload, "check_name") or f"Pingdom check {check}"
    importance = text(payload, "importance_level")
    return [
        alert(
            source="pingdom",
            key=check,
            state=state,
            title=f"{name} is {'down' if state == 'fired' else 'up again'}",
            summary=text(payload, "long_description") or text(payload, "description"),
            severity=importance,
            quiet="Importance LOW does not page." if importance.lower() == "low" else "",
            fired_at=changed_at if state == "fired" else None,
            resolved_at=changed_at,
            targets=[host(word(loose(payload.get("check_params")).get("hostname")))],
            monitor=name,
            labels=[("check_type", payload.get("check_type")), ("check_id", check)],
        )
    ]


def changed(payload: Json) -> datetime:
    value = payload.get("state_changed_timestamp")
    seconds = value if isinstance(value, int) and not isinstance(value, bool) else 0
    return from_epoch(seconds) or refuse(
        "state_changed_timestamp", "is not a time in seconds since 1970", UNCHANGED
    )
