"""The page of a month's report, and its tables as CSV."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import reads
from accounts.models import Read
from accounts.requests import signed_in
from accounts.roles import Permission
from ooh.reports import charts, exporting, words
from ooh.reports.months import NoReport, month_of, parse
from ooh.reports.report import Report, report_of


@login_required
@require_safe
@never_cache
def report(request: HttpRequest, month: str = "") -> HttpResponse:
    """A month, this one where none is named; `?format=csv` its calls, with `&table=` one of its tables."""
    user = signed_in(request)
    if not user.has_perm(Permission.VIEW_REPORT):
        raise PermissionDenied
    now = timezone.now()
    try:
        asked = parse(month, now) if month else month_of(now)
    except NoReport as error:
        context = {"headline": "No report of that month", "detail": str(error), "current": month_of(now)}
        return render(request, "ooh/reports/no_report.html", context, status=404)
    wanted, table = request.GET.get("format", ""), request.GET.get("table", "incidents")
    if wanted not in ("", "csv") or table not in exporting.TABLES:
        return render(request, "400.html", {"detail": _formats()}, status=400)
    found = report_of(asked, user, now)
    if wanted == "csv":
        reads.exported(user, name=f"Report {found.month}, {table}", rows=len(found.calls))
        return _csv(found, table)
    reads.note(user, Read.REPORT, name=f"Report {found.month}", rows=len(found.calls))
    return render(request, "ooh/reports/report.html", page(found))


def _formats() -> str:
    *most, last = exporting.TABLES
    return f"The format is csv, and the table one of {', '.join(most)} and {last}. Nothing was exported."


def _csv(found: Report, table: str) -> HttpResponse:
    name = f"out-of-hours-{found.month}-{table}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(
        exporting.TABLES[table](found), content_type="text/csv; charset=utf-8", headers=headers
    )


def page(found: Report) -> dict[str, Any]:
    """What the template shows: numbers with their words."""
    figures = found.figures
    return {
        "report": found,
        "figures": figures,
        "total": figures.total,
        "chart": charts.chart(figures),
        "heat": charts.heat(figures.hours),
        "tables": ((figures.customers, "Customer"), (figures.services, "Service")),
        "comparison": words.comparison(found.trend, is_over=found.is_over),
        "stood_out": words.stood_out(figures),
        "definitions": words.DEFINITIONS,
        "results": [(label, figures.results[code]) for code, label in words.RESULTS.items()],
        "declined": [(words.rule_name(rule), number) for rule, number in figures.declined],
        "reasons": [
            (label, figures.reasons[code]) for code, label in words.REASONS.items() if figures.reasons[code]
        ],
        "exceptions": words.exceptions(figures),
        "no_calls": words.no_calls(found.trend, is_over=found.is_over),
        "answers": [(label, figures.handovers[code]) for code, label in words.ANSWERS.items()]
        if figures.handovers
        else [],
        "previous": found.month.after(-1),
        "next": found.month.after(1) if found.is_over else None,
    }
