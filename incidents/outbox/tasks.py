"""Delivering: claim and commit, send with no transaction open, record."""

import logging
import random
from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import F, Q
from django.utils import timezone

from incidents.models import Heartbeat, OutboxRow
from incidents.outbox import registry
from incidents.outbox.writing import hurry
from incidents.tasks import DeskTask

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # longer than any destination's time-out, shorter than a task's time limit
PARK_AFTER = 12  # attempts; with the back-off below about three hours
NOT_CONFIGURED = "Not configured: it waits here, and nothing is lost"
SWEEP_BATCH = 100


@shared_task(base=DeskTask)
def deliver(row_id: int) -> None:
    """Deliver one row if it is still wanted, then hurry the one behind it. Running it twice delivers once."""
    row = _claim(row_id, timezone.now())
    if row is None:
        return
    try:
        place = registry.destination(row.destination)
        if place is None or not place.is_configured():
            _wait(row, NOT_CONFIGURED, after=60, counts=False)
            return
        place.deliver(row)
    except registry.CannotDeliver as error:
        _record(row, parked_at=timezone.now(), last_error=str(error)[:300])
    except registry.RetryLater as error:
        _wait(row, str(error), after=error.after, is_unsure=isinstance(error, registry.Unsure))
    except Exception as error:
        # A defect of ours must not block the row for ever, and the text of an error may hold anything.
        logger.exception("Outbox row %s failed", row.pk)
        _wait(row, f"Failed on our side ({type(error).__name__})", after=None, is_unsure=True)
    else:
        _record(row, done_at=timezone.now(), last_error="")
        _hurry_next(row)


@shared_task(base=DeskTask)
def sweep() -> None:
    """Send what is due and was missed: broker away, worker killed, back-off over. Then say that we were here."""
    now = timezone.now()
    resend = Q(dispatched_at=None) | Q(dispatched_at__lt=now - timedelta(seconds=60)) | Q(dispatched_at__lt=F("due_at"))
    for row_id in OutboxRow.objects.due(now).filter(resend).values_list("pk", flat=True)[:SWEEP_BATCH]:
        OutboxRow.objects.filter(pk=row_id).update(dispatched_at=now)
        hurry(row_id)
    Heartbeat.objects.update_or_create(name="outbox-sweep", defaults={"beat_at": now})


def _claim(row_id: int, now: datetime) -> OutboxRow | None:
    """Take the row for one lease, by one conditional UPDATE: of several workers one gets it.

    A claim found with an expired lease means that a worker died with the row in its hands: it is then unsure.
    """
    due = OutboxRow.objects.due(now).filter(pk=row_id)
    died = due.filter(locked_until__isnull=False).values_list("pk", flat=True)
    was_lost = bool(list(died))
    taken = OutboxRow.objects.filter(pk__in=due.values("pk")).update(
        locked_until=now + LEASE, attempts=F("attempts") + 1
    )
    if not taken:
        return None
    if was_lost:
        OutboxRow.objects.filter(pk=row_id).update(is_unsure=True)
    return OutboxRow.objects.select_related("incident__customer", "incident__service").get(pk=row_id)


def _record(row: OutboxRow, **fields: object) -> None:
    OutboxRow.objects.filter(pk=row.pk, done_at=None).update(locked_until=None, **fields)


def _wait(
    row: OutboxRow, reason: str, *, after: float | None, is_unsure: bool | None = None, counts: bool = True
) -> None:
    """Put it back: after what the receiver asked for, else 2, 4, 8 … up to 1,800 seconds with jitter; then park."""
    now = timezone.now()
    fields: dict[str, object] = {"last_error": reason[:300]}
    if is_unsure is not None:
        fields["is_unsure"] = is_unsure
    if not counts:
        fields["attempts"] = row.attempts - 1
    elif row.attempts >= PARK_AFTER:
        _record(row, parked_at=now, **fields)
        return
    seconds = after if after is not None else min(2.0**row.attempts, 1800) * random.uniform(0.8, 1.2)  # noqa: S311
    _record(row, due_at=now + timedelta(seconds=seconds), **fields)


def _hurry_next(row: OutboxRow) -> None:
    following = OutboxRow.objects.due(timezone.now()).filter(incident=row.incident_id, destination=row.destination)
    if (next_id := following.values_list("pk", flat=True).first()) is not None:
        hurry(next_id)
