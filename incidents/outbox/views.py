"""The page of deliveries: what waits for each destination and why, and what needs a decision."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import signed_in
from accounts.roles import Permission
from incidents.freshdesk.showing import delivery_lines
from incidents.models import OutboxRow
from incidents.outbox.forms import DecisionForm
from incidents.outbox.reading import heads
from incidents.outbox.services import drop_row, retry_row

SHOWN = 50
ACTS = {
    "retry": (retry_row, "On its way again"),
    "drop": (drop_row, "Dropped. What waited behind it goes on"),
}


@login_required
@require_safe
def deliveries(request: HttpRequest) -> HttpResponse:
    """The page, or for htmx its panel alone: as it stands here, or as the board shows it."""
    part = request.GET.get("part")
    if part not in ("now", "panel") or not request.htmx:  # type: ignore[attr-defined]
        return _page(request)
    if not request.user.has_perm(Permission.VIEW_DELIVERY):
        raise PermissionDenied
    now = timezone.now()
    context = {"deliveries": delivery_lines(now), "is_page": part == "now"}
    return render(request, "incidents/_deliveries_panel.html", context)


@login_required
@require_POST
def decide(request: HttpRequest, pk: str, act: str) -> HttpResponse:
    """Retry or drop one parked row, with a reason. What was typed is kept when it is refused."""
    if not request.user.has_perm(Permission.RETRY_DELIVERY):
        raise PermissionDenied
    row = get_object_or_404(OutboxRow.objects.visible_to(request.user), pk=pk)
    form = DecisionForm(request.POST, auto_id=f"row-{row.pk}-%s")
    serve, words = ACTS[act]
    if form.is_valid():
        try:
            serve(row.pk, reason=form.cleaned_data["reason"], by=signed_in(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, words)
            return redirect("deliveries")
    return _page(request, form, row.pk, status=422)


def _page(
    request: HttpRequest, form: DecisionForm | None = None, at_row: int = 0, status: int = 200
) -> HttpResponse:
    if not request.user.has_perm(Permission.VIEW_DELIVERY):
        raise PermissionDenied
    now = timezone.now()
    waiting = OutboxRow.objects.visible_to(request.user).waiting().select_related("incident", "decided_by")
    rows = heads(waiting, now, SHOWN + 1)
    parked = [row for row in rows[:SHOWN] if row.parked_at]
    context = {
        "deliveries": delivery_lines(now),
        "parked": [
            (row, form if row.pk == at_row else DecisionForm(auto_id=f"row-{row.pk}-%s")) for row in parked
        ],
        "waiting": [row for row in rows[:SHOWN] if not row.parked_at],
        "has_more": len(rows) > SHOWN,
        "form": form,
        "may_decide": request.user.has_perm(Permission.RETRY_DELIVERY),
        "now": now,
    }
    return render(request, "incidents/deliveries.html", context, status=status)
