"""Between the password and the second factor: nobody is signed in; the session knows who is on the way."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.requests import client_of
from accounts.sign_in import delays, events, factors, sessions

HALFWAY = "sign_in_halfway"
FOR = timedelta(minutes=10)


def begin(request: HttpRequest, person: User, *, next_url: str) -> HttpResponse:
    """The password is right: on to the code, to setting up a factor, or in where none is wanted."""
    request.session.cycle_key()
    request.session[HALFWAY] = {
        "person": person.pk, "hash": person.get_session_auth_hash(), "next": next_url,
        "at": timezone.now().isoformat(),
    }  # fmt: skip
    if factors.has_any(person):
        return redirect("sign_in_code")
    if factors.are_required():
        return redirect("set_up_factor")
    return arrive(request, person, factor="")


def person_of(request: HttpRequest) -> User | None:
    """Who is on the way here: for ten minutes, while neither password nor access changes."""
    kept: dict[str, Any] = request.session.get(HALFWAY) or {}
    if not kept or timezone.now() - datetime.fromisoformat(kept["at"]) > FOR:
        return None
    person: User | None = User.objects.working().filter(pk=kept["person"]).first()
    return person if person and person.get_session_auth_hash() == kept["hash"] else None


def goes_to(request: HttpRequest) -> str:
    return str((request.session.get(HALFWAY) or {}).get("next") or "/")


def arrive(request: HttpRequest, person: User, *, factor: str) -> HttpResponse:
    """Signed in, whole: the session begins, the device is remembered, the person goes where they wanted."""
    target = goes_to(request)
    request.session.pop(HALFWAY, None)
    sessions.begin(request, person, factor=factor)
    events.record(
        events.Kind.SIGNED_IN, person, address=client_of(request), detail=factor or "password alone"
    )
    response = redirect(safe(request, target))
    delays.remember_device(request, response, person)
    return response


def safe(request: HttpRequest, target: str) -> str:
    """A path of this desk, else the board: a word alone would be looked up as the name of a page."""
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours and target.startswith("/") else "/"


def with_next(name: str, target: str) -> str:
    """The address of a page that leads on to `target`."""
    return f"{reverse(name)}?{urlencode({'next': target}, safe='/')}"
