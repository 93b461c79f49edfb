"""Integrations and their tokens: who may call the desk, since when, until when, and when it last did."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import tokens
from accounts.models import User
from accounts.models.user import MACHINES
from accounts.requests import permitted
from accounts.roles import Permission, Role


class IntegrationForm(forms.Form):
    name = forms.CharField(
        label="What it is", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Such as Azure Monitor, Harbour Lane.",
        error_messages={"required": "Write what it is, such as Azure Monitor"},
    )  # fmt: skip
    role = forms.ChoiceField(
        label="What it may do", choices=[(role.value, role.label) for role in MACHINES],
        initial=Role.ALERT_SOURCE, error_messages={"invalid_choice": "Choose what it may do"},
    )  # fmt: skip


class TokenForm(forms.Form):
    days = forms.IntegerField(
        label="Days until it expires", initial=tokens.DAYS, min_value=1, max_value=tokens.MOST_DAYS,
        widget=forms.NumberInput(attrs={"class": "w-time"}),
        error_messages={"required": "Say after how many days it expires"},
    )  # fmt: skip


@login_required
@never_cache
def integrations(request: HttpRequest) -> HttpResponse:
    """All of them, each with its tokens; and a form for one more."""
    user = permitted(request, Permission.MANAGE_PEOPLE)
    form = IntegrationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        made = _tried(form, lambda: tokens.add_integration(**form.cleaned_data, by=user))
        if made:
            messages.success(request, f"{made} is added. Issue its token next.")
            return redirect("integrations")
    return _page(request, status=422 if form.is_bound else 200, form=form)


@login_required
@require_POST
@never_cache
def issue_token(request: HttpRequest, pk: int) -> HttpResponse:
    """The one answer that holds the token: it is not kept anywhere, and no page shows it again."""
    user = permitted(request, Permission.MANAGE_PEOPLE)
    integration = _find(pk)
    form = TokenForm(request.POST, auto_id=f"token_{integration.pk}_%s")
    if form.is_valid():
        issued = _tried(form, lambda: tokens.issue(integration, days=form.cleaned_data["days"], by=user))
        if issued:
            row, text = issued
            answer = _page(request, issued=row, text=text, of=integration, addresses=_addresses(text))
            answer["Referrer-Policy"] = "no-referrer"
            return answer
    return _page(request, status=422, token_form=form, of=integration)


@login_required
@require_POST
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    user = permitted(request, Permission.MANAGE_PEOPLE)
    integration, start = _find(pk), request.POST.get("start", "")[:25].replace("\0", "")
    if tokens.revoke(integration, start, by=user):
        messages.success(request, f"Revoked: {start}… of {integration} opens nothing any more.")
    else:
        messages.info(request, "That token is gone already.")
    return redirect("integrations")


def _find(pk: int) -> User:
    machines = User.objects.filter(groups__name__in=MACHINES).distinct()
    found: User = get_object_or_404(machines, pk=pk)
    return found


def _tried(form: forms.Form, act: Any) -> Any:
    """What the service gave; what it refuses goes to the form's fields."""
    try:
        return act()
    except ValidationError as error:
        for field, words in error.message_dict.items():
            form.add_error(field if field in form.fields else None, words)
        return None


def _addresses(token: str) -> list[tuple[str, str]]:
    """How each monitoring service can be told: a header, Basic in the address, or the token in its path."""
    scheme, _, host = settings.PUBLIC_URL.partition("://")
    return [
        (
            "Azure Monitor, in the action group’s webhook",
            f"{scheme}://desk:{token}@{host}/api/v1/alerts/azure/",
        ),
        ("Pingdom", f"{settings.PUBLIC_URL}/api/v1/alerts/pingdom/{token}/"),
        ("UptimeRobot", f"{settings.PUBLIC_URL}/api/v1/alerts/uptimerobot/{token}/"),
        ("Alertmanager, with the token as bearer", f"{settings.PUBLIC_URL}/api/v1/alerts/alertmanager/"),
    ]


def _page(request: HttpRequest, *, status: int = 200, form: Any = None, **context: Any) -> HttpResponse:
    machines = tokens.integrations()
    sent, of = context.get("token_form"), context.get("of")
    for machine in machines:
        own = sent if of == machine and sent else TokenForm(auto_id=f"token_{machine.pk}_%s")
        machine.token_form = own  # type: ignore[attr-defined]
    context |= {"machines": machines, "form": form or IntegrationForm(), "wrong_form": sent or form}
    if "issued" in context and Role.ALERT_SOURCE not in context["of"].roles:
        context["addresses"] = []
    return render(request, "accounts/integrations.html", context, status=status)
