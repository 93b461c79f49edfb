"""Delivering: claim and commit, send with no transaction open, record."""

import logging
import random
import traceback
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.utils import timezone

from incidents.models import Heartbeat, OutboxRow
from incidents.outbox import registry
from incidents.outbox.reading import SWEEP
from incidents.outbox.writing import hurry
from incidents.tasks import DeskTask

logger = logging.getLogger(__name__)

# Longer than any destination takes (`incidents.freshdesk.client.LONGEST`), shorter than a task's time limit.
LEASE = timedelta(seconds=90)
PARK_AFTER = 8  # failures of the row itself: refused, unsure, or a worker that died with it
LONGEST_WAIT = (
    300.0  # seconds between two tries while a receiver is away: it catches up soon after it is back
)
LONGEST_ASKED = 3600.0  # what a receiver may ask us to wait, at most
UNSURE_REST = 30.0  # seconds in which what was sent may still arrive, before we ask
SWEEP_BATCH = 100
RESEND_AFTER = timedelta(seconds=60)


@shared_task(base=DeskTask)
def deliver(row_id: int) -> None:
    """Deliver one row if it is still wanted, then hurry the one behind it. Running it twice delivers once."""
    name = OutboxRow.objects.filter(pk=row_id).values_list("destination", flat=True).first()
    place = registry.destination(name) if name else None
    row = _claim(row_id, timezone.now()) if place else None
    if place is None or row is None:
        return
    try:
        if row.failures >= PARK_AFTER:
            raise registry.CannotDeliver(f"{row.failures} workers stopped while they had it")
        _finish(row, place.deliver(row))
    except registry.CannotDeliver as error:
        _record(row, parked_at=timezone.now(), last_error=str(error)[:300])
    except registry.RetryLater as error:
        _wait(row, error)
    except registry.Unsure as error:
        _fail(row, str(error))
    except Exception as error:
        # A defect of ours must not block the row for ever. Its words may hold anything: not logged.
        logger.error("Outbox row %s failed: %s at %s", row.pk, type(error).__name__, _place_of(error))
        _fail(row, f"It failed on our side ({type(error).__name__})")


@shared_task(base=DeskTask)
def sweep() -> None:
    """Send what is due and was missed: broker away, worker killed, back-off over. Then say we were here."""
    now = timezone.now()
    sent = []
    for row_id in _missed(now).values_list("pk", flat=True)[:SWEEP_BATCH]:
        if not hurry(row_id):
            break
        sent.append(row_id)
    OutboxRow.objects.filter(pk__in=sent).update(dispatched_at=now)
    # Not by save(): the audit trail is not for a pulse.
    if not Heartbeat.objects.filter(name=SWEEP).update(beat_at=now):
        Heartbeat.objects.get_or_create(name=SWEEP, defaults={"beat_at": now})


def _missed(now: datetime) -> "QuerySet[OutboxRow]":
    """What is due and was not handed to Celery lately: new tickets, then the longest overdue first.

    Destinations that are not configured are left alone: their rows wait without being tried.
    """
    resend = (
        Q(dispatched_at=None) | Q(dispatched_at__lt=now - RESEND_AFTER) | Q(dispatched_at__lt=F("due_at"))
    )
    missed = OutboxRow.objects.due(now).filter(resend, destination__in=registry.configured())
    is_first = Case(When(event="ticket", then=Value(0)), default=Value(1))
    return missed.order_by(is_first, "due_at", "pk")


def _claim(row_id: int, now: datetime) -> OutboxRow | None:
    """Take the row for one lease, by one conditional UPDATE: of several workers one gets it.

    The conditions stand in the UPDATE itself, for PostgreSQL checks them again after it waited for another
    worker; in a subquery they would be those of before. A claim found with an expired lease means that a
    worker died with the row in its hands: then it is unsure, and counts as a failure of the row.
    """
    died = When(locked_until__isnull=False, then=Value(True))
    taken = OutboxRow.objects.due(now).filter(pk=row_id).update(
        locked_until=now + LEASE, attempts=F("attempts") + 1,
        is_unsure=Case(died, default=F("is_unsure"), output_field=BooleanField()),
        failures=F("failures") + Case(When(locked_until__isnull=False, then=Value(1)), default=Value(0)),
    )  # fmt: skip
    if not taken:
        return None
    return OutboxRow.objects.select_related("incident__customer", "incident__service").get(pk=row_id)


def _finish(row: OutboxRow, keep: registry.Keep | None) -> None:
    """Delivered is delivered, also by a worker whose lease ran out meanwhile."""
    now = timezone.now()
    with transaction.atomic():
        OutboxRow.objects.filter(pk=row.pk, done_at=None, dropped_at=None).update(
            done_at=now, locked_until=None, parked_at=None, last_error=""
        )
        if keep:
            keep()
    following = OutboxRow.objects.due(now).in_order_with(row)
    if (next_id := following.values_list("pk", flat=True).first()) is not None:
        hurry(next_id)


def _record(row: OutboxRow, **fields: object) -> None:
    """Only while the lease is ours: who took the row over since then knows better."""
    mine = OutboxRow.objects.filter(pk=row.pk, done_at=None, locked_until=row.locked_until)
    mine.update(locked_until=None, **fields)


def _wait(row: OutboxRow, error: registry.RetryLater) -> None:
    """Put it back: after what the receiver asked for, else 2, 4, 8 … up to 300 seconds. Never parked."""
    if error.after is not None:
        seconds = min(max(error.after, 1.0), LONGEST_ASKED)
    else:
        seconds = _jitter(min(2.0 ** min(row.attempts, 20), LONGEST_WAIT))
    until = timezone.now() + timedelta(seconds=seconds)
    _record(row, due_at=until, last_error=str(error)[:300])
    if error.for_all:
        others = OutboxRow.objects.waiting().filter(destination=row.destination, parked_at=None)
        others.filter(due_at__lt=until).update(due_at=until, last_error=str(error)[:300])


def _fail(row: OutboxRow, reason: str) -> None:
    """The outcome is unknown: leave it in peace for a while, then ask the receiver first. Parked after 8."""
    now, failures = timezone.now(), row.failures + 1
    fields: dict[str, object] = {"is_unsure": True, "failures": failures, "last_error": reason[:300]}
    if failures >= PARK_AFTER:
        fields["parked_at"] = now
    seconds = _jitter(min(UNSURE_REST * 2.0 ** (failures - 1), 1800.0))
    _record(row, due_at=now + timedelta(seconds=seconds), **fields)


def _jitter(seconds: float) -> float:
    return seconds * random.uniform(1.0, 1.25)  # noqa: S311


def _place_of(error: Exception) -> str:
    """File and line, innermost last, without the words of the error."""
    frames = traceback.extract_tb(error.__traceback__)
    return " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-3:])
    )
