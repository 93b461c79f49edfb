"""Numbers each request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.audit import numbered


class RequestIdMiddleware:
    """Each answer carries the number under which the audit trail and the logs know its request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with numbered(_source_of(request)) as number:
            response = self.get_response(request)
            response["X-Request-ID"] = number
            return response


def _source_of(request: HttpRequest) -> str:
    """By the address: what the audit trail calls web, api or admin."""
    first = request.path.strip("/").partition("/")[0]
    return first if first in ("api", "admin") else "web"
