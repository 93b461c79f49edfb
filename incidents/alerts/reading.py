"""One door for every inbound alert: find out who sent it, and hand it to that sender's reader."""

from incidents.alerts import alertmanager, azure, pingdom, uptimerobot
from incidents.alerts.common import Alert, Json, NotUnderstood, Reader

READERS: dict[str, Reader] = {
    "azure": azure.read,
    "alertmanager": alertmanager.read,
    "pingdom": pingdom.read,
    "uptimerobot": uptimerobot.read,
}
SOURCES = tuple(READERS)
# A field that only this sender's payloads have, in the order in which they are tried.
MARKS = {
    "schemaId": "azure",
    "alertContext": "azure",
    "alerts": "alertmanager",
    "check_id": "pingdom",
    "monitorID": "uptimerobot",
}
KNOWN = (
    "send an Azure Monitor alert in the common alert schema, or the webhook of Alertmanager, Pingdom "
    "or UptimeRobot"
)


def read(payload: object, source: str | None = None) -> list[Alert]:
    """Every alert in a decoded JSON payload, at least one; `source` insists on one sender's shape.

    Raises NotUnderstood, and nothing else, for whatever cannot be read.
    """
    if not isinstance(payload, dict):
        raise NotUnderstood(f"This is not an alert that we know: it is not a JSON object; {KNOWN}.")
    sender = recognise(payload) if source is None else source
    if sender not in READERS:
        raise NotUnderstood(f"The source is not one that we know: use {', '.join(SOURCES)}.", "source")
    return READERS[sender](payload)


def recognise(payload: Json) -> str:
    """The sender whose mark the payload carries."""
    sender = next((sender for mark, sender in MARKS.items() if mark in payload), None)
    if sender is None:
        raise NotUnderstood(f"This is not an alert that we know: it has none of {', '.join(MARKS)}; {KNOWN}.")
    return sender
