"""The pages of a proposal: what monitoring says, and the two ways to decide it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.roles import Permission
from incidents import drafts, proposals
from incidents.models import Incident, Proposal


class DismissForm(forms.Form):
    reason = forms.CharField(
        label="Why is it no incident?", max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why it is no incident"},
    )  # fmt: skip


class QuickForm(forms.Form):
    """The one thing that an alert never knows."""

    who_affected = forms.ChoiceField(
        label="Who cannot use it", choices=Incident.Who.choices, widget=forms.RadioSelect,
        error_messages={"required": "Choose who cannot use it", "invalid_choice": "Choose who cannot use it"},
    )  # fmt: skip


@login_required
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """All that is known of it."""
    return _page(request, _find(request, pk))


@login_required
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """Log it at once where hospital, service and who are known; else through the form, filled in."""
    found = _find(request, pk)
    _allow(request)
    if found.incident and found.decided_by == request.user:
        return redirect("incident", found.incident.reference)
    proposals.refuse_decided(found)
    if "at_once" not in request.POST or not (found.customer and found.service):
        return redirect("call", drafts.draft_of(found, by=request.user).key)  # type: ignore[arg-type]
    form = QuickForm(request.POST)
    if not form.is_valid():
        return _page(request, found, quick_form=form, status=422)
    incident = proposals.take(found.pk, facts=form.cleaned_data, by=request.user)  # type: ignore[arg-type]
    messages.success(request, f"Logged as {incident.reference}. Next: {incident.next_action}.")
    return redirect("incident", incident.reference)


@login_required
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """No incident, and why."""
    found = _find(request, pk)
    _allow(request)
    form = DismissForm(request.POST)
    if form.is_valid():
        try:
            proposals.dismiss(found.pk, reason=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            form.add_error("reason", error.message_dict.get("reason", error.messages))
        else:
            messages.success(
                request, "Dismissed. The same alert stays quiet; another outage is proposed again."
            )
            return redirect("board")
    return _page(request, found, dismiss_form=form, status=422)


def _page(
    request: HttpRequest,
    found: Proposal,
    *,
    quick_form: Any = None,
    dismiss_form: Any = None,
    status: int = 200,
) -> HttpResponse:
    may_decide = request.user.has_perm(Permission.DECIDE_PROPOSAL)
    context = {
        "proposal": found,
        "may_decide": may_decide and found.state == Proposal.State.WAITING,
        "quick_form": quick_form or QuickForm(),
        "dismiss_form": dismiss_form or DismissForm(),
        "wrong_form": quick_form or dismiss_form,
    }
    return render(request, "incidents/proposal_detail.html", context, status=status)


def _find(request: HttpRequest, pk: int) -> Proposal:
    named = ("customer", "service", "component", "incident", "decided_by")
    return get_object_or_404(Proposal.objects.visible_to(request.user).select_related(*named), pk=pk)


def _allow(request: HttpRequest) -> None:
    if not request.user.has_perm(Permission.DECIDE_PROPOSAL):
        raise PermissionDenied
