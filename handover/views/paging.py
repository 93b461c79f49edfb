"""Escalating to a team, and the pages that wait for an answer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Team
from accounts.requests import signed_in
from accounts.roles import Permission
from handover import paging, reading, services
from handover.escalating import ask_for_words
from handover.forms import AcknowledgeForm, EscalateForm, SopGapForm
from handover.lacking import may_state
from handover.models import Page
from incidents.models import Incident, State
from incidents.views import done
from incidents.workbench import find
from sops.applicability import choices_for
from sops.models import SopGap


@login_required
def escalate(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose the team and say why; it is paged with that. Once escalated: another team, or again."""
    if not request.user.has_perm(Permission.ESCALATE_INCIDENT):
        raise PermissionDenied
    incident = find(request, reference)
    return _page_team(request, incident, EscalateForm, services.escalate, "handover/escalate.html")


@login_required
def state_sop_gap(request: HttpRequest, reference: str) -> HttpResponse:
    """No SOP fits: say what one would have had to do, and which team is paged with that. One act."""
    user = signed_in(request)
    if not may_state(user):
        raise PermissionDenied
    incident = find(request, reference)
    context = {
        "gap": SopGap.objects.visible_to(user).filter(incident=incident).select_related("stated_by").first(),
        "startable": [choice.sop for choice in choices_for(incident, user) if choice.applies],
    }
    return _page_team(
        request, incident, SopGapForm, services.state_sop_gap, "handover/state_sop_gap.html", context
    )


def _page_team(
    request: HttpRequest, incident: Incident, shape: type[EscalateForm], service: Callable[..., Page],
    template: str, context: dict[str, Any] | None = None,
) -> HttpResponse:  # fmt: skip
    """A form with a team and a reason, the service that pages it, and back to the incident."""
    user, is_sent = signed_in(request), request.method == "POST"
    form = shape(request.POST if is_sent else None, initial={"seen": incident.state})
    form.fields["team"].queryset = Team.objects.visible_to(user)  # type: ignore[attr-defined]

    def act() -> Page:
        given = form.cleaned_data
        return service(
            incident.pk, team=given["team"], reason=given["reason"], seen=given["seen"] or None, by=user
        )

    if is_sent and done(form, act):
        team = form.cleaned_data["team"]
        messages.success(request, f"{team} is paged. If nobody answers, ring {team.phone}.")
        return redirect("incident", incident.reference)
    shown = {
        "incident": incident, "form": form, "is_configured": paging.is_configured(),
        "is_again": incident.state == State.ESCALATED,
        "pages": list(incident.pages.visible_to(user).shown()),
    }  # fmt: skip
    return render(request, template, shown | (context or {}), status=422 if form.is_bound else 200)


@login_required
@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """The pages for the person's team, and for who sees incidents all of them."""
    return render(request, "handover/pages.html", reading.pages_for(signed_in(request)))


@login_required
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has it."""
    user = signed_in(request)
    page = get_object_or_404(Page.objects.visible_to(user).shown(), pk=pk)
    form = AcknowledgeForm(page.pk, is_paged=not ask_for_words(page, user), data=request.POST)
    if done(form, lambda: services.acknowledge(page.pk, answer=form.cleaned_data["answer"], by=user)):
        messages.success(request, f"Answered: {page.words}")
        return redirect("pages")
    context = reading.pages_for(user)
    for each in context["waiting"]:
        each.form = form if each.pk == page.pk else each.form
    return render(request, "handover/pages.html", context | {"form": form}, status=422)
