"""Tells the public of an incident: posted through the service, published by the delivery."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents.models import Incident, OutboxRow, StatusUpdate
from incidents.outbox.tasks import deliver
from incidents.status.services import post_update

WORDS = "We are looking into it. Use your business continuity procedure."


def publish() -> None:
    """Deliver what waits for the status page, twice."""
    rows = OutboxRow.objects.waiting().filter(destination="status").order_by("pk")
    for row_id in list(rows.values_list("pk", flat=True)):
        deliver(row_id)
        deliver(row_id)


def tell(
    incident: Incident, phase: str = "investigating", words: str = WORDS, *, by: User,
    at: datetime | None = None, due_in: int = 30, **fields: Any,
) -> StatusUpdate:  # fmt: skip
    """A published update; with `at`, as if it had been posted then, promising the next one then."""
    due_at = timezone.now() + timedelta(minutes=due_in)
    update = post_update(incident.pk, phase=phase, words=words, next_update_due_at=due_at, by=by, **fields)
    publish()
    if at is not None:
        due_at = None if phase == "resolved" else at + timedelta(minutes=due_in)
        told = StatusUpdate.objects.filter(pk=update.pk)
        told.update(posted_at=at, published_at=at, next_update_due_at=due_at)
    update.refresh_from_db()
    return update
