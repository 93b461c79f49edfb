"""Signing in: the password, then the second factor. Until both are there, nobody is signed in."""

import json
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.models import SecondFactor, User
from accounts.requests import client_of
from accounts.sign_in import delays, events, factors, halfway, providers, security_keys
from accounts.sign_in.forms import CodeForm, SignInForm
from accounts.sign_in.middleware import locked_user

# The same for a wrong name, a wrong password, somebody who left, and whoever has to sign in elsewhere.
NOT_RIGHT = "The e-mail address or the password is not right, or your organisation signs you in"
TOO_OFTEN = "That was tried too often. Wait a moment, or ring your duty lead: they can let you in at once"


@sensitive_post_parameters("password")
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """E-mail and password. On a demo desk the page lists who can be tried."""
    target = halfway.safe(request, request.POST.get("next", request.GET.get("next", "")))
    if request.user.is_authenticated:
        return redirect(target)
    if locked_user(request):
        return redirect(halfway.with_next("lock", target))
    form = SignInForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        name = form.cleaned_data["username"].strip()
        try:
            person = _proved(request, name, form.cleaned_data["password"])
        except delays.Wait as wait:
            form.add_error(None, TOO_OFTEN)
            return _too_often(_page(request, form, target, 429), wait)
        if person is not None:
            return halfway.begin(request, person, next_url=target)
        form.add_error(None, NOT_RIGHT)
    return _page(request, form, target, status)


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second page of the same journey: a code of the app, a recovery code, or a security key."""
    person = halfway.person_of(request)
    if person is None:
        messages.info(request, "Begin again: the password counts for ten minutes.")
        return redirect("sign_in")
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = delays.begin(request, person.email, person, step="code")
            factor = factors.prove(request, person, **form.cleaned_data)
        except delays.Wait as wait:
            form.add_error("code", TOO_OFTEN)
            return _too_often(_code_page(request, form, person, 429), wait)
        except ValidationError as error:
            refused(request, person)
            form.add_error("code", error.messages)
        else:
            delays.succeed(made)
            return halfway.arrive(request, person, factor=factor)
    return _code_page(request, form, person, 422 if form.is_bound else 200)


def refused(request: HttpRequest, person: User | None) -> None:
    events.record(events.Kind.REFUSED, person, address=client_of(request))


def _proved(request: HttpRequest, name: str, password: str) -> User | None:
    """Whose name and password these are. The way is the same, and as long, whoever it is. Raises Wait.

    Only the name that was counted is looked up: a database takes more spellings for one, such as a dotless i.
    """
    known = User.objects.filter(email=name.lower()).first()
    made = delays.begin(request, name, known)
    found = authenticate(request, username=known.email if known else "", password=password)
    if not isinstance(found, User):
        refused(request, known)
        return None
    delays.succeed(made)
    return found


def _too_often(response: HttpResponse, wait: delays.Wait) -> HttpResponse:
    response["Retry-After"] = str(max(1, round((wait.until - timezone.now()).total_seconds())))
    return response


def _page(request: HttpRequest, form: Form, target: str, status: int) -> HttpResponse:
    context = {
        "form": form, "next": target, "demo_people": demo_people(), "demo_password": DEMO_PASSWORD,
        "providers": providers.configured(), "factor_is_offered": not factors.are_required(),
    }  # fmt: skip
    return render(request, "accounts/sign_in.html", context, status=status)


def _code_page(request: HttpRequest, form: Form, person: User, status: int) -> HttpResponse:
    kinds = set(SecondFactor.objects.filter(person=person).values_list("kind", flat=True))
    context: dict[str, Any] = {"form": form, "has_app": SecondFactor.Kind.APP in kinds, "person": person}
    if SecondFactor.Kind.KEY in kinds and security_keys.is_possible(request):
        context |= {"options": True, "options_json": json.dumps(security_keys.ask(request, person))}
    return render(request, "accounts/sign_in_code.html", context, status=status)


def demo_people() -> list[tuple[str, str]]:
    """E-mail and name of the demo's people, while this is a demo that has them."""
    if settings.PRODUCTION or not User.objects.filter(email=DEMO_PEOPLE[0][0]).exists():
        return []
    return [(email, name) for email, name, *_ in DEMO_PEOPLE]
