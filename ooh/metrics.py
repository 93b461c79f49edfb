"""`/metrics`: what waits to leave, as Prometheus reads it. By hand: it is twenty lines of text.

Format: Prometheus text exposition 0.0.4. For whoever has `METRICS_TOKEN`, or may see deliveries.
"""

import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.roles import Permission
from incidents.models import RateBudget
from incidents.outbox.reading import Backlog, backlogs, last_sweep

TEXT = "text/plain; version=0.0.4; charset=utf-8"
# Each of a destination: its name, what it counts, and where it stands.
OF_DESTINATIONS = (
    ("ooh_outbox_waiting", "Deliveries that are neither made nor dropped.", "waiting"),
    ("ooh_outbox_parked", "Deliveries that wait for a person's decision.", "parked"),
    ("ooh_outbox_oldest_seconds", "Age of the oldest delivery that waits.", "oldest_seconds"),
    ("ooh_outbox_configured", "Whether there is anywhere to send to.", "is_configured"),
)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not (_has_token(request) or request.user.has_perm(Permission.VIEW_DELIVERY)):
        return HttpResponse("Not for you\n", TEXT, status=401, headers={"WWW-Authenticate": "Bearer"})
    now = timezone.now()
    try:
        lines = [*_of_destinations(backlogs(now)), *_of_the_sweep(now), *_of_the_limits(now)]
    except DatabaseError:
        return HttpResponse("The database is away\n", TEXT, status=503)
    return HttpResponse("\n".join(lines) + "\n", TEXT)


def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN.encode()
    return bool(wanted) and scheme == "Bearer" and hmac.compare_digest(given.encode(), wanted)


def _of_destinations(waiting: list[Backlog]) -> Iterator[str]:
    for name, words, field in OF_DESTINATIONS:
        yield from _head(name, words)
        for each in waiting:
            yield f'{name}{{destination="{each.destination}"}} {int(getattr(each, field))}'


def _of_the_sweep(now: datetime) -> Iterator[str]:
    """How long nobody has swept; without a value where nobody ever has."""
    name = "ooh_outbox_sweep_age_seconds"
    yield from _head(name, "Time since a sweep of the outbox finished.")
    if beat_at := last_sweep():
        yield f"{name} {max((now - beat_at).total_seconds(), 0):.0f}"


def _of_the_limits(now: datetime) -> Iterator[str]:
    """What each account of ours may still ask for in the minute that runs, where a receiver has told it."""
    told = RateBudget.objects.filter(resets_at__gt=now, remaining__gte=0)
    rows = told.exclude(name__contains=" ").order_by("name")  # of a kind of request, nobody tells
    name = "ooh_requests_remaining"
    yield from _head(name, "Requests that a receiver would still answer in this minute.")
    for row in rows:
        yield f'{name}{{limit="{row.name}"}} {row.remaining}'


def _head(name: str, words: str) -> list[str]:
    return [f"# HELP {name} {words}", f"# TYPE {name} gauge"]
