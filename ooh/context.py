"""What every page shows: whether it is out of hours, the time, and where the person may go."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import User
from accounts.roles import Permission
from accounts.sign_in import providers
from incidents import coverage
from incidents.local_time import format_day_time, format_time, local
from sops.suspensions import held_now

# label, address, icon, the permission that opens it
NAVIGATION = (
    ("Board", "board", "board", Permission.VIEW_INCIDENT),
    ("Log call", "log_call", "phone", Permission.LOG_INCIDENT),
    ("Handover", "handovers", "handover", Permission.VIEW_HANDOVER),
    ("SOPs", "sops", "book", Permission.VIEW_SOP),
    ("Reports", "reports", "chart", Permission.VIEW_REPORT),
)
# Where something suspended is in the way, by the names of the addresses. A run says itself what stops it.
SUSPENSIONS_SHOWN = {"board", "sops", "start_run", "rehearse"}
REASONS = {
    "holiday": "bank holiday",
    "weekend": "weekend",
    "weekday-night": "weekday night",
    "working-hours": "",
}


def desk(request: HttpRequest) -> dict[str, Any]:
    return {"desk": SimpleLazyObject(lambda: _desk(request))}


def _desk(request: HttpRequest) -> dict[str, Any]:
    now = timezone.now()
    user = getattr(request, "user", None)  # a page of errors may be drawn before anybody is known
    verdict = coverage.explain(now, settings.DESK_NATION)
    until = verdict.ends_at
    same_day = local(until).date() == local(now).date()
    ends = format_time(until) if same_day else format_day_time(until)
    if verdict.out_of_hours:
        headline, detail = f"Out of hours until {ends}", "Best endeavours, no SLA"
    else:
        headline, detail = f"Working hours until {ends}", "Calls go to the service desk"
    return {
        "now": now,
        "is_out_of_hours": verdict.out_of_hours,
        "coverage": {
            "headline": headline,
            "reason": verdict.title or REASONS[verdict.reason],
            "detail": detail,
        },
        "nav": _navigation(request),
        "simulated_note": not settings.PRODUCTION,
        "idle_seconds": settings.IDLE_LOCK_MINUTES * 60,
        "provider": providers.of(user) if isinstance(user, User) else None,
        "shows_suspensions": _shows_suspensions(request),
        "suspended": held_now(request.user) if _shows_suspensions(request) else [],
    }


def _shows_suspensions(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name in SUSPENSIONS_SHOWN and request.user.is_authenticated


def _navigation(request: HttpRequest) -> list[dict[str, Any]]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    items = []
    for label, name, icon, permission in NAVIGATION:
        if user.has_perm(permission):
            url = reverse(name)
            is_current = request.path.startswith(url) if url != "/" else request.path == "/"
            items.append({"label": label, "url": url, "icon": icon, "is_current": is_current})
    return items
