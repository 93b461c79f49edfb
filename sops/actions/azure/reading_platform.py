"""What Azure itself says: of its own events, of a resource's health, of what was done, and of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sops.actions.azure.reading import (
    Json,
    clean,
    counted,
    last_part,
    list_of,
    listed,
    missing,
    not_all,
    number_of,
    object_of,
    properties_of,
    short,
    text_of,
    time_of,
    when,
    word_of,
)
from sops.actions.outcomes import Finding
from sops.actions.parameters import Measured

# ---------- Events of Azure ----------


def service_events(events: Sequence[Json], is_whole: bool, region: str, now: datetime) -> Finding:
    """The outages of Azure that go on, in this region. An event that names no region counts as here."""
    going_on = [fields for each in events if _goes_on(fields := object_of(each, "properties"))]
    here = [fields for fields in going_on if _is_here(fields, region)]
    elsewhere = len(going_on) - len(here)
    if here:
        words = f"{counted(len(here), 'Azure event')} in {region}: " + "; ".join(
            _event_words(fields, now) for fields in here[:3]
        )
    else:
        words = f"No Azure event in {region}"
        words += f", {elsewhere} elsewhere" if elsewhere else ""
    data = {"events": len(here), "elsewhere": elsewhere}
    return Finding(short(words + not_all(is_whole)), is_bad=bool(here) or not is_whole, data=data)


def _goes_on(fields: Json) -> bool:
    return word_of(fields, "eventType") == "serviceissue" and word_of(fields, "status") == "active"


def _is_here(fields: Json, region: str) -> bool:
    regions = [each for impact in list_of(fields, "impact") for each in list_of(impact, "impactedRegions")]
    names = {_plain(text_of(each, "impactedRegion")) for each in regions}
    over = {_plain(text_of(each, "impactedRegion")) for each in regions if _is_over(each)}
    return not names or bool({_plain(region), "global"} & (names - over))


def _is_over(region: Json) -> bool:
    return word_of(region, "status") == "resolved"


def _plain(region: str) -> str:
    """`UK South` and `uksouth` are one place."""
    return "".join(region.split()).lower()


def _event_words(fields: Json, now: datetime) -> str:
    services = [clean(text_of(impact, "impactedService")) for impact in list_of(fields, "impact")]
    began = time_of(fields, "impactStartTime")
    words = listed([name for name in services if name], most=3) or "services not named"
    return words + (f" since {when(began, now)}" if began else "")


# ---------- The health of one resource ----------


_AVAILABILITY = {
    "available": "Available: Azure knows of no problem of its own", "unavailable": "Unavailable",
    "degraded": "Degraded", "unknown": "Azure has not heard of it for some minutes",
}  # fmt: skip
_REASONS = {"planned": "planned by Azure", "unplanned": "not planned", "userinitiated": "somebody did it"}


def resource_health(body: Json, now: datetime) -> Finding:
    fields = properties_of(body)
    state = word_of(fields, "availabilityState")
    if not state:
        raise missing("the health of the target")
    words = _AVAILABILITY.get(state, f"In the state {clean(state)}")
    if state == "available":
        return Finding(words, data={"state": state})
    since = time_of(fields, "occuredTime") or time_of(fields, "occurredTime")
    reason = _REASONS.get("".join(word_of(fields, "reasonType").split()), "")
    words += (f" since {when(since, now)}" if since else "") + (f", {reason}" if reason else "")
    return Finding(words, is_bad=True, data={"state": clean(state)})


# ---------- What was done ----------


_DEEDS = {
    "sendmessage": "message to a user", "slotsswap": "slot swap", "resetconnection": "reset",
    "write": "change", "delete": "deletion",
}  # fmt: skip


def activity(events: Sequence[Json], is_whole: bool, hours: int, now: datetime) -> Finding:
    """What was done to the target, the last first; who did it is not read. One line for each operation."""
    last: dict[tuple[str, str], tuple[datetime, Json]] = {}
    for each in events:
        at = time_of(each, "eventTimestamp")
        key = (text_of(each, "correlationId"), _value(each, "operationName").lower())
        if at is not None and (key not in last or last[key][0] < at):
            last[key] = (at, each)
    deeds = sorted(last.values(), key=lambda deed: deed[0], reverse=True)
    span = f"in the last {hours} hours" if hours > 1 else "in the last hour"
    if not deeds:
        return Finding(f"Nothing written down {span}. Azure may be some minutes late")
    told = "; ".join(_deed_words(event, at, now) for at, event in deeds[:4])
    failed = sum(_value(event, "status").lower() == "failed" for _, event in deeds)
    words = f"{len(deeds)} done {span}: {told}"
    data = {"events": len(deeds), "failed": failed}
    return Finding(short(words + not_all(is_whole)), is_bad=failed > 0, data=data)


def _deed_words(event: Json, at: datetime, now: datetime) -> str:
    name, status = _value(event, "operationName"), _value(event, "status")
    what = last_part(name.lower().removesuffix("/action")) or "something without a name"
    return f"{_DEEDS.get(what, what)} {clean(status).lower()} at {when(at, now)}"


def _value(event: Json, name: str) -> str:
    """Azure gives a word and its translation; some answers have the word alone."""
    return text_of(object_of(event, name), "value") or text_of(event, name)


# ---------- Figures ----------


@dataclass(frozen=True)
class Metric:
    """One of Azure's figures. A sum is over the whole time; anything else is judged by its last value."""

    name: str
    aggregation: str
    words: str
    unit: str = ""

    @property
    def is_sum(self) -> bool:
        return self.aggregation == "Total"


