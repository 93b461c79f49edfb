"""The incident's pages: the list, the workbench, and one page for each act."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import EmptyPage
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.requests import signed_in
from accounts.roles import Permission
from incidents import services, workbench
from incidents.call_forms import CallForm, again, call_initial, people
from incidents.calls import promise_words
from incidents.forms import (
    DeclineForm,
    NextActionForm,
    NoteForm,
    ProductNoteForm,
    ReasonForm,
    ResolveForm,
)
from incidents.models import Incident, Phase
from incidents.searching import ListForm, page_of
from incidents.status import wording
from incidents.status.composer_forms import posted, update_form
from incidents.status.services import resolve_with_update

PARTS = {
    "vitals": "incidents/_vitals.html",
    "run": "incidents/_run.html",
    "timeline": "incidents/_timeline.html",
}


@login_required
def incident_list(request: HttpRequest) -> HttpResponse:
    """Every incident that the person may see, newest first, found by state, customer or words."""
    form = ListForm(request.GET, user=signed_in(request))
    try:
        page = page_of(Incident.objects.visible_to(request.user), form)
    except EmptyPage:
        return redirect("incidents")
    return render(request, "incidents/list.html", {"form": form, "page": page})


@login_required
def incident(request: HttpRequest, reference: str) -> HttpResponse:
    """The workbench, or one of its parts for htmx."""
    found = workbench.find(request, reference)
    context = workbench.facts(found, signed_in(request), request.GET.get("show", "all"))
    part = PARTS.get(request.GET.get("part", ""))
    if part and request.htmx:  # type: ignore[attr-defined]
        return render(request, part, context)
    composer = update_form(found)
    context |= {
        "update_form": composer,
        "words": composer.initial["words"],
        "phase_words": Phase(composer.initial["phase"]).label,
        "posted": posted(context["updates"]),
        "product_note_form": ProductNoteForm(auto_id="product_note_%s"),
        "next_action_form": NextActionForm(initial={"text": found.next_action}, auto_id="next_action_%s"),
        "call_form": CallForm(initial=call_initial(found, context["calls"]), auto_id="call_%s"),
        "people": people(found, context["calls"]),
        "again": again(context["calls"]),
    }
    return render(request, "incidents/incident.html", context)


# ---------- Acts: a form, a service, and back to the workbench ----------


def done(form: Form, act: Callable[[], object]) -> bool:
    """Whether the service did it; what it refuses goes to the form's fields. A conflict is the 409 page."""
    if not form.is_valid():
        return False
    try:
        act()
    except ValidationError as error:
        for field, words in error.message_dict.items():
            form.add_error(field if field in form.fields else None, words)
        return False
    return True


def act_page(
    request: HttpRequest, incident: Incident, form: Form, act: Callable[[], object], said: str, **context: Any
) -> HttpResponse:
    """One act on a page of its own: the form, again with its errors (422), or back with what was done."""
    if request.method == "POST":
        if done(form, act):
            messages.success(request, said)
            return redirect("incident", incident.reference)
        return render(
            request, "incidents/act.html", {"incident": incident, "form": form, **context}, status=422
        )
    return render(request, "incidents/act.html", {"incident": incident, "form": form, **context})


def _allow(request: HttpRequest, permission: Permission) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


@login_required
@require_POST
def begin_triage(request: HttpRequest, reference: str) -> HttpResponse:
    found = workbench.find(request, reference)
    services.begin_triage(found.pk, seen=request.POST.get("seen") or None, by=signed_in(request))
    messages.success(request, "You own it now. Find what is down, and post the first status update.")
    return redirect("incident", reference)


@login_required
def decline(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.DECLINE_INCIDENT)
    found = workbench.find(request, reference)
    initial = {
        "seen": found.state, "rule": found.gate_rule, "told_caller": found.gate_verdict.get("tell_caller",
        ""),
    }  # fmt: skip
    form = DeclineForm(_sent(request), initial=initial)
    return act_page(
        request, found, form,
        lambda: services.decline(found.pk, **_given(form, "rule", "told_caller"), by=signed_in(request)),
        "Declined, with what you told the caller.",
        heading="Decline this call", lead="It stays on record, and the service desk sees it.",
        button="Decline the call",
    )  # fmt: skip


