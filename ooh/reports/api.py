"""The month's report for machines: the same numbers as the page."""

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import reads
from accounts.models import Read, User
from accounts.roles import Permission
from ooh.reports.months import NoReport, parse
from ooh.reports.report import report_of
from ooh.reports.shapes import ReportSerializer, as_data


@extend_schema(tags=["reports"], responses=ReportSerializer)
class MonthReport(APIView):
    """The report of one month, such as `2026-10`. A month that has not begun has none (404)."""

    permissions_needed: ClassVar[dict[str, Permission]] = {
        "get": Permission.VIEW_REPORT,
        "head": Permission.VIEW_REPORT,
    }

    def get(self, request: Request, month: str) -> Response:
        user, now = request.user, timezone.now()
        assert isinstance(user, User)  # noqa: S101  (the permission saw to it)
        try:
            asked = parse(month, now)
        except NoReport as error:
            raise NotFound(str(error)) from None
        found = report_of(asked, user, now)
        reads.note(user, Read.REPORT, name=f"Report {found.month}", rows=len(found.calls))
        return Response(as_data(found))