MACHINE = {
    "processor": Metric("Percentage CPU", "Average", "Processor", " %"),
    "disk_queue": Metric("OS Disk Queue Depth", "Average", "Disk queue"),
}
APP_SERVICE = {
    "server_errors": Metric("Http5xx", "Total", "Server errors"),
    "response_seconds": Metric("HttpResponseTime", "Average", "Response", " s"),
    "waiting_requests": Metric("RequestsInApplicationQueue", "Average", "Waiting requests"),
}
DATABASE = {
    "processor": Metric("cpu_percent", "Average", "Processor", " %"),
    "storage": Metric("storage_percent", "Maximum", "Storage", " %"),
    "workers": Metric("workers_percent", "Average", "Workers", " %"),
    "failed_connections": Metric("connection_failed", "Total", "Failed connections"),
    "deadlocks": Metric("deadlock", "Total", "Deadlocks"),
}


def figure(body: Json, metric: Metric, limits: Measured, now: datetime) -> Finding:
    """A sum, or the last value and the highest. No values at all is an answer, and a bad one."""
    points = _points(body, metric)
    limit = f"limit {limits.limit:g}{metric.unit}"
    span = f"in the last {limits.over_minutes} minutes"
    if not points:
        return Finding(f"{metric.words}: no values {span}", is_bad=True)
    if metric.is_sum:
        value = sum(each for _, each in points)
        words = f"{metric.words}: {value:g} {span}, {limit}"
    else:
        at, value = max(points)
        highest = max(each for _, each in points)
        words = (
            f"{metric.words}: {value:.3g}{metric.unit} at {when(at, now)}, "
            f"highest {highest:.3g}{metric.unit} {span}, {limit}"
        )
    return Finding(words, is_bad=value > limits.limit, data={"value": round(value, 3)})


def _points(body: Json, metric: Metric) -> list[tuple[datetime, float]]:
    """The values that there are. Raises Failed when the answer holds no figure at all."""
    figures = list_of(body, "value")
    if not figures:
        raise missing("the figure")
    points = []
    for series in list_of(figures[0], "timeseries"):
        for point in list_of(series, "data"):
            at, value = time_of(point, "timeStamp"), number_of(point, metric.aggregation.lower())
            if at is not None and value is not None:
                points.append((at, value))
    return points
