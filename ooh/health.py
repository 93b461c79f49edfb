"""What machines ask. `/healthz`: the web lives. `/readyz`: the work gets done. `/health/`: what is behind.

All three are open to anybody, and hold numbers and names of destinations alone.
"""

from dataclasses import asdict

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.wall import policies
from incidents.models import OutboxRow
from incidents.outbox.reading import SWEEP_SILENT_AFTER, backlogs, last_sweep


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """503 when the database is away or shows vendor rows to anybody, or no sweep has ended for 60 seconds."""
    now = timezone.now()
    try:
        beat_at = last_sweep()
        oldest = (
            OutboxRow.objects.waiting()
            .filter(due_at__lte=now)
            .order_by("due_at")
            .values_list("due_at", flat=True)
        )
        waits = (now - first).total_seconds() if (first := oldest.first()) else 0
        is_walled = not policies.open_tables() and not policies.role_weaknesses()
    except DatabaseError:
        return JsonResponse({"database": "away"}, status=503)
    is_swept = beat_at is not None and now - beat_at < SWEEP_SILENT_AFTER
    answer = {
        "database": connection.vendor,
        "worker": "ok" if is_swept else "silent",
        "oldest_due_seconds": round(waits),
    }
    if connection.vendor == "postgresql":
        answer["wall"] = "ok" if is_walled else "open"
    return JsonResponse(answer, status=200 if is_swept and is_walled else 503)


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """What waits for each destination. 503 only for what is ours: the database or the worker.

    A receiver that is away makes us `behind`, and restarting us would not help.
    """
    now = timezone.now()
    try:
        beat_at, waiting = last_sweep(), backlogs(now)
    except DatabaseError:
        return JsonResponse({"status": "down", "database": "away"}, status=503)
    is_swept = beat_at is not None and now - beat_at < SWEEP_SILENT_AFTER
    is_behind = any(each.is_behind for each in waiting)
    answer = {
        "status": ("behind" if is_behind else "ok") if is_swept else "down",
        "database": connection.vendor,
        "worker": "ok" if is_swept else "silent",
        "deliveries": {each.destination: _told(asdict(each), each.is_behind) for each in waiting},
    }
    return JsonResponse(answer, status=200 if is_swept else 503)


def _told(backlog: dict[str, object], is_behind: bool) -> dict[str, object]:
    del backlog["destination"]
    return {"is_behind": is_behind} | backlog
