"""Brings days that a service manager changed into effect with the next request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from incidents.models import CalendarDay


class CalendarMiddleware:
    """The calendar is pure and lives in the process; each request makes it follow the rows (one query)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        CalendarDay.objects.all().take_effect()
        return self.get_response(request)
