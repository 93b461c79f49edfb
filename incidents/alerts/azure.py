"""Azure Monitor alerts in the common alert schema (schemaId azureMonitorCommonAlertSchema).

What opens a proposal and what wakes somebody:
- Sev0, Sev1 and Sev2 page. Sev3, Sev4 and no severity propose in silence: availability tests made in the
  portal are Sev4 and all that comes from the activity log is too, so Sev4 alone cannot mean "ignore".
- Costs, Service Health other than an outage or a security matter, a resource that is available again, and
  informational activity log entries (somebody did something) never propose.
- A resource that an authorised person stopped does propose: stopped by mistake is down all the same.
"""

import re

from incidents.alerts.common import (
    Alert,
    Json,
    NotUnderstood,
    State,
    alert,
    choice,
    loose,
    moment,
    part,
    required_moment,
    required_text,
    text,
    texts,
    word,
)

SCHEMA = "azureMonitorCommonAlertSchema"
WHERE = "data.essentials."
STATES: dict[str, State] = {"Fired": "fired", "Resolved": "resolved"}
PAGING = ("sev0", "sev1", "sev2")
OUTAGES = ("", "incident", "security")
QUIET_LEVELS = ("informational", "verbose", "4", "5")  # Service Health and some entries send the number
COMPARISONS = {
    "GreaterThan": "above",
    "GreaterThanOrEqual": "at or above",
    "GreaterOrLessThan": "outside",
    "LessThan": "below",
    "LessThanOrEqual": "at or below",
    "Equals": "equal to",
}
TURN_ON = "turn on the common alert schema in the action group"


def read(payload: Json) -> list[Alert]:
    """The one alert of an Azure payload."""
    require_schema(payload)
    essentials = part(part(payload, "data"), "essentials", "data.")
    data = loose(payload["data"])
    context = loose(data.get("alertContext"))
    state = choice(essentials, "monitorCondition", WHERE, STATES)
    rule, items = monitor(essentials), texts(essentials, "configurationItems", WHERE)
    return [
        alert(
            source="azure",
            key=dedup_key(essentials),
            state=state,
            title=title(rule, items, state, context),
            summary=f"{condition(context)} {text(essentials, 'description', WHERE)}",
            severity=text(essentials, "severity", WHERE),
            never=why_never(essentials, context),
            quiet=why_quiet(text(essentials, "severity", WHERE)),
            fired_at=required_moment(essentials, "firedDateTime", WHERE),
            resolved_at=moment(essentials, "resolvedDateTime", WHERE),
            targets=texts(essentials, "alertTargetIDs", WHERE),
            monitor=rule,
            labels=[*own_labels(essentials, context), *loose(data.get("customProperties")).items()],
        )
    ]


def require_schema(payload: Json) -> None:
    """Refuse a fragment, and the older formats that each Azure service has of its own."""
    if payload.get("schemaId") == SCHEMA:
        return
    if "data" not in payload and "alertContext" in payload:
        raise NotUnderstood(
            "This is only the alertContext of an Azure alert: schemaId and data.essentials are missing; "
            f"send the whole alert, and {TURN_ON}.",
            "schemaId",
        )
    problem = "is not the common alert schema" if payload.get("schemaId") else "is missing"
    raise NotUnderstood(f"schemaId {problem}: {TURN_ON}, so that it reads {SCHEMA}.", "schemaId")


def dedup_key(essentials: Json) -> str:
    """The alert's id, which its resolution repeats.

    Activity log and cost alerts may carry the id of their rule, the same at each firing: there the time of
    the firing, which a resolution repeats too, tells one from the next.
    """
    key = required_text(essentials, "alertId", WHERE, TURN_ON).lower()
    if "/microsoft.alertsmanagement/alerts/" in key:
        return key
    return f"{key}@{required_moment(essentials, 'firedDateTime', WHERE).isoformat()}"


