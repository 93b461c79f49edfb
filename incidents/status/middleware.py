"""Answers the public pages from memory, before anything else of the desk is asked."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from incidents.status import edition as editions
from incidents.status.edition import Edition

CACHE = "status"
KEPT = re.compile(r"/status/[a-z0-9./-]{0,60}")
NOT_KEPT = {"X-Request-ID"}  # of the one request that built the page


@dataclass(frozen=True)
class Kept:
    """A page as it was built for one edition."""

    edition: Edition
    content: bytes
    headers: dict[str, str]

    def answer(self) -> HttpResponse:
        return HttpResponse(self.content, headers=self.headers)


class StatusPagesMiddleware:
    """A public page is built once for each edition in each process, and then kept.

    What was published elsewhere is seen within `STATUS_CHECK_EVERY` seconds; 0 keeps nothing. While the
    database is away, the last edition goes on being shown. Only what a `PublicView` made is kept: it is the
    same for everybody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if request.method not in ("GET", "HEAD") or not path.startswith("/status/"):
            return self.get_response(request)
        kept = _kept(path)
        response = kept.answer() if kept else self._build(request, path)
        if not (etag := response.get("ETag")):
            return response
        return get_conditional_response(request, etag=etag, response=response)  # type: ignore[return-value]

    def _build(self, request: HttpRequest, path: str) -> HttpResponse:
        response = self.get_response(request)
        edition = getattr(response, "edition", None)
        if settings.STATUS_CHECK_EVERY and edition and not response.cookies and KEPT.fullmatch(path):
            headers = {name: value for name, value in response.items() if name not in NOT_KEPT}
            caches[CACHE].set(path, Kept(edition, response.content, headers))
        return response


def _kept(path: str) -> Kept | None:
    """The page as it is to be shown now, if it is here."""
    if not settings.STATUS_CHECK_EVERY or not KEPT.fullmatch(path):
        return None
    try:
        edition = editions.current()
    except DatabaseError:  # nothing was ever known: let the view say what is wrong
        return None
    kept: Kept | None = caches[CACHE].get(path)
    return kept if kept and kept.edition == edition else None
