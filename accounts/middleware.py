"""Numbers each request, and writes down what it showed."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts import reads
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


class ReadsMiddleware:
    """Records who was shown what, once the answer is ready: see `accounts.reads`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with reads.collected():
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> None:
        match = request.resolver_match
        reads.at_route(match.route if match else "")


def _source_of(request: HttpRequest) -> str:
    """By the address: what the audit trail calls web, api or admin."""
    first = request.path.strip("/").partition("/")[0]
    return first if first in ("api", "admin") else "web"
