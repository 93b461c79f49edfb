"""Who is on now, the week, where nobody is, and changing it."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import signed_in
from accounts.roles import Permission, Side
from accounts.together import together
from handover import calls, services, shifts
from handover.forms import EndShiftForm, ShiftForm
from handover.models import ShiftPattern
from handover.rota import Shift, gap_words
from incidents import coverage
from incidents.local_time import format_day, local, resolve_local
from incidents.views import done

WEEK = 7
GAPS_SHOWN = 20
MOST_WEEKS = 12


@login_required
@require_safe
def rota(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    user = signed_in(request)
    if not user.has_perm(Permission.VIEW_HANDOVER):
        raise PermissionDenied
    now = timezone.now()
    week = _number(request.GET.get("week", ""))
    gaps = [gap_words(gap) for gap in services.gaps_ahead(now)]
    patterns = list(_patterns(user, local(now).date()))
    for pattern in patterns:
        pattern.form = _end_form(pattern.pk, forms.get("form"))  # type: ignore[attr-defined]
    context = {
        "people": services.board_facts(now, together(**services.people_to_ring(user))),
        "next_change": services.next_change(now),
        "gaps": gaps[:GAPS_SHOWN], "more_gaps": max(len(gaps) - GAPS_SHOWN, 0),
        "unfit": shifts.unfit(patterns),
        "days": _days(local(now).date() + timedelta(days=WEEK * week)),
        "week": week, "next_week": week + 1 if week < MOST_WEEKS else None,
        "last_week": week - 1 if week else None,
        "patterns": patterns,
        "may_change": user.has_perm(Permission.MANAGE_ROTA),
        "shift_form": ShiftForm(initial={"valid_from": local(now).date()}, user=user),
    }  # fmt: skip
    return render(request, "handover/rota.html", context | forms, status=status)


def _end_form(number: int, sent: Any) -> EndShiftForm:
    """With what was typed, where this is the one that was refused."""
    return sent if isinstance(sent, EndShiftForm) and sent.number == number else EndShiftForm(number)


def _number(text: str) -> int:
    return min(int(text), MOST_WEEKS) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _patterns(user: User, today: date) -> Iterable[ShiftPattern]:
    """Those that still run or will, also of people who left: the page says so."""
    rows = ShiftPattern.objects.visible_to(user).with_people().prefetch_related("person__groups")
    return rows.exclude(valid_until__lt=today).order_by("weekday", "starts", "person__name")


def _days(first: date) -> list[dict[str, Any]]:
    """Seven local days from `first`: who begins on each, and whether the desk is open."""
    start, end = (_midnight(first + timedelta(days=number)) for number in (0, WEEK))
    found = shifts.shifts_between(start, end)
    holidays = dict(coverage.holidays_between(first, first + timedelta(days=WEEK - 1), settings.DESK_NATION))
    return [_day(first + timedelta(days=number), found, holidays) for number in range(WEEK)]


def _day(day: date, found: list[tuple[User, Shift]], holidays: dict[date, str]) -> dict[str, Any]:
    begins = [(who, shift) for who, shift in found if local(shift.starts_at).date() == day]
    return {
        "day": format_day(day), "holiday": holidays.get(day, ""),
        "is_open": bool(calls.call_times(day, settings.DESK_NATION)),
        "partner": [each for each in begins if each[0].side == Side.PARTNER],
        "desk": [each for each in begins if each[0].side == Side.VENDOR],
    }  # fmt: skip


def _midnight(day: date) -> datetime:
    return resolve_local(datetime.combine(day, time(0)))


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    _allow(user)
    form = ShiftForm(request.POST, user=user)
    if done(form, lambda: services.add_shift(**form.cleaned_data, by=user)):
        messages.success(request, "The shift is on the rota.")
        return redirect("rota")
    return _page(request, status=422, shift_form=form, form=form)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    user = signed_in(request)
    _allow(user)
    pattern = get_object_or_404(ShiftPattern.objects.visible_to(user), pk=pk)
    form = EndShiftForm(pattern.pk, request.POST)
    if done(form, lambda: services.end_shift(pattern.pk, last_day=form.cleaned_data["last_day"], by=user)):
        messages.success(request, "It ends on that day. What has been worked stays.")
        return redirect("rota")
    return _page(request, status=422, form=form)


def _allow(user: User) -> None:
    if not user.has_perm(Permission.MANAGE_ROTA):
        raise PermissionDenied
