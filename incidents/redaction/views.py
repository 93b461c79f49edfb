"""Reporting patient data, and the page on which a second person decides."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import reads
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents import workbench
from incidents.models import Incident, PatientReport
from incidents.redaction import services
from incidents.redaction.forms import LONGEST, PutBackForm, ReportForm
from incidents.views import act_page

SHOWN = 100


@login_required
@require_safe
def patient_reports(request: HttpRequest) -> HttpResponse:
    """All reports that the person sees, those that wait first."""
    _allow_to_see(request)
    found = PatientReport.objects.visible_to(request.user)
    rows = found.select_related("incident__customer", "reported_by", "decided_by")[: SHOWN + 1]
    listed = sorted(rows, key=lambda report: not report.is_waiting)
    context = {"reports": listed[:SHOWN], "has_more": len(listed) > SHOWN}
    return render(request, "incidents/patient_reports.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_patient_data(request: HttpRequest, reference: str) -> HttpResponse:
    """Copy the words, say what they are, and they are hidden everywhere at once."""
    if not request.user.has_perm(Permission.REPORT_PATIENT_DATA):
        raise PermissionDenied
    found = workbench.find(request, reference)
    given = request.POST if request.method == "POST" else None
    form = ReportForm(given, initial={"words": _words_of_entry(request, found)})
    return act_page(
        request, found, form,
        lambda: services.report_patient_data(found.pk, **form.cleaned_data, by=signed_in(request)),
        "Hidden everywhere. A second person takes it out for good.",
        heading="Report patient data", button="Hide it everywhere now",
        lead="The words disappear from every page, the timeline, the audit trail and the Freshdesk notes at "
        "once. Others see who reported it and what kind it is.",
    )  # fmt: skip


@login_required
@require_safe
def patient_report(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    return _page(request, _find(request, reference, pk), PutBackForm())


@login_required
@require_POST
def remove_patient_data(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    report = _find(request, reference, pk)
    services.remove_for_good(report.pk, by=signed_in(request))
    messages.success(request, "Taken out for good. Nobody can put it back.")
    return redirect("patient_report", reference, pk)


@login_required
@require_POST
def put_back_words(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    report, form = _find(request, reference, pk), PutBackForm(request.POST)
    if form.is_valid():
        try:
            services.put_back(report.pk, **form.cleaned_data, by=signed_in(request))
        except ValidationError as error:
            form.add_error("reason", error.message_dict["reason"])
        else:
            messages.success(request, "Put back everywhere.")
            return redirect("patient_report", reference, pk)
    return _page(request, report, form, status=422)


def _words_of_entry(request: HttpRequest, incident: Incident) -> str:
    """The text of the entry that the link stood at, if the person sees it."""
    asked = request.GET.get("entry", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return ""
    entry = incident.timeline.visible_to(request.user).filter(pk=asked).first()
    return entry.text[:LONGEST] if entry else ""


def _allow_to_see(request: HttpRequest) -> None:
    wanted = (Permission.REPORT_PATIENT_DATA, Permission.DECIDE_PATIENT_DATA, Permission.VIEW_AUDIT)
    if not any(request.user.has_perm(permission) for permission in wanted):
        raise PermissionDenied


def _find(request: HttpRequest, reference: str, pk: int) -> PatientReport:
    _allow_to_see(request)
    visible = PatientReport.objects.visible_to(request.user).filter(incident__reference=reference)
    return get_object_or_404(visible.select_related("incident__customer", "reported_by", "decided_by"), pk=pk)


def _page(request: HttpRequest, report: PatientReport, form: PutBackForm, status: int = 200) -> HttpResponse:
    user = signed_in(request)
    may_decide = report.may_decide(user)
    asks = may_decide and request.GET.get("words") == "1"
    context: dict[str, Any] = {
        "report": report, "form": form, "may_decide": may_decide,
        "words": services.words_to_judge(report, by=user) if asks else [],
        "readers": _readers(request, report),
        "deliveries": services.deliveries_of(report),
        "sees_vendor_rows": user.has_perm(Permission.VIEW_PRODUCT_NOTE),
    }  # fmt: skip
    return render(request, "incidents/patient_report.html", context, status=status)


def _readers(request: HttpRequest, report: PatientReport) -> list[reads.Reader] | None:
    """Who was shown the incident while the words stood in it; for those who decide, and for auditors."""
    wanted = (Permission.DECIDE_PATIENT_DATA, Permission.VIEW_AUDIT)
    if not any(request.user.has_perm(permission) for permission in wanted):
        return None
    shown = reads.readers_of(report.incident, since=report.stood_since)
    return [reader for reader in shown if reader.first_at <= report.reported_at]
