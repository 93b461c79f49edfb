"""Prometheus Alertmanager's webhook, version 4.

Severities critical, emergency, fatal, page, p1 and Azure's Sev0 to Sev2 page; every other proposes in
silence. Severity none, and the alerts that always fire to prove that alerting works, never propose.
"""

from incidents.alerts.common import (
    MAX_ALERTS,
    Alert,
    Json,
    NotUnderstood,
    State,
    alert,
    choice,
    moment,
    part,
    refuse,
    required_moment,
    required_text,
    text,
)

STATES: dict[str, State] = {"firing": "fired", "resolved": "resolved"}
PAGING = ("critical", "emergency", "fatal", "page", "p1", "sev0", "sev1", "sev2")
ALWAYS_FIRING = ("watchdog", "deadmansswitch")
TARGETS = ("instance", "target", "host", "hostname", "node")
TITLES = ("summary", "title")
SUMMARIES = ("description", "details", "message")


def read(payload: Json) -> list[Alert]:
    """Every alert of a group, each with a state of its own."""
    if payload.get("version") != "4":
        refuse("version", 'is not "4"', "send the webhook of Alertmanager 0.7 or later, unchanged")
    alerts = payload.get("alerts")
    if not isinstance(alerts, list) or not alerts:
        refuse("alerts", "is not a list with at least one alert", "send the webhook unchanged")
    if len(alerts) > MAX_ALERTS:
        refuse("alerts", f"has more than {MAX_ALERTS} alerts", "set max_alerts in Alertmanager's webhook")
    left_out = what_was_left_out(payload)
    return [read_one(item, f"alerts[{index}]", left_out) for index, item in enumerate(alerts)]


def read_one(item: object, where: str, left_out: str) -> Alert:
    if not isinstance(item, dict):
        raise NotUnderstood(f"{where} is not an object: send the webhook of Alertmanager unchanged.", where)
    labels = part(item, "labels", f"{where}.")
    label = {name: text(labels, name, f"{where}.labels.") for name in ("alertname", "severity", *TARGETS)}
    began = required_moment(item, "startsAt", f"{where}.")
    key = required_text(item, "fingerprint", f"{where}.", "send the webhook of Alertmanager unchanged")
    targets = [label[name] for name in TARGETS]
    name = label["alertname"] or "Alert without a name"
    heading, body = words(item, where)
    return alert(
        source="alertmanager",
        key=f"{key}@{began.isoformat()}",
        state=choice(item, "status", f"{where}.", STATES),
        title=heading or " on ".join([name, *[target for target in targets if target][:1]]),
        summary=body or heading,
        severity=label["severity"],
        never=why_never(name, label["severity"]),
        quiet=why_quiet(label["severity"]),
        note=left_out,
        fired_at=began,
        resolved_at=moment(item, "endsAt", f"{where}."),
        targets=targets,
        monitor=name,
        labels=labels.items(),
    )


def words(item: Json, where: str) -> tuple[str, str]:
    """The annotations that people write for people: a heading and a sentence, either may be empty."""
    annotations = part(item, "annotations", f"{where}.") if item.get("annotations") is not None else {}
    inside = f"{where}.annotations."
    heading = next(filter(None, (text(annotations, name, inside) for name in TITLES)), "")
    return heading, next(filter(None, (text(annotations, name, inside) for name in SUMMARIES)), "")


def why_never(name: str, severity: str) -> str:
    if name.lower() in ALWAYS_FIRING:
        return "This alert always fires, to prove that alerting works."
    return "Severity none says that nobody needs to act." if severity.lower() == "none" else ""


def why_quiet(severity: str) -> str:
    if severity.lower() in PAGING:
        return ""
    given = f"Severity {severity}" if severity else "An alert without a severity"
    return f"{given} does not page: critical does."


def what_was_left_out(payload: Json) -> str:
    """Alertmanager's own cap leaves alerts out and only counts them; somebody should know."""
    count = payload.get("truncatedAlerts")
    if isinstance(count, int) and 0 < count < 10**9:
        return f"Alertmanager left {count} more of this group out of its message."
    return ""
