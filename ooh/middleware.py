"""Turns what a person can act on into a page in plain words instead of a server error."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_fsm import ConcurrentTransition

from accounts.errors import SOMEBODY_WAS_FASTER, Conflict


class PlainWordsMiddleware:
    """A conflict that no view dealt with becomes the 409 page, with what was typed kept on it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ConcurrentTransition):
            error = Conflict("Somebody was faster", SOMEBODY_WAS_FASTER)
        if not isinstance(error, Conflict):
            return None
        context = {
            "headline": error.headline, "detail": error.detail, "kept_text": _typed(request),
            "next_url": request.headers.get("Referer", "/"), "next_label": "See it as it is now",
        }  # fmt: skip
        return render(request, "409.html", context, status=409)


def _typed(request: HttpRequest) -> str:
    """The person's own words, to copy from: the longest text of the form."""
    texts = [
        value for name, value in request.POST.items() if name != "csrfmiddlewaretoken" and " " in str(value)
    ]
    return str(max(texts, key=len, default=""))
