"""The desk's pages of planned maintenance: the list, planning, and posting what the public is told."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import signed_in
from accounts.roles import Permission
from incidents.models import Maintenance, MaintenanceUpdate
from incidents.status import maintenance as acts
from incidents.status.maintenance_forms import MaintenanceForm, PlanForm
from incidents.status.public_words import preview
from incidents.views import done

SHOWN = 50


@login_required
@require_safe
def maintenances(request: HttpRequest) -> HttpResponse:
    """What is overdue, in progress, to come and over; for those who plan, what nobody was told of yet."""
    _allow_reading(request)
    now = timezone.now()
    visible = Maintenance.objects.visible_to(request.user).with_last_phase().prefetch_related("services")
    listed = list(visible.order_by("-starts_at")[:SHOWN])
    running = (MaintenanceUpdate.Phase.IN_PROGRESS, MaintenanceUpdate.Phase.VERIFYING)
    over = (MaintenanceUpdate.Phase.COMPLETED, MaintenanceUpdate.Phase.CANCELLED)
    context = {
        "overdue": list(Maintenance.objects.visible_to(request.user).overdue(now)),
        "running": [one for one in listed if one.last_phase in running],
        "planned": [one for one in listed[::-1] if one.last_phase not in (*running, *over)],
        "over": [one for one in listed if one.last_phase in over], "may_plan": _may_plan(request),
    }  # fmt: skip
    return render(request, "incidents/maintenances.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan_maintenance(request: HttpRequest) -> HttpResponse:
    _allow_planning(request)
    form = PlanForm(request.POST if request.method == "POST" else None)
    made: list[Maintenance] = []
    if form.is_bound and done(
        form, lambda: made.append(acts.plan_maintenance(**form.cleaned_data, by=signed_in(request)))
    ):
        messages.success(request, "Planned. Nobody outside hears of it before you announce it.")
        return redirect("maintenance", made[0].public_id)
    return _plan_page(request, form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_plan(request: HttpRequest, public_id: str) -> HttpResponse:
    _allow_planning(request)
    found = _find(request, public_id)
    initial = {name: getattr(found, name) for name in ("title", "starts_at", "ends_at")}
    form = PlanForm(
        request.POST if request.method == "POST" else None,
        initial=initial | {"services": list(found.services.all())},
    )
    if form.is_bound and done(
        form, lambda: acts.change_plan(found.pk, **form.cleaned_data, by=signed_in(request))
    ):
        messages.success(request, "Changed. Nobody outside has heard of it yet.")
        return redirect("maintenance", public_id)
    return _plan_page(request, form, found)


@login_required
@require_safe
def maintenance(request: HttpRequest, public_id: str) -> HttpResponse:
    """What is planned, what was said of it, and for those who plan the next words."""
    _allow_reading(request)
    found = _find(request, public_id)
    return _page(request, found, _form(found) if _may_plan(request) and acts.following(found) else None)


@login_required
@require_POST
def post_maintenance(request: HttpRequest, public_id: str) -> HttpResponse:
    """Post what the public is told. The guard runs here again, whatever the preview said."""
    _allow_planning(request)
    found = _find(request, public_id)
    form = _form(found, request.POST)
    if done(form, lambda: acts.post_maintenance(found.pk, **form.given(), by=signed_in(request))):
        messages.success(request, "Posted. The public sees it within seconds.")
        return redirect("maintenance", public_id)
    return _page(request, found, form, status=422)


@login_required
@require_POST
def preview_maintenance(request: HttpRequest, public_id: str) -> HttpResponse:
    """What the public would see, and what stands in its way. Stores nothing."""
    _allow_planning(request)
    found = _find(request, public_id)
    form = _form(found, request.POST)
    form.is_valid()
    seen = _preview(form)
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "incidents/_preview.html", seen)
    return _page(request, found, form)


def _form(found: Maintenance, data: Any = None) -> MaintenanceForm:
    """The next words, drafted for the phase that usually follows."""
    phases = acts.following(found) or tuple(MaintenanceUpdate.Phase)
    initial = {
        "phase": phases[0], "words": acts.draft(found, phases[0]), "starts_at": found.starts_at,
        "ends_at": found.ends_at,
    }  # fmt: skip
    return MaintenanceForm(data, initial=initial, phases=phases)


def _preview(form: MaintenanceForm) -> dict[str, Any]:
    """What the public would see of this form. What is longer is refused, and not worth looking through."""
    words, phase = str(form["words"].value() or "")[:2000], form["phase"].value()
    label = MaintenanceUpdate.Phase(phase).label if phase in MaintenanceUpdate.Phase.values else ""
    return {"words": words, "phase_words": label, "findings": preview(words) if form.is_bound else []}


def _page(
    request: HttpRequest, found: Maintenance, form: MaintenanceForm | None, status: int = 200
) -> HttpResponse:
    plans = Maintenance.objects.visible_to(request.user)
    updates = list(found.updates.visible_to(request.user).select_related("posted_by"))
    shown = {
        "maintenance": found, "form": form, "updates": updates, "last": updates[0] if updates else None,
        "may_plan": _may_plan(request),
        "late": plans.filter(pk=found.pk).overdue(timezone.now()).first(),
    }  # fmt: skip
    seen = _preview(form) if form else {}
    return render(request, "incidents/maintenance.html", shown | seen, status=status)


def _plan_page(request: HttpRequest, form: PlanForm, found: Maintenance | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(
        request, "incidents/plan_maintenance.html", {"form": form, "maintenance": found}, status=status
    )


def _find(request: HttpRequest, public_id: str) -> Maintenance:
    visible = Maintenance.objects.visible_to(request.user).select_related("planned_by")
    return get_object_or_404(visible, public_id=public_id)


def _may_plan(request: HttpRequest) -> bool:
    return request.user.has_perm(Permission.PLAN_MAINTENANCE)


def _allow_planning(request: HttpRequest) -> None:
    if not _may_plan(request):
        raise PermissionDenied


def _allow_reading(request: HttpRequest) -> None:
    if not (_may_plan(request) or request.user.has_perm(Permission.VIEW_INCIDENT)):
        raise PermissionDenied
