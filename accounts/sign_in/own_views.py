"""One's own sign-in: second factors, recovery codes, password, and where else one is signed in."""

import json
from base64 import b64encode
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.models import AccessEvent, SecondFactor, User
from accounts.requests import signed_in
from accounts.sign_in import events, factors, halfway, providers, recovery, security_keys, sessions, totp
from accounts.sign_in.forms import NewAppForm, NewKeyForm, NewPasswordForm
from accounts.sign_in.sealing import seal, unseal

SECRET = "new_app"  # noqa: S105  (the name under which the session keeps it)
ISSUER = "Out-of-hours desk"
View = Callable[..., HttpResponse]


def recently_proved(view: View) -> View:
    """What guards the account is changed only by who said again, in the last ten minutes, who they are."""

    @wraps(view)
    @login_required
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if sessions.is_proved(request):
            return view(request, *args, **kwargs)
        target = request.path if request.method == "GET" else "/your-sign-in/"
        return redirect(halfway.with_next("lock", target))

    return asked


def on_the_way_or_proved(view: View) -> View:
    """For somebody signed in who proved it, or on the way in who has no factor yet and needs one."""

    @wraps(view)
    @never_cache
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        person = halfway.person_of(request)
        if not request.user.is_authenticated and person is not None and not factors.has_any(person):
            return view(request, person, *args, **kwargs)
        own = recently_proved(lambda request: view(request, signed_in(request), *args, **kwargs))
        return own(request)

    return asked


@login_required
@never_cache
def your_sign_in(request: HttpRequest) -> HttpResponse:
    """What is set up, what is left, and what happened last."""
    person = signed_in(request)
    context = {
        "factors": SecondFactor.objects.filter(person=person),
        "codes_left": person.recovery_codes.left().count(),
        "provider": providers.of(person),
        "are_required": factors.are_required(),
        "keys_possible": security_keys.is_possible(request),
        "events": AccessEvent.objects.filter(person=person).select_related("by")[:10],
    }
    return render(request, "accounts/your_sign_in.html", context)


@on_the_way_or_proved
def set_up(request: HttpRequest, person: User) -> HttpResponse:
    """Which kind of second factor: the first page of somebody who has none."""
    context = {"person": person, "keys_possible": security_keys.is_possible(request)}
    return render(request, "accounts/set_up_factor.html", context)


@on_the_way_or_proved
def add_app(request: HttpRequest, person: User) -> HttpResponse:
    """A picture for the app, and the code that proves that the app has it."""
    secret = unseal(request.session.get(SECRET, "")) or totp.new_secret()
    request.session[SECRET] = seal(secret)
    form = NewAppForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            factors.add_app(person, secret=secret, code=form.cleaned_data["code"], by=person)
        except ValidationError as error:
            form.add_error("code", error.message_dict["code"])
        else:
            del request.session[SECRET]
            return _settled(request, person, str(SecondFactor.Kind.APP.label))
    context = {
        "form": form, "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": _picture(totp.address(secret, person.email, ISSUER)),
    }  # fmt: skip
    return render(request, "accounts/add_app.html", context, status=422 if form.is_bound else 200)


@on_the_way_or_proved
def add_key(request: HttpRequest, person: User) -> HttpResponse:
    """The browser asks the key; the script puts its answer into the form."""
    form = NewKeyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        name, answer = form.cleaned_data["name"], form.cleaned_data["credential"]
        try:
            factors.add_key(request, person, name=name, answer=answer, by=person)
        except ValidationError as error:
            told = error.message_dict
            form.add_error("name" if "name" in told else None, told.get("name") or told["credential"])
        else:
            return _settled(request, person, str(SecondFactor.Kind.KEY.label))
    is_possible = security_keys.is_possible(request)
    options = json.dumps(security_keys.ask_new(request, person)) if is_possible else ""
    context = {"form": form, "options_json": options}
    return render(request, "accounts/add_key.html", context, status=422 if form.is_bound else 200)


@require_POST
@recently_proved
def remove_factor(request: HttpRequest, pk: int) -> HttpResponse:
    person = signed_in(request)
    factor = get_object_or_404(SecondFactor, pk=pk, person=person)
    try:
        factors.remove(factor, by=person)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, f"{factor.name} is removed.")
    return redirect("your_sign_in")


@require_POST
@never_cache
@recently_proved
def new_codes(request: HttpRequest) -> HttpResponse:
    """The one answer that holds them. Those of before are good no more."""
    person = signed_in(request)
    context = {"codes": recovery.make(person, by=person), "next": "/your-sign-in/"}
    return render(request, "accounts/recovery_codes.html", context)


@sensitive_post_parameters("password", "again")
@never_cache
@recently_proved
def new_password(request: HttpRequest) -> HttpResponse:
    """Ends every other session. Nobody whom a provider signs in has a password."""
    person = User.objects.get(pk=signed_in(request).pk)
    if providers.of(person):
        messages.info(request, "Your organisation signs you in: you have no password here.")
        return redirect("your_sign_in")
    form = NewPasswordForm(request.POST if request.method == "POST" else None, person=person)
    if form.is_valid():
        person.set_password(form.cleaned_data["password"])
        person.save(update_fields=["password"])
        update_session_auth_hash(request, person)
        events.record(events.Kind.PASSWORD_SET, person)
        messages.success(request, "Your password is changed. You are signed out everywhere else.")
        return redirect("your_sign_in")
    return render(request, "accounts/new_password.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
@login_required
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else: the telephone that is lost, the machine that was left."""
    sessions.end_others(request, User.objects.get(pk=signed_in(request).pk))
    messages.success(request, "You are signed out everywhere else.")
    return redirect("your_sign_in")


def _settled(request: HttpRequest, person: User, factor: str) -> HttpResponse:
    """A factor was added: with the first one come recovery codes, and whoever was on the way arrives."""
    is_first = not person.recovery_codes.left().exists()
    target, cookies = "/your-sign-in/", None
    if not request.user.is_authenticated:
        target = halfway.safe(request, halfway.goes_to(request))
        arrived = halfway.arrive(request, person, factor=factor)
        if not is_first:
            return arrived
        cookies = arrived.cookies
    elif not request.session.get(sessions.FACTOR):
        request.session[sessions.FACTOR] = factor
    if not is_first:
        messages.success(request, f"{factor} is added.")
        return redirect(target)
    context = {"codes": recovery.make(person, by=person), "next": target, "is_first": True}
    response = render(request, "accounts/recovery_codes.html", context)
    response.cookies.update(cookies or {})
    return response


def _picture(address: str) -> str:
    """As an image of its own, for the page's policy takes no style that stands in it."""
    drawn = BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", scale=5, border=4, light="#fff", svgclass=None, lineclass=None
    )
    return f"data:image/svg+xml;base64,{b64encode(drawn.getvalue()).decode()}"
