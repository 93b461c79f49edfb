"""Tells the public of an incident: posted through the service, published by the delivery."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Service, User
from incidents.models import Incident, Maintenance, OutboxRow, StatusUpdate
from incidents.outbox.tasks import deliver
from incidents.status.maintenance import draft, plan_maintenance, post_maintenance
from incidents.status.services import post_update
from tests.factories import make_service

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


def plan(
    *services: Service, by: User, begins_in: float = 60, lasts: float = 60, **fields: Any
) -> Maintenance:
    """Planned, and told to nobody; times in minutes from now."""
    starts_at = timezone.now() + timedelta(minutes=begins_in)
    given = {
        "title": "Database upgrade", "services": services or (make_service(),), "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=lasts), **fields,
    }  # fmt: skip
    return plan_maintenance(**given, by=by)


def say(maintenance: Maintenance, *phases: str, by: User, **fields: Any) -> None:
    """Each phase posted in its drafted words, and published."""
    for phase in phases:
        post_maintenance(maintenance.pk, phase=phase, words=draft(maintenance, phase), by=by, **fields)
        publish()
