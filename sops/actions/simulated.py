"""A stated simulation of the estate, for the demo, for rehearsals and for tests. It reaches no real machine.

Its facts are rows (`SimulatedState`), so the demo can be broken and mended: an application service that is
unhealthy stays so until it is restarted, and is healthy again some seconds later. `fault` makes the next
action on a component fail, hang or be lost, once.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Component, ComponentKind
from incidents.local_time import local
from sops.actions import parameters as typed
from sops.actions.catalogue import ActionSpec
from sops.actions.outcomes import Failed, Finding, Refused, Unsure
from sops.models import SimulatedState

RECOVERY = timedelta(seconds=4)
STUCK_MESSAGES = 412
Simulation = Callable[[Component, Any], Finding]


def perform(spec: ActionSpec, component: Component, parameters: typed.Parameters) -> Finding:
    """Read or change the simulated component, as the rows say."""
    if not component.is_simulated:
        raise Refused("The target is not simulated")
    fault = _take_fault(component)
    if fault.get("name") == "refuse":
        raise Refused("The simulated estate refused it")
    if fault.get("name") == "fail":
        raise Failed("The simulated estate answered that it failed")
    finding = SIMULATIONS[spec.name](component, parameters)
    if fault.get("name") == "hang":
        time.sleep(float(fault.get("seconds", 60)))
    if fault.get("name") == "lose":
        raise Unsure("The simulated estate did not answer after it was sent")
    return finding


# ---------- The rows ----------


def get(component: Component, key: str, default: Any = None) -> Any:
    found = (
        SimulatedState.objects.filter(component=component, key=key).values_list("value", flat=True).first()
    )
    return default if found is None else found


def put(component: Component, key: str, value: Any) -> None:
    SimulatedState.objects.update_or_create(component=component, key=key, defaults={"value": value})


def break_down(component: Component) -> None:
    """From now on it is unhealthy, until an action mends it."""
    put(component, "health", "unhealthy")
    put(component, "healthy_at", "")


def is_healthy(component: Component) -> bool:
    if at := get(component, "healthy_at", ""):
        return datetime.fromisoformat(at) <= timezone.now()
    return bool(get(component, "health", "healthy") == "healthy")


@transaction.atomic
def count(component: Component, what: str) -> int:
    """One more; the row is locked, so that no count is lost."""
    rows = SimulatedState.objects.select_for_update()
    row, _ = rows.get_or_create(component=component, key=what, defaults={"value": 0})
    row.value += 1
    row.save()
    return int(row.value)


@transaction.atomic
def _take_fault(component: Component) -> dict[str, Any]:
    row = SimulatedState.objects.select_for_update().filter(component=component, key="fault").first()
    fault: dict[str, Any] = dict(row.value) if row else {}
    if row:
        row.delete()
    return fault


def _mend(component: Component) -> None:
    put(component, "healthy_at", (timezone.now() + RECOVERY).astimezone(UTC).isoformat())


def _behind(component: Component) -> Component:
    """What stands behind a web address or a queue: its customer's service or machine for the same product."""
    wanted = {
        ComponentKind.ENDPOINT: ComponentKind.APP_SERVICE,
        ComponentKind.SERVICE_BUS: ComponentKind.VIRTUAL_MACHINE,
    }.get(ComponentKind(component.kind))  # fmt: skip
    if wanted is None:
        return component
    same = Component.objects.filter(customer=component.customer, service=component.service, kind=wanted)
    return same.filter(is_simulated=True, is_active=True).first() or component


# ---------- Checks ----------


def _http(component: Component, parameters: typed.Probe) -> Finding:
    good = is_healthy(_behind(component))
    status = 200 if good else 503
    return Finding(
        f"{status}, {parameters.tries} of {parameters.tries}", is_bad=not good, data={"status": status}
    )


