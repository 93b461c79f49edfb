"""Turns what a person can act on into a page in plain words instead of a server error."""

import re
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_fsm import ConcurrentTransition

from accounts.errors import SOMEBODY_WAS_FASTER, Conflict
from accounts.sign_in.lock_views import with_words
from accounts.sign_in.middleware import locked_user

CHOICE = re.compile(r"[a-z0-9_:.+-]*")  # what a form sends of a choice, a number or a clock: nobody's words
NOT_WORDS = {"csrfmiddlewaretoken", "password"}


class PlainWordsMiddleware:
    """A conflict that no view dealt with becomes the 409 page, with what was typed kept on it.

    So does a form that came after its person was signed out: the way to sign in, and the words. One that
    came while the session was locked is carried along by the lock.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        sign_in = reverse("sign_in")
        is_form = (
            request.method == "POST" and "HX-Request" not in request.headers
        )  # the script keeps its words
        asks_to_sign_in = response.status_code == 302 and response["Location"].startswith(f"{sign_in}?")
        if not (is_form and asks_to_sign_in):
            return response
        locked = locked_user(request)
        return with_words(request, locked, _came_from(request)) if locked else _signed_out(request, sign_in)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ConcurrentTransition):
            error = Conflict("Somebody was faster", SOMEBODY_WAS_FASTER)
        if not isinstance(error, Conflict):
            return None
        context = {
            "headline": error.headline, "detail": error.detail, "kept_text": _typed(request),
            "next_url": _came_from(request), "next_label": "See it as it is now",
        }  # fmt: skip
        return render(request, "409.html", context, status=409)


def _signed_out(request: HttpRequest, sign_in: str) -> HttpResponse:
    """Instead of leading to the sign-in page, and from there to an address that only takes forms."""
    context = {
        "headline": "You are signed out", "detail": "Nothing was sent. Sign in, then send it again.",
        "kept_text": _typed(request), "next_label": "Sign in",
        "next_url": f"{sign_in}?{urlencode({'next': _came_from(request)}, safe='/')}",
    }  # fmt: skip
    return render(request, "409.html", context, status=403)


def _came_from(request: HttpRequest) -> str:
    """The path of our own page that the form stood on, else the board."""
    referer = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(referer, {request.get_host()})
    return urlsplit(referer).path or "/" if is_ours else "/"


def _typed(request: HttpRequest) -> str:
    """The person's own words, to copy from: every text of the form, and none of its choices."""
    texts = [str(value).strip() for name, value in request.POST.items() if name not in NOT_WORDS]
    return "\n\n".join(text for text in texts if not CHOICE.fullmatch(text))
