"""Tells the public of an incident: posted through the service, published by the delivery."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Service, User
from incidents.models import Incident, Maintenance, OutboxRow, StatusUpdate
from incidents.models.incident import public_token
from incidents.outbox.tasks import deliver
from incidents.status.maintenance import draft, plan_maintenance, post_maintenance
from incidents.status.services import post_update
from tests.factories import make_service

_numbers = count(1)
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


def told_before(
    like: Incident, said: Iterable[tuple[str, str, datetime]], service: Service | None = None
) -> Incident:
    """Another incident with all of this published: phase, words and time of each. In bulk: for many."""
    made = Incident.objects.get(pk=like.pk)
    made.pk, made.reference, made.public_id = None, f"OOH-2025-{next(_numbers):05}", public_token()
    made.service = service or like.service
    made._state.adding = True
    told = [
        StatusUpdate(
            incident=made, phase=phase, words=words, posted_by=like.logged_by, posted_at=at, published_at=at,
            service_state="operational" if phase == "resolved" else "major_outage",
            next_update_due_at=None if phase == "resolved" else at + timedelta(minutes=30),
        )
        for phase, words, at in said
    ]  # fmt: skip
    made.public_phase = told[-1].phase
    made.save()
    StatusUpdate.objects.bulk_create(told)
    return made


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
