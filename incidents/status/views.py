"""Service Status for everybody: no sign-in, no scripts, no cookies, and no word that is not published."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from incidents.local_time import local
from incidents.models import StatusUpdate
from incidents.status import feeds, history, reading

FRESH_FOR = 10  # seconds: an update is live within them, whatever stands between
FIRST_YEAR = 2000

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """A page that is the same for everybody, so that whatever stands between may keep it."""

    @require_safe
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = f"public, max-age={FRESH_FOR}"
        # The audit's middleware looks who asks. Nothing here does, so the answer does not vary by cookie.
        request.session.accessed = False
        return response

    return shown


def for_machines(view: View) -> View:
    """Public, and open to scripts of any site: there is nothing in it that is not public already."""

    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return public(shown)


@public
def status_page(request: HttpRequest) -> HttpResponse:
    """What is wrong now, each service and its last 90 days, and what was resolved lately."""
    seen = reading.snapshot(timezone.now())
    return _render(request, "status/page.html", seen.now, seen=seen, rule=history.RULE)


@public
def status_incident(request: HttpRequest, public_id: str) -> HttpResponse:
    """One incident with all that was said of it, at an address that reveals nothing."""
    incident = reading.one_incident(public_id)
    if incident is None:
        return _render(request, "status/not_found.html", timezone.now(), status=404)
    return _render(request, "status/incident.html", timezone.now(), incident=incident)


@public
def status_history(request: HttpRequest, month: str = "") -> HttpResponse:
    """The incidents of one month, this month without one."""
    now = timezone.now()
    first = _first_day(month, local(now).date())
    start, end = history.day_starts(first), history.day_starts(_month_after(first))
    is_older = StatusUpdate.objects.published().filter(posted_at__lt=start).exists()
    return _render(
        request, "status/history.html", now, first=first, incidents=reading.incidents_of_month(start, end),
        older=_month_before(first) if is_older else None, newer=_month_after(first) if end <= now else None,
    )  # fmt: skip


@for_machines
def summary(request: HttpRequest) -> HttpResponse:
    return JsonResponse(feeds.summary(reading.snapshot(timezone.now())))


@for_machines
def status(request: HttpRequest) -> HttpResponse:
    return JsonResponse(feeds.status(reading.snapshot(timezone.now())))


@for_machines
def components(request: HttpRequest) -> HttpResponse:
    return JsonResponse(feeds.components(reading.snapshot(timezone.now())))


@for_machines
def unresolved(request: HttpRequest) -> HttpResponse:
    return JsonResponse(feeds.unresolved(reading.snapshot(timezone.now())))


@for_machines
def incidents(request: HttpRequest) -> HttpResponse:
    return JsonResponse(feeds.incidents(reading.snapshot(timezone.now()), reading.latest_incidents()))


@for_machines
def atom(request: HttpRequest) -> HttpResponse:
    content = feeds.atom(reading.snapshot(timezone.now()), reading.latest_incidents())
    return HttpResponse(content, content_type="application/atom+xml; charset=utf-8")


def _render(
    request: HttpRequest, template: str, now: datetime, *, status: int = 200, **context: Any
) -> HttpResponse:
    """With `desk` of its own: that of the signed-in pages would look who asks."""
    return render(request, template, {"desk": {"now": now}, "now": now, **context}, status=status)


def _first_day(month: str, today: date) -> date:
    if not month:
        return today.replace(day=1)
    year, number = (int(part) for part in month.split("-"))
    if not FIRST_YEAR <= year <= today.year or (year, number) > (today.year, today.month):
        raise Http404
    return date(year, number, 1)


def _month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _month_before(first: date) -> date:
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
