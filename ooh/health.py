"""`/healthz`: the web process lives. `/readyz`: the work gets done: database, sweep, nothing stuck."""

from datetime import timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from incidents.models import Heartbeat, OutboxRow

SWEEP_SILENT_AFTER = timedelta(seconds=60)


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def ready(request: HttpRequest) -> JsonResponse:
    """503 when the database is away or no sweep has finished for 60 seconds. Names nothing inside."""
    now = timezone.now()
    try:
        beat = Heartbeat.objects.filter(name="outbox-sweep").values_list("beat_at", flat=True).first()
        oldest = (
            OutboxRow.objects.waiting()
            .filter(due_at__lte=now)
            .order_by("due_at")
            .values_list("due_at", flat=True)
        )
        waits = (now - first).total_seconds() if (first := oldest.first()) else 0
    except DatabaseError:
        return JsonResponse({"database": "away"}, status=503)
    is_swept = beat is not None and now - beat < SWEEP_SILENT_AFTER
    answer = {
        "database": connection.vendor,
        "worker": "ok" if is_swept else "silent",
        "oldest_due_seconds": round(waits),
    }
    return JsonResponse(answer, status=200 if is_swept else 503)
