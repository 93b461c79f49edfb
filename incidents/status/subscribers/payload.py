"""What a webhook is told: JSON in the shape that readers of Statuspage's webhooks know."""

from typing import Any

from incidents.models import Subscriber
from incidents.status import api_v2, edition, reading
from incidents.status.notice import Notice
from incidents.status.subscribers import webhooks
from incidents.status.told import PublicIncident, PublicMaintenance

MOST_UPDATES = 20  # the newest; older ones are at the incident's address


def of(subscriber: Subscriber, notice: Notice) -> dict[str, Any]:
    """`meta`, `page` and `incident`, the incident or maintenance as it was told with this update."""
    seen = reading.overview(edition.current())
    overall = api_v2.overall(seen)
    page = {
        "id": api_v2.PAGE_ID, "status_indicator": overall["indicator"],
        "status_description": overall["description"],
    }  # fmt: skip
    told = notice.told
    shown = api_v2.maintenance(told, seen) if isinstance(told, PublicMaintenance) else _incident(told, seen)
    shown["incident_updates"] = shown["incident_updates"][:MOST_UPDATES]
    return {"meta": webhooks.meta(subscriber), "page": page, "incident": shown}


def _incident(told: PublicIncident, seen: reading.Overview) -> dict[str, Any]:
    """What was not planned says so: their readers look for both keys."""
    return api_v2.incident(told, seen) | {"scheduled_for": None, "scheduled_until": None}
