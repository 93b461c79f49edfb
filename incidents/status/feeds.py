"""The public pages for machines: JSON in the shape that readers of Statuspage's `/api/v2` know, and Atom.

Ids are opaque or public already: the incident's address, the service's code. Times are UTC with milliseconds.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.utils.html import format_html, format_html_join

from incidents.local_time import format_day_time
from incidents.models import StatusUpdate
from incidents.status.reading import PublicIncident, PublicService, Snapshot

PAGE_ID = "service-status"
IMPACT = {
    StatusUpdate.ServiceState.MAJOR_OUTAGE: "major", StatusUpdate.ServiceState.PARTIAL_OUTAGE: "minor",
    StatusUpdate.ServiceState.DEGRADED: "minor", StatusUpdate.ServiceState.OPERATIONAL: "none",
}  # fmt: skip
ATOM = "http://www.w3.org/2005/Atom"


def summary(seen: Snapshot) -> dict[str, Any]:
    """All at once: what is wrong now and what is not."""
    return {
        "page": page(seen),
        "components": [component(service, number) for number, service in enumerate(seen.services, 1)],
        "incidents": [incident(one) for one in seen.open],
        "scheduled_maintenances": [],
        "status": overall(seen),
    }


def status(seen: Snapshot) -> dict[str, Any]:
    return {"page": page(seen), "status": overall(seen)}


def components(seen: Snapshot) -> dict[str, Any]:
    whole = summary(seen)
    return {"page": whole["page"], "components": whole["components"]}


def unresolved(seen: Snapshot) -> dict[str, Any]:
    return {"page": page(seen), "incidents": [incident(one) for one in seen.open]}


def incidents(seen: Snapshot, told: Iterable[PublicIncident]) -> dict[str, Any]:
    return {"page": page(seen), "incidents": [incident(one) for one in told]}


def page(seen: Snapshot) -> dict[str, Any]:
    return {
        "id": PAGE_ID, "name": "Service Status", "url": f"{settings.PUBLIC_URL}/status/",
        "time_zone": settings.TIME_ZONE, "updated_at": stamp(seen.changed_at),
    }  # fmt: skip


def overall(seen: Snapshot) -> dict[str, str]:
    return {"indicator": IMPACT[StatusUpdate.ServiceState(seen.state)], "description": seen.headline}


def component(service: PublicService, position: int) -> dict[str, Any]:
    changed = max((one.latest.posted_at for one in service.incidents), default=None)
    return {
        "id": service.service.code, "name": service.service.name, "status": service.state,
        "created_at": None, "updated_at": stamp(changed), "position": position, "description": None,
        "showcase": True, "start_date": None, "group_id": None, "page_id": PAGE_ID, "group": False,
        "only_show_if_degraded": False,
    }  # fmt: skip


def incident(one: PublicIncident) -> dict[str, Any]:
    """Its updates newest first, each with what it changed of the service."""
    affected = {"id": one.service_code, "name": one.service_name, "status": one.state, "page_id": PAGE_ID}
    return {
        "id": one.public_id, "name": one.title, "status": one.latest.phase,
        "created_at": stamp(one.started_at), "started_at": stamp(one.started_at),
        "updated_at": stamp(one.latest.posted_at), "monitoring_at": stamp(one.monitoring_at),
        "resolved_at": stamp(one.resolved_at), "next_update_due_at": stamp(one.due_at),
        "impact": IMPACT[StatusUpdate.ServiceState(one.worst_state)], "shortlink": address(one),
        "page_id": PAGE_ID, "incident_updates": updates(one), "components": [affected],
        "reminder_intervals": None,
    }  # fmt: skip


def updates(one: PublicIncident) -> list[dict[str, Any]]:
    told, before = [], str(StatusUpdate.ServiceState.OPERATIONAL)
    for number, update in enumerate(one.updates, 1):
        changed = {
            "code": one.service_code, "name": one.service_name, "old_status": before,
            "new_status": update.service_state,
        }  # fmt: skip
        told.append({
            "id": f"{one.public_id}-{number}", "incident_id": one.public_id, "status": update.phase,
            "body": update.words, "created_at": stamp(update.posted_at),
            "updated_at": stamp(update.posted_at), "display_at": stamp(update.posted_at),
            "affected_components": [changed],
            "deliver_notifications": False, "custom_tweet": None, "tweet_id": None,
        })  # fmt: skip
        before = update.service_state
    return told[::-1]


def atom(seen: Snapshot, told: Iterable[PublicIncident]) -> bytes:
    """One entry for each incident, rewritten in place as its updates come."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "en-GB"})
    _add(feed, "id", f"tag:{host},2005:/history")
    _add(feed, "title", "Service Status: history")
    _add(feed, "updated", stamp(seen.changed_at))
    _add(feed, "link", rel="alternate", type="text/html", href=f"{settings.PUBLIC_URL}/status/")
    _add(
        feed,
        "link",
        rel="self",
        type="application/atom+xml",
        href=f"{settings.PUBLIC_URL}/status/history.atom",
    )
    _add(_add(feed, "author"), "name", "Service Status")
    for one in told:
        entry = _add(feed, "entry")
        _add(entry, "id", f"tag:{host},2005:Incident/{one.public_id}")
        _add(entry, "title", one.title)
        _add(entry, "published", stamp(one.started_at))
        _add(entry, "updated", stamp(one.latest.posted_at))
        _add(entry, "link", rel="alternate", type="text/html", href=address(one))
        _add(entry, "content", _told(one), type="html")
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _told(one: PublicIncident) -> str:
    rows = (
        (format_day_time(update.posted_at), update.get_phase_display(), update.words)
        for update in one.newest_first
    )
    listed = format_html_join("", "<p><small>{}</small><br><strong>{}</strong> - {}</p>", rows)
    due = format_html("<p>Next update by {}</p>", format_day_time(one.due_at)) if one.due_at else ""
    return f"{listed}{due}"


def _add(
    parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name, attributes)
    child.text = text
    return child


def address(one: PublicIncident) -> str:
    return f"{settings.PUBLIC_URL}/status/{one.public_id}/"


def stamp(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if at else None
