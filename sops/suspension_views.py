"""The page of suspensions: what the vendor has stopped, since when, by whom and why."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents.views import done
from sops import services
from sops.actions.catalogue import CATALOGUE
from sops.models import Sop, Suspension
from sops.models.suspension import Scope
from sops.suspensions import described, held_now

EVERYTHING = Scope.AUTOMATION.value
LIFTED_SHOWN = 20


class SuspendForm(forms.Form):
    """One choice of what: `automation`, `sop:7` or `action:restart_app_service`."""

    what = forms.ChoiceField(
        label="What stops?", error_messages={
            "required": "Choose what stops", "invalid_choice": "Choose one of the list",
        },
    )  # fmt: skip
    reason = forms.CharField(
        label="Why?", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Both organisations read it, wherever it stops them. No patient data.",
        error_messages={"required": "Say why you suspend it"},
    )  # fmt: skip
    everything = forms.BooleanField(
        label="All automation: I mean every SOP of every customer", required=False,
        help_text="Needed for all automation only.",
    )  # fmt: skip

    def __init__(self, *args: Any, sops: list[Sop], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        actions = [(f"action:{spec.name}", f"{spec.words} ({spec.name})") for spec in CATALOGUE.values()]
        what: Any = self.fields["what"]
        what.choices = [
            ("", "Choose"),
            ("Everything", [(EVERYTHING, "All automation")]),
            ("One SOP", [(f"sop:{sop.pk}", str(sop)) for sop in sops]),
            ("One action, in every SOP", actions),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("what") == EVERYTHING and not data.get("everything"):
            self.add_error("everything", "Tick this to stop all automation")
        return data

    def act(self, by: User) -> Suspension:
        scope, _, which = self.cleaned_data["what"].partition(":")
        reason = self.cleaned_data["reason"]
        if scope == Scope.SOP:
            return services.suspend_sop(int(which), reason=reason, by=by)
        if scope == Scope.ACTION:
            return services.suspend_action(which, reason=reason, by=by)
        return services.suspend_automation(reason=reason, by=by)


class LiftForm(forms.Form):
    """Lifting what stops everything is confirmed; the rest needs no more than its button."""

    everything = forms.BooleanField(
        label="I mean it: every SOP may start again",
        error_messages={"required": "Tick this to let all automation start again"},
    )

    def __init__(self, data: Any = None, *, held: Suspension) -> None:
        super().__init__(data, auto_id=f"lift_{held.pk}_%s")
        if held.scope != Scope.AUTOMATION:
            del self.fields["everything"]


@login_required
def suspensions(request: HttpRequest) -> HttpResponse:
    """What is suspended and what was; an approver's POST suspends at once."""
    person = _reader(request)
    form = SuspendForm(
        request.POST if request.method == "POST" else None, sops=list(Sop.objects.visible_to(person))
    )
    if request.method == "POST":
        if not person.has_perm(Permission.APPROVE_SOP):
            raise PermissionDenied
        if done(form, lambda: form.act(person)):
            messages.success(request, "Suspended. Nothing of it starts, and runs stop at their next step.")
            return redirect("suspensions")
    return _page(request, person, form)


@login_required
@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """It may be started again. Of all automation only where the person ticked that they mean it."""
    person = _reader(request)
    if not person.has_perm(Permission.APPROVE_SOP):
        raise PermissionDenied
    held = get_object_or_404(Suspension.objects.visible_to(person), pk=pk)
    form = LiftForm(request.POST, held=held)
    if done(form, lambda: services.lift_suspension(held.pk, by=person)):
        messages.success(request, f"Lifted: {described(held).short} may be started again.")
        return redirect("suspensions")
    return _page(request, person, SuspendForm(sops=list(Sop.objects.visible_to(person))), form, held.pk)


def _reader(request: HttpRequest) -> User:
    person = signed_in(request)
    if not person.has_perm(Permission.VIEW_SOP):
        raise PermissionDenied
    return person


def _page(
    request: HttpRequest, person: User, form: SuspendForm, lifting: LiftForm | None = None, at: int = 0
) -> HttpResponse:
    lifted = Suspension.objects.visible_to(person).filter(lifted_at__isnull=False)
    lifted = lifted.select_related("sop", "suspended_by", "lifted_by").order_by("-lifted_at")
    problem = lifting or form
    context = {
        "active": [
            (each, lifting if lifting and each.suspension.pk == at else LiftForm(held=each.suspension))
            for each in held_now(person)
        ],
        "lifted": [described(each) for each in lifted[:LIFTED_SHOWN]], "form": form, "problem": problem,
        "may_suspend": person.has_perm(Permission.APPROVE_SOP),
    }  # fmt: skip
    return render(request, "sops/suspensions.html", context, status=422 if problem.is_bound else 200)
