"""Publishing: an update that was posted appears on the public pages."""

from django.db import transaction
from django.utils import timezone

from incidents.models import OutboxRow, StatusUpdate
from incidents.outbox.registry import CannotDeliver
from incidents.status.spreading import spread


def is_configured() -> bool:
    """Our own pages need nothing set."""
    return True


@transaction.atomic
def deliver(row: OutboxRow) -> None:
    """Show the update from now on. Doing it again changes nothing."""
    update = StatusUpdate.objects.filter(pk=row.payload.get("update")).first()
    if update is None or row.event != "publish":
        raise CannotDeliver("Its status update does not exist")
    if update.published_at is None:
        update.published_at = timezone.now()
        update.save(update_fields=["published_at"])
        spread(update)
