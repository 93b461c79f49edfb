"""Writing to the outbox, in the transaction of the event."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from accounts.bulk import create_all
from incidents.models import Incident, OutboxRow
from incidents.outbox import registry

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)

BATCH = 500
BROKER_REST = 10.0  # seconds in which a broker that was away is left alone: a page must not wait for it twice
_broker_is_away_until = 0.0


def announce(
    destination: str,
    event: str,
    *,
    key: str,
    incident: Incident | None,
    due_at: datetime | None = None,
    lane: str = "",
    **payload: Any,
) -> OutboxRow | None:
    """Write one delivery; Celery is told on commit. The same key twice is the same delivery.

    Rows of one incident keep their order; so do rows of no incident that share a lane. Nothing of a
    rehearsal leaves the building: then nothing is written.
    """
    if incident is not None and incident.is_rehearsal:
        return None
    row, is_new = OutboxRow.objects.get_or_create(
        key=key,
        defaults={
            "destination": destination, "event": event, "incident": incident,
            "lane": lane, "payload": payload, "due_at": due_at or timezone.now(),
        },
    )  # fmt: skip
    if is_new:
        _hurry_on_commit(row)
    return row


def announce_new(rows: Sequence[OutboxRow]) -> None:
    """Write deliveries of one incident to one destination, whose keys name what this transaction has made.

    Nobody can have announced that before, so nobody is asked. Celery is told of the first: the others wait
    behind it. Nothing of a rehearsal is written.
    """
    leaving = [row for row in rows if row.incident is None or not row.incident.is_rehearsal]
    if leaving:
        create_all(leaving)
        _hurry_on_commit(leaving[0])


def _hurry_on_commit(row: OutboxRow) -> None:
    """Not while there is nowhere to send to: the row then waits, and the sweep looks after it."""
    if registry.destination(row.destination) is not None:
        transaction.on_commit(partial(hurry, row.pk))


def announce_many(destination: str, event: str, rows: Iterable[tuple[str, str, dict[str, Any]]]) -> None:
    """Write one delivery for each key, lane and payload, of no incident; keys that are there are left alone.

    Two statements however many there are, and no audit row for each: the row that led to them has one.
    """
    now = timezone.now()
    made = [
        OutboxRow(destination=destination, event=event, key=key, lane=lane, payload=payload, due_at=now)
        for key, lane, payload in rows
    ]
    OutboxRow.objects.bulk_create(made, ignore_conflicts=True, batch_size=BATCH)
    keys = [row.key for row in made]
    transaction.on_commit(partial(_hurry_all, keys))


def _hurry_all(keys: list[str]) -> None:
    """Until the broker is away; then the sweep has them."""
    for start in range(0, len(keys), BATCH):
        waiting = OutboxRow.objects.waiting().filter(key__in=keys[start : start + BATCH])
        for row_id in waiting.order_by("pk").values_list("pk", flat=True):
            if not hurry(row_id):
                return


def hurry(row_id: int) -> bool:
    """Tell Celery at once; False when its broker is away. Then the sweep delivers: not lost, only later."""
    from incidents.outbox.tasks import deliver

    return tell_celery(deliver, row_id)


def tell_celery(task: "Task[..., Any]", row_id: int) -> bool:
    """Start a task for a row that is committed; its sweep looks for it too. False when the broker is away.

    Never raises, and leaves a broker that was away alone for a while.
    """
    global _broker_is_away_until
    if monotonic() < _broker_is_away_until:
        return False
    try:
        task.apply_async((row_id,), expires=60)
    except Exception as error:  # each transport has errors of its own, and none may undo what was committed
        _broker_is_away_until = monotonic() + BROKER_REST
        logger.warning("Broker away (%s): row %s waits for its sweep", type(error).__name__, row_id)
        return False
    return True
