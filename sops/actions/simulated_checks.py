"""What the checks see on the simulated estate, in the words that the real ones use."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Component, ComponentKind
from incidents.local_time import local
from sops.actions import parameters as typed
from sops.actions.outcomes import Finding
from sops.actions.simulated_rows import behind, get, is_healthy

STUCK_MESSAGES = 412
HOME, AWAY = "UK South", "UK West"
Check = Callable[[Component, Any], Finding]


# ---------- Probes ----------


def _http(component: Component, parameters: typed.Probe) -> Finding:
    good = is_healthy(behind(component))
    status = 200 if good else 503
    return Finding(
        f"{status}, {parameters.tries} of {parameters.tries}", is_bad=not good, data={"status": status}
    )


def _tcp(component: Component, parameters: typed.Probe) -> Finding:
    if is_healthy(behind(component)):
        return Finding(f"Connected, {parameters.tries} of {parameters.tries}")
    return Finding(f"Refused, {parameters.tries} of {parameters.tries}", is_bad=True)


def _wait(component: Component, parameters: typed.Wait) -> Finding:
    if is_healthy(behind(component)):
        return Finding("Answers: 200")
    return Finding("Not yet: 503", is_bad=True, is_not_yet=True)


def _dns(component: Component, parameters: typed.Lookup) -> Finding:
    return Finding("Resolves to 1 address")


def _expiry(component: Component, parameters: typed.Expiry) -> Finding:
    today = local(timezone.now()).date()
    given = get(component, "expires_on")
    expires = date.fromisoformat(given) if given else today + timedelta(days=200)
    left = (expires - today).days
    words = (
        f"Expired on {expires:%-d %B %Y}" if left < 0 else f"Expires on {expires:%-d %B %Y}, in {left} days"
    )
    return Finding(words, is_bad=left < parameters.warn_days, data={"days": left})


# ---------- Azure's own word ----------


def _service_health(component: Component, parameters: typed.Parameters) -> Finding:
    event = get(component, "event", "")
    if event:
        return Finding(f"Azure event in {component.name}: {event}"[:300], is_bad=True)
    return Finding(f"No Azure event in {component.name}")


def _resource_health(component: Component, parameters: typed.Parameters) -> Finding:
    return Finding("Available: Azure knows of no problem of its own")


def _activity(component: Component, parameters: typed.History) -> Finding:
    deeds = get(component, "deeds", [])
    if not deeds:
        return Finding(f"Nothing was done to it in the last {parameters.hours} hours")
    return Finding(f"{len(deeds)} done: {', '.join(reversed(deeds[-3:]))}", data={"events": len(deeds)})


# ---------- Each kind ----------


def _instances(component: Component, parameters: typed.Parameters) -> Finding:
    if component.kind in (ComponentKind.APP_SERVICE, ComponentKind.SCALE_SET):
        good = is_healthy(component)
        return Finding("Both instances healthy" if good else "Both instances unhealthy", is_bad=not good)
    if is_healthy(component):
        return Finding("Running, and its service answers")
    return Finding("Running, and its service does not answer", is_bad=True)


def _measured(component: Component, parameters: typed.Measured) -> Finding:
    name = parameters.metric.replace("_", " ").capitalize()
    value = 0 if is_healthy(component) else parameters.limit + 1
    words = f"{name} {value:g} in the last {parameters.over_minutes} minutes, limit {parameters.limit:g}"
    return Finding(words, is_bad=value > parameters.limit, data={"value": value})


def _database(component: Component, parameters: typed.Parameters) -> Finding:
    primary = get(behind(component), "primary", HOME)
    if is_healthy(component) and is_healthy(behind(component)):
        return Finding(f"Online in {primary}")
    return Finding(f"Not available in {primary}", is_bad=True)


def _failover_group(component: Component, parameters: typed.Parameters) -> Finding:
    primary = get(component, "primary", HOME)
    copy = AWAY if primary == HOME else HOME
    return Finding(f"Primary in {primary}. The copy in {copy} is up to date", data={"primary": primary})


def _queue(component: Component, parameters: typed.Queue) -> Finding:
    waiting = 0 if is_healthy(behind(component)) else int(get(component, "messages", STUCK_MESSAGES))
    dead = int(get(component, "dead_letters", 0))
    words = f"{waiting} messages wait, {dead} dead letters, none was opened"
    is_bad = waiting > parameters.most_messages or dead > parameters.most_dead_letters
    return Finding(words, is_bad=is_bad, data={"messages": waiting, "dead_letters": dead})


def _vpn(component: Component, parameters: typed.Parameters) -> Finding:
    good = is_healthy(component)
    return Finding("The tunnel is up" if good else "The tunnel is down", is_bad=not good)


def _gateway(component: Component, parameters: typed.Parameters) -> Finding:
    good = is_healthy(component)
    return Finding("2 of 2 servers up" if good else "0 of 2 servers up", is_bad=not good)


# ---------- Virtual desktops ----------


def _host_pool(component: Component, parameters: typed.Parameters) -> Finding:
    good = is_healthy(component)
    return Finding("2 of 2 hosts available" if good else "0 of 2 hosts available", is_bad=not good)


def _session_host(component: Component, parameters: typed.Parameters) -> Finding:
    good = is_healthy(component)
    state = "Available" if good else "Unavailable"
    taking = "takes no new sessions" if get(component, "is_drained", False) else "takes new sessions"
    return Finding(f"{state}, {taking}", is_bad=not good)


def _sessions(component: Component, parameters: typed.Parameters) -> Finding:
    left = int(get(component, "disconnected", 1))
    return Finding(f"{2 + left} sessions: 2 active, {left} disconnected", data={"disconnected": left})


CHECKS: dict[str, Check] = {
    "http_probe": _http, "tcp_probe": _tcp, "tls_expiry": _expiry, "dns_lookup": _dns,
    "wait_until_healthy": _wait, "service_health": _service_health, "resource_health": _resource_health,
    "activity_log": _activity, "instance_state": _instances, "machine_metric": _measured,
    "app_service_metric": _measured, "database_state": _database, "database_metric": _measured,
    "failover_group_state": _failover_group, "queue_depth": _queue, "host_pool_state": _host_pool,
    "session_host_state": _session_host, "user_sessions": _sessions, "gateway_health": _gateway,
    "secret_expiry": _expiry, "vpn_state": _vpn,
}  # fmt: skip
