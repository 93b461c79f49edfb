"""The page of legal holds: what is kept beyond its time, why, until when, and by whose word."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Customer, User
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents import holds
from incidents.models import Incident, LegalHold
from incidents.views import done

LIFTED_SHOWN = 20
ALL, CUSTOMER, INCIDENT = "desk", "customer", "incident"


class HoldForm(forms.Form):
    """What is held; the field that belongs to the choice is needed, the other is not read."""

    what = forms.ChoiceField(
        label="What must be kept?", widget=forms.RadioSelect,
        choices=[(INCIDENT, "One incident"), (CUSTOMER, "Everything of one customer"), (ALL, "Everything")],
        error_messages={"required": "Choose what must be kept"},
    )  # fmt: skip
    reference = forms.CharField(
        label="Which incident", required=False, max_length=20, help_text="Such as OOH-2026-00042.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    customer = forms.ModelChoiceField(
        Customer.objects.none(), label="Which customer", required=False, empty_label="Choose",
        to_field_name="short_name",
    )  # fmt: skip
    reason = forms.CharField(
        label="Why?", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Such as the claim or the request it is for. No patient data.",
        error_messages={"required": "Say why it must be kept"},
    )  # fmt: skip
    until = forms.DateField(
        label="Until and with this day", required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text="Empty: until somebody lifts it.",
        error_messages={"invalid": "Enter a day, such as 2027-03-31"},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        customers: Any = self.fields["customer"]
        customers.queryset = Customer.objects.visible_to(user)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["incident"] = None
        if data.get("what") == INCIDENT:
            reference = data.get("reference", "").strip()
            visible = Incident.objects.visible_to(self.user)
            data["incident"] = visible.filter(reference__iexact=reference).first()
            if data["incident"] is None:
                self.add_error("reference", "There is no such incident. Write it as OOH-2026-00042")
        if data.get("what") == CUSTOMER and not data.get("customer") and "customer" not in self.errors:
            self.add_error("customer", "Choose the customer")
        return data

    def act(self, by: User) -> LegalHold:
        data = self.cleaned_data
        return holds.place(
            incident=data["incident"], customer=data["customer"] if data["what"] == CUSTOMER else None,
            reason=data["reason"], until=data["until"], by=by,
        )  # fmt: skip


class LiftHoldForm(forms.Form):
    reason = forms.CharField(
        label="Why need it not be kept any more?", max_length=300,
        error_messages={"required": "Say why it need not be kept any more"},
    )  # fmt: skip


@login_required
def hold_list(request: HttpRequest) -> HttpResponse:
    """What is held and what was; a service manager's POST places one."""
    person = _reader(request)
    form = HoldForm(request.POST if request.method == "POST" else None, user=person)
    if request.method == "POST":
        _refuse_others(person)
        if done(form, lambda: form.act(person)):
            messages.success(request, "Held. Nothing of it is purged until the hold ends.")
            return redirect("holds")
    return _page(request, person, form)


@login_required
@require_POST
def lift_hold(request: HttpRequest, pk: int) -> HttpResponse:
    person = _reader(request)
    _refuse_others(person)
    hold = get_object_or_404(LegalHold.objects.visible_to(person), pk=pk)
    form = LiftHoldForm(request.POST, auto_id=f"lift_{hold.pk}_%s")
    if done(form, lambda: holds.lift(hold.pk, reason=form.cleaned_data["reason"], by=person)):
        messages.success(request, f"Lifted: {hold.of} is purged again when its time comes.")
        return redirect("holds")
    return _page(request, person, HoldForm(user=person), form, hold.pk)


def _reader(request: HttpRequest) -> User:
    person = signed_in(request)
    if not person.has_perm(Permission.VIEW_HOLDS):
        raise PermissionDenied
    return person


def _refuse_others(person: User) -> None:
    if not person.has_perm(Permission.MANAGE_HOLDS):
        raise PermissionDenied


def _page(
    request: HttpRequest, person: User, form: HoldForm, lifting: LiftHoldForm | None = None, at: int = 0
) -> HttpResponse:
    rows = LegalHold.objects.visible_to(person)
    rows = rows.select_related("incident", "customer", "placed_by", "lifted_by")
    problem = lifting or form
    context = {
        "active": [
            (each, lifting if lifting and each.pk == at else LiftHoldForm(auto_id=f"lift_{each.pk}_%s"))
            for each in rows.in_force()
        ],
        "ended": [each for each in rows[: 2 * LIFTED_SHOWN] if not each.is_in_force][:LIFTED_SHOWN],
        "form": form, "problem": problem, "may_place": person.has_perm(Permission.MANAGE_HOLDS),
    }  # fmt: skip
    return render(request, "incidents/holds.html", context, status=422 if problem.is_bound else 200)
