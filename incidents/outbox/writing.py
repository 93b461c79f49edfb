"""Writing to the outbox, in the transaction of the event."""

import logging
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from incidents.models import Incident, OutboxRow

logger = logging.getLogger(__name__)


def announce(
    destination: str, event: str, *, key: str, incident: Incident | None, due_at: datetime | None = None, **payload: Any
) -> OutboxRow:
    """Write one delivery; Celery is told on commit. The same key twice is the same delivery."""
    row, is_new = OutboxRow.objects.get_or_create(
        key=key,
        defaults={
            "destination": destination, "event": event, "incident": incident,
            "payload": payload, "due_at": due_at or timezone.now(),
        },
    )  # fmt: skip
    if is_new:
        transaction.on_commit(partial(hurry, row.pk))
    return row


def hurry(row_id: int) -> None:
    """Tell Celery at once. When the broker is away the sweep delivers: nothing is lost, only later."""
    from incidents.outbox.tasks import deliver

    try:
        deliver.apply_async((row_id,), expires=60)
    except (OperationalError, OSError) as error:
        logger.warning("Broker away (%s): outbox row %s waits for the sweep", type(error).__name__, row_id)
