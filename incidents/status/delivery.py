"""Publishing: an update that was posted appears on the public pages, and whoever follows it hears of it."""

from django.db import transaction
from django.utils import timezone

from incidents.models import MaintenanceUpdate, OutboxRow, StatusUpdate
from incidents.outbox.registry import CannotDeliver
from incidents.status.spreading import Published, spread


def is_configured() -> bool:
    """Our own pages need nothing set."""
    return True


@transaction.atomic
def deliver(row: OutboxRow) -> None:
    """Show the update from now on. Doing it again changes nothing."""
    update = _find(row)
    if update is None:
        raise CannotDeliver("Its status update does not exist")
    if update.published_at is None:
        update.published_at = timezone.now()
        update.save(update_fields=["published_at"])
        spread(update)


def _find(row: OutboxRow) -> Published | None:
    number = row.payload.get("update")
    if row.event == "publish":
        return StatusUpdate.objects.filter(pk=number).first()
    if row.event == "publish_maintenance":
        return MaintenanceUpdate.objects.filter(pk=number).first()
    return None