def _tcp(component: Component, parameters: typed.Probe) -> Finding:
    if is_healthy(_behind(component)):
        return Finding(f"Connected, {parameters.tries} of {parameters.tries}")
    return Finding(f"Refused, {parameters.tries} of {parameters.tries}", is_bad=True)


def _wait(component: Component, parameters: typed.Wait) -> Finding:
    if is_healthy(_behind(component)):
        return Finding("Answers: 200")
    return Finding("Not yet: 503", is_bad=True, is_not_yet=True)


def _expiry(component: Component, parameters: typed.Expiry) -> Finding:
    today = local(timezone.now()).date()
    given = get(component, "expires_on")
    expires = date.fromisoformat(given) if given else today + timedelta(days=200)
    left = (expires - today).days
    words = (
        f"Expired on {expires:%-d %B %Y}" if left < 0 else f"Expires on {expires:%-d %B %Y}, in {left} days"
    )
    return Finding(words, is_bad=left < parameters.warn_days, data={"days": left})


def _dns(component: Component, parameters: typed.Lookup) -> Finding:
    return Finding("Resolves to 1 address")


def _service_health(component: Component, parameters: typed.Parameters) -> Finding:
    event = get(component, "event", "")
    if event:
        return Finding(f"Azure event in {component.name}: {event}"[:300], is_bad=True)
    return Finding(f"No Azure event in {component.name}")


def _instances(component: Component, parameters: typed.Parameters) -> Finding:
    if component.kind == ComponentKind.APP_SERVICE:
        good = is_healthy(component)
        return Finding("Both instances healthy" if good else "Both instances unhealthy", is_bad=not good)
    if is_healthy(component):
        return Finding("Running, and its service answers")
    return Finding("Running, and its service does not answer", is_bad=True)


def _database(component: Component, parameters: typed.Parameters) -> Finding:
    primary = get(component, "primary", "UK South")
    if is_healthy(component):
        return Finding(f"Online in {primary}, the copy is up to date")
    return Finding(f"Not available in {primary}, the copy is up to date", is_bad=True)


def _queue(component: Component, parameters: typed.Queue) -> Finding:
    waiting = 0 if is_healthy(_behind(component)) else int(get(component, "messages", STUCK_MESSAGES))
    words = f"{waiting} messages wait, none was opened"
    return Finding(words, is_bad=waiting > parameters.most_messages, data={"messages": waiting})


def _vpn(component: Component, parameters: typed.Parameters) -> Finding:
    good = is_healthy(component)
    return Finding("The tunnel is up" if good else "The tunnel is down", is_bad=not good)


# ---------- Actions ----------


def _restart(component: Component, parameters: typed.Parameters) -> Finding:
    number = count(component, "restarts")
    _mend(component)
    return Finding(f"Restarted {component.name}", data={"restarts": number})


def _reset(component: Component, parameters: typed.Parameters) -> Finding:
    count(component, "restarts")
    _mend(component)
    return Finding(f"Reset {component.name}")


def _failover(component: Component, parameters: typed.Parameters) -> Finding:
    primary = "UK South" if get(component, "primary", "UK South") == "UK West" else "UK West"
    count(component, "restarts")
    put(component, "primary", primary)
    _mend(component)
    return Finding(f"The database runs in {primary}")


def _scale_out(component: Component, parameters: typed.ScaleOut) -> Finding:
    put(component, "instances", parameters.instances)
    return Finding(f"{parameters.instances} instances run")


SIMULATIONS: dict[str, Simulation] = {
    "http_probe": _http, "tcp_probe": _tcp, "tls_expiry": _expiry, "dns_lookup": _dns,
    "service_health": _service_health, "instance_state": _instances, "database_state": _database,
    "queue_depth": _queue, "secret_expiry": _expiry, "vpn_state": _vpn, "wait_until_healthy": _wait,
    "restart_app_service": _restart, "restart_virtual_machine": _restart, "restart_queue_worker": _restart,
    "reset_vpn_tunnel": _reset, "planned_failover": _failover, "scale_out": _scale_out,
}  # fmt: skip
