"""Brings changed days into effect with the next request, and asks about texts that may name a patient."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from incidents import asking_twice, deciding
from incidents.models import CalendarDay

logger = logging.getLogger(__name__)
READS = ("GET", "HEAD", "OPTIONS", "TRACE")


class CalendarMiddleware:
    """The calendar is pure and lives in the process; each request makes it follow the rows (one query)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            CalendarDay.objects.all().take_effect()
        except DatabaseError as error:  # the health pages answer all the same
            logger.warning("Calendar not read (%s): the one of before stays", type(error).__name__)
        return self.get_response(request)


class GuardMiddleware:
    """Counts what the patient-data guard refused, and asks a second time about what is only suspected."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in READS:
            return self.get_response(request)
        person = request.user if isinstance(request.user, User) else None
        is_form = not request.path.startswith("/api/")
        made = deciding.Attempt(person, is_form, answers=lambda: asking_twice.answers(request))
        with deciding.attempt(made):
            return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> None:
        made, match = deciding.current(), request.resolver_match
        if made is None or match is None:
            return
        made.place, made.reference = match.route, str(match.kwargs.get("reference", ""))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return asking_twice.page(request, error) if isinstance(error, deciding.Suspected) else None
