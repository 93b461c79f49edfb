"""Tells the database for whom each request asks."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.wall.identity import standing, standing_of


class WallMiddleware:
    """Whoever the request says is signed in, at each statement: a token is known later than a session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        standing_of(request.user)  # reads the session now: amid a statement it would be read twice
        with standing(lambda: standing_of(request.user)):
            return self.get_response(request)
