"""Brings days that a service manager changed into effect with the next request."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from incidents.models import CalendarDay

logger = logging.getLogger(__name__)


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
