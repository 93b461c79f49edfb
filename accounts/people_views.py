"""People: who works here, what they prove at the sign-in, letting them in again, and the end of an access."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import people, reads
from accounts.models import AccessEvent, SecondFactor, User
from accounts.models.read_record import Read
from accounts.requests import signed_in
from accounts.roles import Permission
from accounts.sign_in import events, factors, halfway
from accounts.sign_in.forms import NewPasswordForm
from accounts.sign_in.own_views import recently_proved

EVENTS_SHOWN = 20


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why", max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="It is kept with your name.", error_messages={"required": "Say why"},
    )  # fmt: skip


class EndForm(ReasonForm):
    ends_at = forms.DateTimeField(
        label="When it ends, UK time", required=False, help_text="Empty: now.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": "Enter a date and a time, such as 2026-11-30 18:00"},
    )  # fmt: skip
    field_order = ("ends_at", "reason")


@login_required
@never_cache
def people_list(request: HttpRequest) -> HttpResponse:
    user = _allowed(request)
    found = list(people.seen_by(user))
    reads.note(user, Read.PERSON, name="People", rows=len(found))
    context = {
        "working": [one for one in found if one.is_working],
        "ended": [one for one in found if not one.is_working],
        "may_manage": user.has_perm(Permission.MANAGE_PEOPLE),
    }
    return render(request, "accounts/people.html", context)


@login_required
@never_cache
def person(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _find(request, pk))


@require_POST
@login_required
def let_in(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)
    if people.let_in(found, by=signed_in(request)):
        messages.success(request, f"{found} can try again at once.")
    else:
        messages.info(request, f"{found} does not have to wait.")
    return redirect("person", pk)


@require_POST
@recently_proved
def reset_factors(request: HttpRequest, pk: int) -> HttpResponse:
    """For who rang and lost everything. They set up a new one at the next sign-in."""
    found = _find(request, pk)

    def act(reason: str) -> None:
        factors.reset(found, reason=reason, by=signed_in(request))
        messages.success(request, f"{found} sets up a new second factor at the next sign-in.")

    return _acted(request, found, ReasonForm(request.POST, auto_id="reset_%s"), "reset_form", act)


@require_POST
@recently_proved
def end_access(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)

    def act(reason: str, ends_at: Any) -> None:
        ended = people.end_access(found, reason=reason, at=ends_at, by=signed_in(request))
        when = "at the time given" if ended.is_working else "now, with every session, token and factor"
        messages.success(request, f"The access of {found} ends {when}.")

    return _acted(request, found, EndForm(request.POST, auto_id="end_%s"), "end_form", act)


@require_POST
@recently_proved
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    found = _find(request, pk)

    def act(reason: str) -> None:
        people.give_back(found, reason=reason, by=signed_in(request))
        messages.success(request, f"{found} has access again. Make a joining link next.")

    return _acted(request, found, ReasonForm(request.POST, auto_id="back_%s"), "back_form", act)


@require_POST
@recently_proved
def joining_link(request: HttpRequest, pk: int) -> HttpResponse:
    """The one answer that holds the link."""
    found = _find(request, pk)
    try:
        link = people.joining_link(found, by=signed_in(request))
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect("person", pk)
    answer = _page(request, found, link=f"{settings.PUBLIC_URL}{reverse('join', args=[link])}")
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@sensitive_post_parameters("password", "again")
@never_cache
def join(request: HttpRequest, link: str) -> HttpResponse:
    """Whoever has the link chooses the password, and goes on to the second factor."""
    found = people.joining(link)
    if found is None:
        messages.error(request, "This link was used, or is older than a day. Ask for another one.")
        return redirect("sign_in")
    form = NewPasswordForm(request.POST if request.method == "POST" else None, person=found)
    if form.is_valid():
        found.set_password(form.cleaned_data["password"])
        found.save(update_fields=["password"])
        events.record(events.Kind.PASSWORD_SET, found)
        return halfway.begin(request, found, next_url="/")
    status = 422 if form.is_bound else 200
    response = render(request, "accounts/join.html", {"form": form, "person": found}, status=status)
    response["Referrer-Policy"] = "same-origin"
    return response


def _allowed(request: HttpRequest) -> User:
    user = signed_in(request)
    if not (user.has_perm(Permission.LET_IN) or user.has_perm(Permission.MANAGE_PEOPLE)):
        raise PermissionDenied
    return user


def _find(request: HttpRequest, pk: int) -> User:
    found: User = get_object_or_404(people.seen_by(_allowed(request)), pk=pk)
    return found


def _acted(
    request: HttpRequest, found: User, form: forms.Form, name: str, act: Callable[..., None]
) -> HttpResponse:
    """What the service refuses goes to the form's fields, and the words stay in it."""
    if form.is_valid():
        try:
            act(**form.cleaned_data)
        except ValidationError as error:
            for field, words in error.message_dict.items():
                form.add_error(field if field in form.fields else None, words)
        else:
            return redirect("person", found.pk)
    return _page(request, found, status=422, **{name: form})


def _page(request: HttpRequest, found: User, *, status: int = 200, **context: Any) -> HttpResponse:
    user = signed_in(request)
    reads.note(user, Read.PERSON, found)
    context = {
        "end_form": EndForm(auto_id="end_%s"), "reset_form": ReasonForm(auto_id="reset_%s"),
        "back_form": ReasonForm(auto_id="back_%s"),
    } | context | {
        "found": found,
        "factors": SecondFactor.objects.visible_to(user).filter(person=found),
        "events": _events(user, found),
        "may_manage": user.has_perm(Permission.MANAGE_PEOPLE) and found != user,
        "may_reset": factors.may_help(user, found) and found != user,
    }  # fmt: skip
    context["wrong_form"] = next((form for form in context.values() if getattr(form, "errors", None)), None)
    return render(request, "accounts/person.html", context, status=status)


def _events(user: User, found: User) -> Any:
    return AccessEvent.objects.visible_to(user).filter(person=found).select_related("by")[:EVENTS_SHOWN]
