"""Escalating to a team, and the pages that wait for an answer."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Team
from accounts.roles import Permission
from handover import paging, reading, services
from handover.escalating import ask_for_words
from handover.forms import AcknowledgeForm, EscalateForm
from handover.models import Page
from handover.views.handovers import person
from incidents.models import State
from incidents.views import done
from incidents.workbench import find


@login_required
def escalate(request: HttpRequest, reference: str) -> HttpResponse:
    """Choose the team and say why; it is paged with that. Once escalated: another team, or again."""
    user = person(request)
    if not user.has_perm(Permission.ESCALATE_INCIDENT):
        raise PermissionDenied
    incident = find(request, reference)
    form = EscalateForm(request.POST or None, initial={"seen": incident.state})
    form.fields["team"].queryset = Team.objects.visible_to(user)  # type: ignore[attr-defined]
    if request.method == "POST" and done(form, lambda: _escalate(incident.pk, form, user)):
        team = form.cleaned_data["team"]
        messages.success(request, f"{team} is paged. If nobody answers, ring {team.phone}.")
        return redirect("incident", reference)
    context = {
        "incident": incident, "form": form, "is_configured": paging.is_configured(),
        "is_again": incident.state == State.ESCALATED,
        "pages": list(incident.pages.visible_to(user).shown()),
    }  # fmt: skip
    return render(request, "handover/escalate.html", context, status=422 if form.is_bound else 200)


def _escalate(incident_id: int, form: EscalateForm, by: Any) -> None:
    given = form.cleaned_data
    services.escalate(
        incident_id, team=given["team"], reason=given["reason"], seen=given["seen"] or None, by=by
    )


@login_required
@require_safe
def pages(request: HttpRequest) -> HttpResponse:
    """The pages for the person's team, and for who sees incidents all of them."""
    return render(request, "handover/pages.html", reading.pages_for(person(request)))


@login_required
@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has it."""
    user = person(request)
    page = get_object_or_404(Page.objects.visible_to(user).shown(), pk=pk)
    form = AcknowledgeForm(page.pk, is_paged=not ask_for_words(page, user), data=request.POST)
    if done(form, lambda: services.acknowledge(page.pk, answer=form.cleaned_data["answer"], by=user)):
        messages.success(request, f"Answered: {page.words}")
        return redirect("pages")
    context = reading.pages_for(user)
    for each in context["waiting"]:
        each.form = form if each.pk == page.pk else each.form
    return render(request, "handover/pages.html", context | {"form": form}, status=422)
