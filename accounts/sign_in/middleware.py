"""Asks of each request whether its session is still good, before anything else sees who it is."""

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User
from accounts.sign_in import sessions
from accounts.sign_in.sessions import State


class SessionMiddleware:
    """Whose session has ended is nobody, and so is whose session is locked: pages, API and admin alike.

    A locked one is known as `request.locked_user`, to the page that unlocks it and to nothing else.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if isinstance(person, User):
            self._look(request, person)
        elif SESSION_KEY in request.session:  # whose access ended: the session goes with it
            logout(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest, person: User) -> None:
        found = sessions.state(request, person)
        if found is State.ENDED:
            logout(request)
        elif found is State.LOCKED:
            request.user = AnonymousUser()
            request.locked_user = person  # type: ignore[attr-defined]
        elif is_by_a_person(request):
            sessions.touch(request)


def is_by_a_person(request: HttpRequest) -> bool:
    """Whether somebody did this. What htmx reads by itself is nobody, nor is a call of the API.

    Of what htmx asks, the script marks what a key or a click led to.
    """
    if request.path.startswith("/api/") or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return False
    if request.method == "GET" and request.path == reverse("still_here"):
        return False
    if request.method == "GET" and "HX-Request" in request.headers:
        return request.headers.get("X-Desk-Asked") == "1"
    return request.headers.get("X-Desk-Asked") != "0"


def locked_user(request: HttpRequest) -> User | None:
    """Whose session is locked, or None."""
    found: User | None = getattr(request, "locked_user", None)
    return found
