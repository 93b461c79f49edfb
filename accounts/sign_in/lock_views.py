"""The lock: half an hour without a person, or at a button. What was being typed is kept, and comes back."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.sign_in import delays, halfway, providers, sessions
from accounts.sign_in.forms import UnlockForm
from accounts.sign_in.middleware import locked_user
from accounts.sign_in.views import TOO_OFTEN, refused

NOT_KEPT = {"csrfmiddlewaretoken", "password", "again", "credential"}
LONGEST = 900_000  # characters: as much as a form may bring


@sensitive_post_parameters("password")
@never_cache
def lock(request: HttpRequest) -> HttpResponse:
    """Who it is says so again: to go on after a pause, or before what guards the account."""
    person = locked_user(request) or request.user
    target = halfway.safe(request, request.POST.get("next", request.GET.get("next", "")))
    if not isinstance(person, User):
        return _gone(request, target)
    form = UnlockForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _answer(request, person, form, target, 422 if form.is_bound else 200)
    try:
        made = delays.begin(request, person.email, person, step="lock")
    except delays.Wait as wait:
        form.add_error("password", TOO_OFTEN)
        response = _answer(request, person, form, target, 429)
        response["Retry-After"] = str(max(1, round((wait.until - timezone.now()).total_seconds())))
        return response
    if providers.of(person) or not person.check_password(form.cleaned_data["password"]):
        refused(request, person)
        form.add_error("password", "That is not your password. Enter it again, or sign out")
        return _answer(request, person, form, target, 422)
    delays.succeed(made)
    sessions.unlock(request, person)
    return _unlocked(request, target)


@require_POST
def lock_now(request: HttpRequest) -> HttpResponse:
    """For who leaves the desk. Nothing is lost by it."""
    if request.POST.get("lock") != "now":
        return HttpResponseBadRequest("Send lock=now.")
    if request.user.is_authenticated:
        sessions.lock(request)
    target = halfway.safe(request, request.POST.get("next", ""))
    return redirect(halfway.with_next("lock", target))


@never_cache
def still_here(request: HttpRequest) -> HttpResponse:
    """How many seconds are left until the lock. A POST says that somebody is there, a GET does not."""
    if request.user.is_authenticated:
        told = {"left": sessions.seconds_left(request), "is_locked": False, "csrf": get_token(request)}
        return JsonResponse(told)
    is_locked = locked_user(request) is not None
    return JsonResponse({"left": 0, "is_locked": is_locked}, status=401)


def with_words(request: HttpRequest, person: User, target: str) -> HttpResponse:
    """Instead of a form that came too late: the lock, which carries its fields until it is unlocked.

    They lie in the page, not in the database: what the patient-data guard refuses is stored nowhere.
    """
    pairs = [
        (name, value) for name, values in request.POST.lists() if name not in NOT_KEPT for value in values
    ]
    kept = {"to": request.path, "fields": pairs, "files": sorted(request.FILES)}
    return _page(request, person, UnlockForm(), target, 403, json.dumps(kept))


def _unlocked(request: HttpRequest, target: str) -> HttpResponse:
    if _is_script(request):
        return HttpResponse(status=204)
    kept = _kept(request)
    if kept is None:
        return redirect(target)
    words = [text for _, text in kept["fields"] if len(text.strip()) > 3 and " " in text]
    context = {**kept, "words": words, "next": target}
    return render(request, "accounts/unlocked.html", context)


def _kept(request: HttpRequest) -> dict[str, Any] | None:
    """What the page carried, if it is still what we put into it: a form of this desk."""
    text = request.POST.get("kept", "")
    if not text or len(text) > LONGEST:
        return None
    try:
        kept = json.loads(text)
        to, pairs = str(kept["to"]), [(str(name), str(value)) for name, value in kept["fields"]]
        files = [str(name) for name in kept["files"]]
        resolve(to)
    except (ValueError, KeyError, TypeError, Resolver404, Http404):
        return None
    return {"to": to, "fields": pairs, "files": files}


def _answer(request: HttpRequest, person: User, form: UnlockForm, target: str, status: int) -> HttpResponse:
    if _is_script(request) and form.is_bound:
        return JsonResponse({"error": form.errors["password"][0]}, status=status)
    return _page(request, person, form, target, status, request.POST.get("kept", "")[:LONGEST])


def _page(
    request: HttpRequest, person: User, form: UnlockForm, target: str, status: int, kept: str
) -> HttpResponse:
    context = {
        "form": form, "person": person, "next": target, "kept": kept, "provider": providers.of(person),
        "is_locked": locked_user(request) is not None,
    }  # fmt: skip
    return render(request, "accounts/lock.html", context, status=status)


def _gone(request: HttpRequest, target: str) -> HttpResponse:
    """Signed out meanwhile: a script is told, a person is led to the sign-in."""
    if _is_script(request):
        return JsonResponse({"error": "You are signed out. Sign in from another tab"}, status=401)
    return redirect(halfway.with_next("sign_in", target))


def _is_script(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
