"""Service Status for everybody: no sign-in, no scripts, no cookies, and no word that is not published.

A view only answers: what an address says stands in `pages` and `machine_pages`, for one edition.
"""

from collections.abc import Callable
from hashlib import sha256

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from incidents.status import edition as editions
from incidents.status import pages
from incidents.status.edition import Edition

FRESH_FOR = 5  # seconds that a browser or proxy may keep it; an update is live everywhere within ten
HTML = "text/html; charset=utf-8"

Page = Callable[..., str]


class PublicView:
    """A page that is the same for everybody, so that whatever stands between may keep it."""

    def __init__(self, page: Page, content_type: str = HTML, *, is_for_machines: bool = False) -> None:
        self.page, self.content_type, self.is_for_machines = page, content_type, is_for_machines
        self.__name__ = page.__name__
        self.__doc__ = page.__doc__

    def content(self, edition: Edition, **kwargs: str) -> bytes:
        """What is sent, and what the snapshot writes. Raises Http404."""
        return self.page(edition, **kwargs).encode()

    def __call__(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        edition = editions.refreshed()
        try:
            content = self.content(edition, **kwargs)
        except Http404:
            response = HttpResponse(pages.not_found(edition), content_type=HTML, status=404)
        else:
            response = HttpResponse(content, content_type=self.content_type)
            response["ETag"] = f'"{sha256(content).hexdigest()[:32]}"'
            response.edition = edition  # type: ignore[attr-defined]
        response["Cache-Control"] = f"public, max-age={FRESH_FOR}"
        if self.is_for_machines:
            response["Access-Control-Allow-Origin"] = "*"  # nothing in it that is not public already
        # The audit's middleware looks who asks. Nothing here does, so the answer does not vary by cookie.
        request.session.accessed = False
        return response


def public(
    page: Page, content_type: str = HTML, *, is_for_machines: bool = False
) -> Callable[..., HttpResponse]:
    """The view of a page, to be read only. Its `PublicView` is at `.public`, for the snapshot."""
    made = PublicView(page, content_type, is_for_machines=is_for_machines)
    view = require_safe(made)
    view.public = made  # type: ignore[attr-defined]
    return view
