"""The files of an incident: one page to add, open, release and purge them. Works without scripts."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.forms import Form
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import reads
from accounts.models import Read
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents import workbench
from incidents.attachments import services, storing
from incidents.attachments.forms import AddForm, WhyForm
from incidents.attachments.reading import LARGEST
from incidents.models import Attachment, Incident
from incidents.views import done

Kind = Attachment.Kind
CONTENT_TYPES = {
    Kind.PNG: "image/png", Kind.JPEG: "image/jpeg", Kind.PDF: "application/pdf",
    Kind.TEXT: "text/plain; charset=utf-8",
}  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attachments(request: HttpRequest, reference: str) -> HttpResponse:
    """The list and the form; a file that is sent comes here."""
    found = workbench.find(request, reference)
    if request.method != "POST":
        return _page(request, found, AddForm())
    if not request.user.has_perm(Permission.ADD_ATTACHMENT):
        raise PermissionDenied
    form = AddForm(request.POST, request.FILES)
    if done(form, lambda: _add(request, found, form)):
        messages.success(request, "Added. It is in quarantine until the vendor has looked at it.")
        return redirect("attachments", reference)
    return _page(request, found, form, status=422)


def _add(request: HttpRequest, found: Incident, form: AddForm) -> None:
    sent = form.cleaned_data["file"]
    if sent.size > LARGEST:
        raise RequestDataTooBig
    services.add_attachment(found.pk, name=sent.name, data=sent.read(), by=signed_in(request))


@login_required
@require_safe
def open_attachment(request: HttpRequest, reference: str, pk: int) -> HttpResponseBase:
    """The file as a download, to those whom it is open to. Nothing of it runs in the desk's pages."""
    found = _find(request, reference, pk)
    person = signed_in(request)
    if not found.may_open(person):
        raise PermissionDenied
    try:
        content = storing.path_of(found.key).open("rb")
    except FileNotFoundError:
        raise Http404("The file is not in its folder") from None
    reads.note(person, Read.ATTACHMENT, found.incident, name=f"File {found.pk} of {found.incident}")
    answer = FileResponse(
        content, as_attachment=True, filename=found.name, content_type=CONTENT_TYPES[Kind(found.kind)]
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer


@login_required
@require_POST
def release_attachment(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    found = _find(request, reference, pk)
    services.release_attachment(found.pk, by=signed_in(request))
    messages.success(request, "Released. Whoever sees the incident may open it.")
    return redirect("attachments", reference)


@login_required
@require_POST
def purge_attachment(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    found = _find(request, reference, pk)
    services.purge_attachment(found.pk, by=signed_in(request))
    messages.success(request, "Purged. Its name stays, to say that it was there.")
    return redirect("attachments", reference)


@login_required
@require_POST
def ask_to_purge(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    return _why(request, reference, pk, services.ask_to_purge, "Closed. A second person decides.")


@login_required
@require_POST
def keep_attachment(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    return _why(request, reference, pk, services.keep_attachment, "It stays as it was before.")


def _why(
    request: HttpRequest, reference: str, pk: int, act: Callable[..., object], said: str
) -> HttpResponse:
    """One act with its reason; a form that lacks it comes back at its file."""
    found, form = _find(request, reference, pk), WhyForm(request.POST, auto_id=f"file-{pk}-%s")
    if done(form, lambda: act(found.pk, **form.cleaned_data, by=signed_in(request))):
        messages.success(request, said)
        return redirect("attachments", reference)
    return _page(request, found.incident, AddForm(), wrong=(pk, form), status=422)


def _find(request: HttpRequest, reference: str, pk: int) -> Attachment:
    visible = Attachment.objects.visible_to(request.user).filter(incident__reference=reference)
    return get_object_or_404(visible.select_related("incident__customer", "incident__service"), pk=pk)


def _page(
    request: HttpRequest, found: Incident, form: Form, *, wrong: tuple[int, Form] | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    user = signed_in(request)
    rows = found.attachments.select_related("added_by", "released_by", "purge_asked_by", "purged_by")
    forms = {wrong[0]: wrong[1]} if wrong else {}
    context: dict[str, Any] = {
        "incident": found, "add_form": form, "form": wrong[1] if wrong else form,
        "files": [
            (row, forms.get(row.pk) or WhyForm(auto_id=f"file-{row.pk}-%s"), row.may_open(user))
            for row in rows
        ],
        "may_add": user.has_perm(Permission.ADD_ATTACHMENT),
        "may_release": user.has_perm(Permission.RELEASE_ATTACHMENT),
        "may_ask": user.has_perm(Permission.REPORT_PATIENT_DATA),
        "may_decide": user.has_perm(Permission.DECIDE_PATIENT_DATA),
    }  # fmt: skip
    return render(request, "incidents/attachments.html", context, status=status)
