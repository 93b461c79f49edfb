"""The pages of handovers: the list, one document, and an address for each act on it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import signed_in
from accounts.roles import Permission
from handover import reading, services
from handover.forms import AddendumForm, AnswerForm, CallRecordForm, SectionForm, StatementForm
from handover.models import SECTIONS, Handover, HandoverItem
from incidents.views import done

STATEMENT = {"statement": StatementForm.base_fields["statement"].initial}  # as it is proposed


def find(request: HttpRequest, pk: int) -> Handover:
    """The handover of an address, or 404 for whoever may not see it."""
    return get_object_or_404(Handover.objects.visible_to(request.user).with_people(), pk=pk)


def find_item(request: HttpRequest, pk: int, item: int) -> HandoverItem:
    rows = HandoverItem.objects.visible_to(request.user).shown().select_related("handover__from_user")
    return get_object_or_404(rows, pk=item, handover=pk)


@login_required
@require_safe
def handovers(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if not user.has_perm(Permission.VIEW_HANDOVER):
        raise PermissionDenied
    return render(request, "handover/handovers.html", reading.overview(user, request.GET.get("page", "1")))


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Make the draft of this person's side, or open the one that is there."""
    try:
        made = services.draft(request.POST.get("direction", ""), by=signed_in(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("handovers")
    return redirect("handover", made.pk)


@login_required
@require_safe
def handover(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, find(request, pk))


def _page(request: HttpRequest, found: Handover, status: int = 200, **forms: Any) -> HttpResponse:
    context = reading.facts(found, signed_in(request)) | forms
    return render(request, "handover/handover.html", context, status=status)


@login_required
@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    joined = services.refresh_draft(found.pk, by=signed_in(request))
    names = ", ".join(item.incident.reference for item in joined)
    messages.success(request, f"Up to date: {names} joined" if names else "Up to date")
    return redirect("handover", pk)


@login_required
@require_POST
def save(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Keep one section. htmx swaps the section alone; without scripts the page comes back to it."""
    found = find_item(request, pk, item)
    section = request.POST.get("section", "")
    if section not in (*SECTIONS, "severity"):
        raise PermissionDenied
    form = SectionForm(found, section, request.POST)
    kept = done(form, lambda: _save(found, form, signed_in(request)))
    if not request.htmx:  # type: ignore[attr-defined]
        return _back_to(request, found, section) if kept else _page_with(request, found, form)
    if kept:
        found.refresh_from_db()
        form = SectionForm(found, section)
    context = {"item": found, "handover": found.handover, "form": form, "is_kept": kept}
    return render(request, "handover/_section.html", context, status=200 if kept else 422)


def _save(item: HandoverItem, form: SectionForm, by: User) -> None:
    """The service names the section; the form has one field for whichever it is."""
    given = form.cleaned_data
    try:
        services.save_item(item.pk, section=form.name, text=given["text"], seen=given["seen"] or None, by=by)
    except ValidationError as error:
        raise ValidationError({"text": error.messages}) from error


def _back_to(request: HttpRequest, item: HandoverItem, section: str) -> HttpResponse:
    messages.success(request, f"Kept: {item.incident}, {section.replace('_', ' ')}")
    return redirect(f"{request.path.rpartition('/items/')[0]}/#item-{item.pk}")


def _page_with(request: HttpRequest, item: HandoverItem, form: Any) -> HttpResponse:
    """The whole page with the one form that was refused in its place, and what was typed in it."""
    context = reading.facts(find(request, item.handover_id), signed_in(request)) | {"form": form}
    for each in context["items"]:
        if each.pk != item.pk:
            continue
        if isinstance(form, AnswerForm):
            each.answer_form = form
        else:
            each.sections = [form if form.name == other.name else other for other in each.sections]
    return render(request, "handover/handover.html", context, status=422)


@login_required
@require_POST
def answer(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Accept with the read-back or refuse with the reason; htmx swaps the item and the counts."""
    found = find_item(request, pk, item)
    form = AnswerForm(found, request.POST)
    if not done(form, lambda: _answer(found, form, request.POST.get("answer", ""), signed_in(request))):
        return _refused_answer(request, found, form)
    found = find_item(request, pk, item)
    said = (
        f"{found.incident} is yours now"
        if found.state == "accepted"
        else f"{found.incident} stays with its owner"
    )
    messages.success(request, said)
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(f"{request.path.rpartition('/items/')[0]}/#item-{found.pk}")
    if not found.handover.is_open:
        return _whole()
    context = reading.facts(find(request, pk), signed_in(request))
    return render(
        request, "handover/_answered.html", context | {"item": reading.dress(found, signed_in(request))}
    )


def _whole() -> HttpResponse:
    """The last answer closes and freezes the document: htmx reads the whole page again."""
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response


def _answer(item: HandoverItem, form: AnswerForm, which: str, by: User) -> None:
    """The service's field names become the form's."""
    try:
        if which == "accept":
            services.accept_item(item.pk, read_back=form.cleaned_data["readback"], by=by)
        elif which == "refuse":
            services.refuse_item(item.pk, reason=form.cleaned_data["refuse"], by=by)
        else:
            raise ValidationError("Choose: accept this item, or refuse it with a reason")
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise ValidationError({"request": error.messages}) from error
        renamed = {form.FIELDS.get(name, name): words for name, words in error.message_dict.items()}
        raise ValidationError(renamed) from error


def _refused_answer(request: HttpRequest, item: HandoverItem, form: AnswerForm) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return _page_with(request, item, form)
    reading.dress(item, signed_in(request))
    item.answer_form = form
    return render(request, "handover/_item.html", {"item": item, "handover": item.handover}, status=422)


# ---------- The document's other acts: each a form, a service, and back to the page ----------


def _act(
    request: HttpRequest,
    pk: int,
    form: Any,
    name: str,
    act: Callable[[Handover, Any, User], object],
    said: str,
) -> HttpResponse:
    found = find(request, pk)
    if done(form, lambda: act(found, form.cleaned_data, signed_in(request))):
        messages.success(request, said)
        return redirect("handover", pk)
    return _page(request, found, status=422, **{name: form, "form": form})


@login_required
@require_POST
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """With items the words stand already; without, the signed statement comes in the form."""
    has_statement = "statement" in request.POST
    form = StatementForm(request.POST if has_statement else STATEMENT)
    return _act(
        request, pk, form, "statement_form",
        lambda found, given, by: _offer(found, given["statement"] if has_statement else "", by),
        "Offered. It stays with your side until it is accepted.",
    )  # fmt: skip


@login_required
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    services.take_back(found.pk, by=signed_in(request))
    messages.success(request, "Taken back: it is a draft again, brought up to date")
    return redirect("handover", pk)


def _offer(handover: Handover, statement: str, by: User) -> None:
    """The sections stand in forms of their own: what is wrong with one is told with its name."""
    try:
        services.offer(handover.pk, statement=statement, by=by)
    except ValidationError as error:
        told = error.message_dict
        if "statement" in told:
            raise
        lines = [f"{name}: {line}" for name, lines in told.items() for line in lines]
        raise ValidationError({"request": lines}) from error


@login_required
@require_POST
def accept_statement(request: HttpRequest, pk: int) -> HttpResponse:
    found = find(request, pk)
    services.accept_statement(found.pk, by=signed_in(request))
    messages.success(request, "Noted: nothing was handed over. The handover is closed.")
    return redirect("handover", pk)


@login_required
@require_POST
def record_call(request: HttpRequest, pk: int) -> HttpResponse:
    form = CallRecordForm(request.POST)
    return _act(
        request, pk, form, "call_form",
        lambda found, given, by: services.record_call(found.pk, **given, by=by), "The call is on record.",
    )  # fmt: skip


@login_required
@require_POST
def add_addendum(request: HttpRequest, pk: int) -> HttpResponse:
    form = AddendumForm(request.POST)
    return _act(
        request, pk, form, "addendum_form",
        lambda found, given, by: services.add_addendum(found.pk, text=given["text"], by=by),
        "Addendum written.",
    )  # fmt: skip
