"""The public pages as JSON, in the shape that readers of Statuspage's `/api/v2` know.

Ids are opaque or public already: an incident's address, a service's code. Times are UTC with milliseconds,
and none is empty where such readers need one. Ours besides: `next_update_due_at`, `corrected_at`.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from incidents.models import MaintenanceUpdate
from incidents.status.components import PublicGroup, PublicService
from incidents.status.reading import Overview
from incidents.status.told import PublicIncident, PublicMaintenance, Said, State

PAGE_ID = "service-status"
IMPACT = {
    State.MAJOR_OUTAGE: "major", State.PARTIAL_OUTAGE: "minor", State.DEGRADED: "minor",
    State.MAINTENANCE: "maintenance", State.OPERATIONAL: "none",
}  # fmt: skip
# Their readers know no cancelled maintenance: it is over, and its last words say why.
PHASES = {MaintenanceUpdate.Phase.CANCELLED: MaintenanceUpdate.Phase.COMPLETED}


def summary(seen: Overview) -> dict[str, Any]:
    """All at once: what is wrong now, what is not, and what is planned."""
    return {
        "page": page(seen),
        "components": component_list(seen),
        "incidents": [incident(one, seen) for one in seen.open],
        "scheduled_maintenances": [maintenance(one, seen) for one in [*seen.active, *seen.upcoming]],
        "status": overall(seen),
    }


def status(seen: Overview) -> dict[str, Any]:
    return {"page": page(seen), "status": overall(seen)}


def components(seen: Overview) -> dict[str, Any]:
    return {"page": page(seen), "components": component_list(seen)}


def incidents(seen: Overview, told: Iterable[PublicIncident]) -> dict[str, Any]:
    return {"page": page(seen), "incidents": [incident(one, seen) for one in told]}


def maintenances(seen: Overview, told: Iterable[PublicMaintenance]) -> dict[str, Any]:
    return {"page": page(seen), "scheduled_maintenances": [maintenance(one, seen) for one in told]}


def page(seen: Overview) -> dict[str, Any]:
    return {
        "id": PAGE_ID, "name": "Service Status", "url": f"{settings.PUBLIC_URL}/status/",
        "time_zone": settings.TIME_ZONE, "updated_at": stamp(seen.edition.changed_at),
    }  # fmt: skip


def overall(seen: Overview) -> dict[str, str]:
    return {"indicator": IMPACT[State(seen.state)], "description": seen.headline}


def component_list(seen: Overview) -> list[dict[str, Any]]:
    """Each group before its members, which name it; services of no group stand alone."""
    listed: list[dict[str, Any]] = []
    for group in seen.groups:
        if group.code:
            members = {"components": [service.code for service in group.services]}
            listed.append(_component(group, seen, position=len(listed) + 1, group=True) | members)
        for service in group.services:
            listed.append(component(service, seen, position=len(listed) + 1))
    return listed


def component(service: PublicService, seen: Overview, position: int = 1) -> dict[str, Any]:
    group = service.service.group
    group_id = _group_id(group.code) if group else None
    return _component(service, seen, position=position, group=False) | {"group_id": group_id}


def _component(
    each: PublicService | PublicGroup, seen: Overview, *, position: int, group: bool
) -> dict[str, Any]:
    begun_at = seen.edition.begun_at or seen.edition.changed_at
    return {
        "id": _group_id(each.code) if group else each.code, "name": each.name, "status": each.state,
        "created_at": stamp(begun_at), "updated_at": stamp(each.changed_at or begun_at), "position": position,
        "description": None, "showcase": not group, "start_date": None, "group_id": None, "page_id": PAGE_ID,
        "group": group, "only_show_if_degraded": False,
    }  # fmt: skip


def _group_id(code: str) -> str:
    """A group and a service may have the same code."""
    return f"group-{code}"


def incident(one: PublicIncident, seen: Overview) -> dict[str, Any]:
    """Its updates newest first, each with what it changed of the services."""
    return _told(one, seen) | {
        "status": one.latest.phase, "created_at": stamp(one.started_at), "started_at": stamp(one.started_at),
        "monitoring_at": stamp(one.monitoring_at), "resolved_at": stamp(one.resolved_at),
        "next_update_due_at": stamp(one.due_at), "impact": IMPACT[State(one.worst_state)],
        "incident_updates": _updates(one),
    }  # fmt: skip


def maintenance(one: PublicMaintenance, seen: Overview) -> dict[str, Any]:
    """As an incident, with the window that was planned."""
    updates = [_update(one.public_id, number, said, []) for number, said in enumerate(one.updates, 1)]
    return _told(one, seen) | {
        "status": _phase(one.phase), "created_at": stamp(one.announced_at),
        "started_at": stamp(one.began_at or one.starts_at), "monitoring_at": None,
        "resolved_at": stamp(one.ended_at), "impact": "maintenance",
        "scheduled_for": stamp(one.starts_at), "scheduled_until": stamp(one.ends_at),
        "incident_updates": updates[::-1],
    }  # fmt: skip


def _told(one: PublicIncident | PublicMaintenance, seen: Overview) -> dict[str, Any]:
    listed = {service.code: service for service in seen.services}
    return {
        "id": one.public_id, "name": one.title, "updated_at": stamp(one.changed_at),
        "shortlink": address(one), "page_id": PAGE_ID, "reminder_intervals": None,
        "components": [component(listed[code], seen) for code in one.services if code in listed],
    }  # fmt: skip


def _updates(one: PublicIncident) -> list[dict[str, Any]]:
    told, now = [], dict.fromkeys(one.services, str(State.OPERATIONAL))
    for number, (said, states) in enumerate(one.steps(), 1):
        spoken_of = {code: state for code, state in states.items() if code in now}
        changed = [
            {"code": code, "name": one.services[code], "old_status": now[code], "new_status": state}
            for code, state in spoken_of.items()
        ]
        told.append(_update(one.public_id, number, said, changed))
        now.update(spoken_of)
    return told[::-1]


def _update(public_id: str, number: int, said: Said, changed: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "id": f"{public_id}-{number}", "incident_id": public_id, "status": _phase(said.phase),
        "body": said.words, "created_at": stamp(said.posted_at), "updated_at": stamp(said.changed_at),
        "display_at": stamp(said.posted_at), "corrected_at": stamp(said.corrected_at),
        "affected_components": changed, "deliver_notifications": False, "custom_tweet": None,
        "tweet_id": None,
    }  # fmt: skip


def _phase(phase: str) -> str:
    return str(PHASES.get(phase, phase))  # type: ignore[call-overload]


def address(one: PublicIncident | PublicMaintenance) -> str:
    folder = "maintenance/" if isinstance(one, PublicMaintenance) else ""
    return f"{settings.PUBLIC_URL}/status/{folder}{one.public_id}/"


def stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if at else None