@login_required
def resume_triage(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.RESUME_TRIAGE)
    found = workbench.find(request, reference)
    form = ReasonForm(
        _sent(request), initial={"seen": found.state}, label="Why does it go back to triage?",
        hint="The run did not restore it, or what the team answered.",
    )  # fmt: skip
    return act_page(
        request, found, form, lambda: services.resume_triage(found.pk, **_given(form, "reason"),
        by=signed_in(request)),
        "Back in triage.", heading="Back to triage", button="Take it back to triage",
    )  # fmt: skip


@login_required
def resolve(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.RESOLVE_INCIDENT)
    found = workbench.find(request, reference)
    needs_words = found.public_phase not in ("", "resolved")
    words = wording.draft(found, "resolved") if needs_words else ""
    form = ResolveForm(_sent(request), initial={"seen": found.state, "words": words})
    if not needs_words:
        del form.fields["words"]
    return act_page(
        request, found, form,
        lambda: resolve_with_update(found.pk, **_given(form, "resolution", "restored_at", "words"),
        by=signed_in(request)),
        "Resolved. The service desk sees it in the ticket.",
        heading="Resolve", lead=_resolve_lead(found),
        button="Resolve the incident",
    )  # fmt: skip


def _resolve_lead(incident: Incident) -> str:
    """What to be sure of, and who still waits for a call: a closed incident reminds nobody."""
    words = "The service is back. Only resolve what the caller or a check confirms."
    promised = [promise_words(call) for call in incident.calls.waiting()]
    return f"{words} Still promised: {' '.join(promised)}" if promised else words


@login_required
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.REOPEN_INCIDENT)
    found = workbench.find(request, reference)
    form = ReasonForm(_sent(request), initial={"seen": found.state}, label="What came back?")
    return act_page(
        request, found, form,
        lambda: services.reopen(found.pk, **_given(form, "reason"), by=signed_in(request)),
        "Reopened.", heading="Reopen", lead="Within 72 hours. After that it is a new incident.",
        button="Reopen it",
    )  # fmt: skip


@login_required
def override_gate(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.OVERRIDE_GATE)
    found = workbench.find(request, reference)
    form = ReasonForm(
        _sent(request), label="Why is it dealt with all the same?", hint="The vendor sees this."
    )
    return act_page(
        request, found, form,
        lambda: services.override_gate(found.pk, reason=form.cleaned_data["reason"], by=signed_in(request)),
        "The gate is overridden, under your name.", heading="Override the gate",
        lead=found.gate_verdict.get("headline", ""), button="Override the gate",
    )  # fmt: skip


@login_required
@require_POST
def add_note(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.ADD_ENTRY)
    found = workbench.find(request, reference)
    form = NoteForm(request.POST)
    return act_page(
        request, found, form, lambda: services.add_note(found.pk, text=form.cleaned_data["text"],
        by=signed_in(request)),
        "Note added.", heading="Add a note", button="Add note",
    )  # fmt: skip


@login_required
@require_POST
def add_product_note(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.ADD_PRODUCT_NOTE)
    found = workbench.find(request, reference)
    form = ProductNoteForm(request.POST)
    return act_page(
        request, found, form,
        lambda: services.add_product_note(found.pk, text=form.cleaned_data["text"], by=signed_in(request)),
        "Product note added. Only your organisation sees it.", heading="Add a product note",
        button="Add product note",
    )  # fmt: skip


@login_required
@require_POST
def set_next_action(request: HttpRequest, reference: str) -> HttpResponse:
    _allow(request, Permission.ADD_ENTRY)
    found = workbench.find(request, reference)
    form = NextActionForm(request.POST)
    return act_page(
        request, found, form,
        lambda: services.set_next_action(found.pk, text=form.cleaned_data["text"], by=signed_in(request)),
        "Next action kept.", heading="What comes next", button="Keep it",
    )  # fmt: skip


@login_required
@require_POST
def take(request: HttpRequest, reference: str) -> HttpResponse:
    """Own it in place of a colleague of the same side."""
    found = workbench.find(request, reference)
    services.change_owner(found.pk, reason="", by=signed_in(request))
    messages.success(request, "You own it now.")
    return redirect("incident", reference)


def _sent(request: HttpRequest) -> QueryDict | None:
    """What the form sent; an empty form that was sent is not a form that was not."""
    return request.POST if request.method == "POST" else None


def _given(form: Form, *names: str) -> dict[str, Any]:
    """The named fields and what the person saw, as a service takes them."""
    given = {name: form.cleaned_data[name] for name in names if name in form.cleaned_data}
    return given | {"seen": form.cleaned_data.get("seen") or None}
