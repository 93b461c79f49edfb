"""What one published update says, for those who are told elsewhere: subscribers and hosted pages."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q

from incidents.models import MaintenanceUpdate, StatusUpdate
from incidents.status import reading
from incidents.status.api_v2 import address
from incidents.status.told import PublicIncident, PublicMaintenance

Update = StatusUpdate | MaintenanceUpdate


@dataclass(frozen=True)
class Notice:
    """One update, and all that was told of its incident or maintenance up to it.

    `service_ids` are those that it was said to affect so far: who heard that one is away, hears the end.
    """

    update: Update
    told: PublicIncident | PublicMaintenance
    service_ids: frozenset[int]

    @property
    def public_id(self) -> str:
        return self.told.public_id

    @property
    def is_maintenance(self) -> bool:
        return isinstance(self.update, MaintenanceUpdate)

    @property
    def title(self) -> str:
        return self.told.title

    @property
    def phase_words(self) -> str:
        return str(self.update.get_phase_display())

    @property
    def words(self) -> str:
        return self.update.words

    @property
    def corrects_at(self) -> datetime | None:
        """When what it corrects was posted."""
        if isinstance(self.update, StatusUpdate) and self.update.corrects:
            return self.update.corrects.posted_at
        return None

    @property
    def due_at(self) -> datetime | None:
        return self.told.due_at if isinstance(self.told, PublicIncident) else None

    @property
    def services(self) -> Mapping[str, str]:
        """Those on the status page: name by code."""
        return self.told.services

    @property
    def address(self) -> str:
        return address(self.told)


def name_of(update: Update) -> str:
    """Its name in the keys of deliveries: the same update has the same."""
    return f"{'maintenance' if isinstance(update, MaintenanceUpdate) else 'update'}:{update.pk}"


def payload_of(update: Update) -> dict[str, Any]:
    """What a delivery keeps of it."""
    return {"maintenance_update" if isinstance(update, MaintenanceUpdate) else "update": update.pk}


def lane_of(update: Update) -> str:
    """An incident's deliveries keep their order by the incident; those of a maintenance by its public id."""
    return update.maintenance.public_id if isinstance(update, MaintenanceUpdate) else ""


def read(payload: Mapping[str, Any]) -> Notice | None:
    """The update of a delivery, with what was told up to it. None when it is not there, or not published."""
    if "maintenance_update" in payload:
        return _of_maintenance(payload["maintenance_update"])
    return _of_incident(payload.get("update"))


def _of_incident(update_id: Any) -> Notice | None:
    update = (
        StatusUpdate.objects.published()
        .filter(pk=update_id).select_related("incident", "corrects").first()
    )  # fmt: skip
    if update is None:
        return None
    so_far = Q(incident=update.incident_id, pk__lte=update.pk)
    told = next(iter(reading.read_incidents(so_far)), None)
    if told is None:
        return None
    affected = StatusUpdate.objects.published().filter(so_far).values_list("affected__service", flat=True)
    ids = {update.incident.service_id, *(service_id for service_id in affected if service_id)}
    return Notice(update, told, frozenset(ids))


def _of_maintenance(update_id: Any) -> Notice | None:
    update = (
        MaintenanceUpdate.objects.published()
        .filter(pk=update_id).select_related("maintenance").first()
    )  # fmt: skip
    told = reading.one_maintenance(update.maintenance.public_id) if update else None
    if update is None or told is None:
        return None
    number = update.maintenance.updates.published().filter(pk__lte=update.pk).count()
    ids = update.maintenance.services.values_list("pk", flat=True)
    return Notice(update, replace(told, updates=told.updates[:number]), frozenset(ids))
