"""The facts of the simulated estate, one a row, and how they change."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Component, ComponentKind
from incidents.local_time import format_time
from sops.models import SimulatedState

RECOVERY = timedelta(seconds=4)
MOST_DEEDS = 20


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
    facts = SimulatedState.objects.filter(component=component, key__in=("health", "healthy_at"))
    known = dict(facts.values_list("key", "value"))
    if at := known.get("healthy_at"):
        return datetime.fromisoformat(at) <= timezone.now()
    return bool(known.get("health", "healthy") == "healthy")


def mend(component: Component) -> None:
    put(component, "healthy_at", (timezone.now() + RECOVERY).astimezone(UTC).isoformat())


@transaction.atomic
def count(component: Component, what: str) -> int:
    """One more; the row is locked, so that no count is lost."""
    rows = SimulatedState.objects.select_for_update()
    row, _ = rows.get_or_create(component=component, key=what, defaults={"value": 0})
    row.value += 1
    row.save()
    return int(row.value)


@transaction.atomic
def note_deed(component: Component, words: str) -> None:
    """What the activity log will tell of it."""
    rows = SimulatedState.objects.select_for_update()
    row, _ = rows.get_or_create(component=component, key="deeds", defaults={"value": []})
    row.value = [*row.value, f"{words} {format_time(timezone.now())}"][-MOST_DEEDS:]
    row.save()


def take_fault(component: Component) -> dict[str, Any]:
    """What is to go wrong this once, if anything is: that is asked before the row is locked."""
    faults = SimulatedState.objects.filter(component=component, key="fault")
    return _taken(faults) if faults.exists() else {}


@transaction.atomic
def _taken(faults: QuerySet[SimulatedState]) -> dict[str, Any]:
    row = faults.select_for_update().first()
    fault: dict[str, Any] = dict(row.value) if row else {}
    if row:
        row.delete()
    return fault


def behind(component: Component) -> Component:
    """What stands behind a web address or a queue: its customer's service or machine for the same product."""
    wanted = {
        ComponentKind.ENDPOINT: ComponentKind.APP_SERVICE,
        ComponentKind.SERVICE_BUS: ComponentKind.VIRTUAL_MACHINE,
        ComponentKind.SQL_DATABASE: ComponentKind.FAILOVER_GROUP,
    }.get(ComponentKind(component.kind))  # fmt: skip
    if wanted is None:
        return component
    same = Component.objects.filter(customer=component.customer_id, service=component.service_id, kind=wanted)
    return same.filter(is_simulated=True, is_active=True).first() or component