def monitor(essentials: Json) -> str:
    """The rule's name, or for the alerts that have no rule, such as a budget, the service that sent it."""
    return (
        text(essentials, "alertRule", WHERE)
        or text(essentials, "monitoringService", WHERE)
        or "Azure alert without a rule"
    )


def title(rule: str, items: list[str], state: State, context: Json) -> str:
    """What happened to what, in the words that Azure has for it."""
    web_test = word(first_criterion(context).get("webTestName"))
    if web_test:
        return f"Availability test {'failing' if state == 'fired' else 'passing again'}: {web_test}"
    told = word(loose(context.get("properties")).get("title"))
    return told or (f"{rule} on {items[0]}" if items and items[0].lower() != rule.lower() else rule)


def first_criterion(context: Json) -> Json:
    criteria = loose(context.get("condition")).get("allOf")
    return loose(criteria[0]) if isinstance(criteria, list) and criteria else {}


def condition(context: Json) -> str:
    """The measured condition as a sentence: "Waiting was 812 over 1 hour (the alert is for above 500)."."""
    criterion = first_criterion(context)
    measure = word(criterion.get("metricName")) or word(criterion.get("metricMeasureColumn"))
    value, threshold = word(criterion.get("metricValue")), word(criterion.get("threshold"))
    if not value:
        return ""
    operator = word(criterion.get("operator"))
    limit = f" (the alert is for {COMPARISONS.get(operator, operator)} {threshold})" if threshold else ""
    return f"{measure or 'The measured value'} was {value}{window(context)}{limit}."


def window(context: Json) -> str:
    size = word(loose(context.get("condition")).get("windowSize"))
    match = re.fullmatch(r"PT([0-9]{1,4})([MH])", size)
    if not match:
        return ""
    unit = "minute" if match.group(2) == "M" else "hour"
    return f" over {match.group(1)} {unit}{'' if match.group(1) == '1' else 's'}"


def why_quiet(severity: str) -> str:
    if severity.lower() in PAGING:
        return ""
    return f"{severity or 'An alert without a severity'} does not page: only Sev0, Sev1 and Sev2 do."


def why_never(essentials: Json, context: Json) -> str:
    """Why an alert of this kind opens no proposal, or nothing."""
    service = text(essentials, "monitoringService", WHERE).lower().replace(" ", "")
    properties = loose(context.get("properties"))
    if service == "costalerts" or word(context.get("AlertCategory")).lower() == "budgets":
        return "A budget or cost alert does not say that a service is down."
    if service == "servicehealth":
        return why_never_health(word(properties.get("incidentType")), word(context.get("status")))
    if service == "resourcehealth":
        available = word(properties.get("currentHealthStatus")).lower() == "available"
        return "The resource is available again." if available else ""
    activity = service.startswith("activitylog") or text(essentials, "signalType", WHERE) == "Activity Log"
    if activity and word(context.get("level")).lower() in QUIET_LEVELS:
        return "An informational activity log entry records what somebody did, not that a service is down."
    return ""


def why_never_health(kind: str, status: str) -> str:
    if kind.lower() == "maintenance":
        return "Azure Service Health announces planned maintenance: it does not say that a service is down."
    if kind.lower() not in OUTAGES:
        return "Azure Service Health gives advice or information: it does not say that a service is down."
    return "Azure Service Health says that its outage is over." if status.lower() == "resolved" else ""


def own_labels(essentials: Json, context: Json) -> list[tuple[str, object]]:
    """What helps to find the component: never who did it, nor the text of a query."""
    properties = loose(context.get("properties"))
    return [
        ("monitoring_service", text(essentials, "monitoringService", WHERE)),
        ("signal_type", text(essentials, "signalType", WHERE)),
        ("condition_type", context.get("conditionType")),
        ("metric", first_criterion(context).get("metricName")),
        ("operation", context.get("operationName")),
        ("service", properties.get("service")),
        ("region", properties.get("region")),
        ("tracking_id", properties.get("trackingId")),
        ("health", properties.get("currentHealthStatus")),
        ("cause", properties.get("cause")),
    ]
