"""The page of break-glass: what can be taken, what is open, and what each use was."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import break_glass
from accounts.models import BreakGlass, User
from accounts.requests import signed_in
from accounts.roles import Permission, glass_for
from accounts.sign_in.own_views import recently_proved
from handover import glass

SHOWN = 50


class TakeForm(forms.Form):
    role = forms.ChoiceField(
        label="Role", widget=forms.RadioSelect,
        error_messages={"required": "Choose the role", "invalid_choice": "Choose a role that is there"},
    )  # fmt: skip
    reason = forms.CharField(
        label="Why", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Whom you could not reach, and what you are going to do. The service managers read it.",
        error_messages={"required": "Say whom you could not reach, and what you are going to do"},
    )  # fmt: skip

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [(role.value, role.label) for role in glass_for(by.roles, by.side)]  # type: ignore[attr-defined]


class FindingForm(forms.Form):
    finding = forms.CharField(
        label="What it was", max_length=500, error_messages={"required": "Say what you found"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


@login_required
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@recently_proved
def take(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    form = TakeForm(request.POST, by=user)
    if form.is_valid():
        try:
            made = glass.take(**form.cleaned_data, by=user)
        except ValidationError as error:
            for field, words in error.message_dict.items():
                form.add_error(field, words)
        else:
            messages.warning(
                request, f"You act as {made.get_role_display()} now. The service managers are told."
            )
            return redirect("break_glass")
    return _page(request, status=422, form=form)


@require_POST
@login_required
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    break_glass.give_back(found.pk, by=signed_in(request))
    messages.success(request, f"{found.get_role_display()} is given back.")
    return redirect("break_glass")


@require_POST
@login_required
def review(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = _find(request, pk), FindingForm(request.POST, auto_id=f"finding_{pk}_%s")
    if form.is_valid():
        try:
            break_glass.review(found.pk, finding=form.cleaned_data["finding"], by=signed_in(request))
        except ValidationError as error:
            form.add_error("finding", error.message_dict["finding"])
        else:
            messages.success(request, "It is reviewed.")
            return redirect("break_glass")
    return _page(request, status=422, wrong=(pk, form))


def _find(request: HttpRequest, pk: int) -> BreakGlass:
    return get_object_or_404(BreakGlass.objects.visible_to(signed_in(request)), pk=pk)


def _page(
    request: HttpRequest, *, status: int = 200, form: TakeForm | None = None,
    wrong: tuple[int, forms.Form] | None = None,
) -> HttpResponse:  # fmt: skip
    user, now = signed_in(request), timezone.now()
    may_review, may_take = user.has_perm(Permission.REVIEW_ACCESS), user.has_perm(Permission.BREAK_GLASS)
    if not (may_review or may_take or user.has_perm(Permission.VIEW_AUDIT)):
        raise PermissionDenied
    uses = list(
        BreakGlass.objects.visible_to(user)
        .select_related("person__organisation", "returned_by", "reviewed_by")[:SHOWN]
    )  # fmt: skip
    for use in uses:
        use.is_open_now = use.is_open(now)  # type: ignore[attr-defined]
        if may_review and use.person != user and use.reviewed_at is None:
            own = wrong[1] if wrong and wrong[0] == use.pk else FindingForm(auto_id=f"finding_{use.pk}_%s")
            use.finding_form = own  # type: ignore[attr-defined]
    options = glass_for(user.roles, user.side) if may_take and not user.glass else []
    context = {
        "uses": uses, "form": form or (TakeForm(by=user) if options else None), "options": options,
        "may_review": may_review, "wrong_form": form or (wrong[1] if wrong else None),
    }  # fmt: skip
    return render(request, "handover/break_glass.html", context, status=status)
