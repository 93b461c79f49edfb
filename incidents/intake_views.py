"""Taking a call: the page, its verdict while the caller speaks, and the drafts that lose no word."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Customer, Service
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents import drafts, scope
from incidents.intake import answer_gate, judge
from incidents.intake_forms import AnswerForm, IntakeForm, as_initial, call_began, typed_in
from incidents.models import Incident, IntakeDraft, Proposal

SIMILAR = 5


@login_required
def new_call(request: HttpRequest) -> HttpResponse:
    """An empty form under a key of its own, so that a second press of the button logs nothing twice."""
    _allow(request)
    draft = IntakeDraft(key=uuid4(), call_began_at=timezone.now())
    others = drafts.unfinished(request.user)  # type: ignore[arg-type]
    return _page(request, draft, IntakeForm(user=signed_in(request)), others=others)


@login_required
def call(request: HttpRequest, key: UUID) -> HttpResponse:
    """A call that was begun: go on with it, or log it. What was logged already leads to its incident."""
    _allow(request)
    if request.method == "POST":
        return _log(request, key)
    draft = get_object_or_404(
        IntakeDraft.objects.visible_to(request.user).select_related("incident"), key=key
    )
    if draft.incident:
        return redirect("incident", draft.incident.reference)
    if draft.discarded_at:
        return redirect("log_call")
    return _page(request, draft, IntakeForm(initial=as_initial(draft.fields), user=signed_in(request)))


def _log(request: HttpRequest, key: UUID) -> HttpResponse:
    draft, blocked = _keep(request, key)
    if draft.incident:
        return redirect("incident", draft.incident.reference)
    form = IntakeForm(request.POST, user=signed_in(request), is_alert="proposal" in draft.fields)
    if form.is_valid() and not blocked:
        try:
            return _logged(request, drafts.log_draft(key, facts=_facts(form, draft), by=request.user))  # type: ignore[arg-type]
        except ValidationError as error:
            blocked = error.message_dict
    _add(form, blocked)
    return _page(request, draft, form, blocked=blocked, status=422)


def _facts(form: IntakeForm, draft: IntakeDraft) -> dict[str, Any]:
    """For an alert, what was left empty is what the alert knows."""
    facts = form.facts()
    return {name: value for name, value in facts.items() if value} if "proposal" in draft.fields else facts


def _logged(request: HttpRequest, incident: Incident) -> HttpResponse:
    """On to what comes next: the words to decline with, or the incident."""
    may_decline = request.user.has_perm(Permission.DECLINE_INCIDENT)
    if incident.gate_outcome == Incident.Gate.DECLINE and may_decline and incident.is_open:
        messages.warning(
            request, f"Logged as {incident.reference}. It is not covered: say why, then decline."
        )
        return redirect("decline", incident.reference)
    messages.success(request, f"Logged as {incident.reference}. Next: {incident.next_action}.")
    return redirect("incident", incident.reference)


@login_required
@require_POST
def verdict(request: HttpRequest, key: UUID) -> HttpResponse:
    """Keep the draft and say what the gate says: its panel for htmx, else the page again."""
    _allow(request)
    draft, blocked = _keep(request, key)
    form = IntakeForm(request.POST, user=signed_in(request), checking=True)
    form.is_valid()
    _add(form, blocked)
    if not request.htmx:  # type: ignore[attr-defined]
        return _page(request, draft, form, blocked=blocked)
    context = _gate(request, draft, form, blocked)
    context["is_news"] = request.POST.get("gate_said") != context["verdict"].headline
    response = render(request, "incidents/_verdict_answer.html", context)
    response["HX-Replace-Url"] = reverse("call", args=[key])
    return response


@login_required
@require_POST
def discard(request: HttpRequest, key: UUID) -> HttpResponse:
    drafts.discard(key, by=request.user)  # type: ignore[arg-type]
    messages.success(request, "Discarded. Its words are not kept.")
    return redirect("log_call")


@login_required
def answer(request: HttpRequest, reference: str) -> HttpResponse:
    """What the gate asked is known now: it judges again, as of the call."""
    _allow(request)
    rows = Incident.objects.visible_to(request.user).select_related("customer", "service")
    found = get_object_or_404(rows, reference=reference)
    form = AnswerForm(request.POST or None, initial={"failure": found.failure})
    if request.method == "POST" and form.is_valid():
        answered = answer_gate(found.pk, **form.cleaned_data, by=request.user)  # type: ignore[arg-type]
        messages.info(request, f"The gate says: {answered.gate_verdict['headline']}.")
        return redirect("incident", reference)
    context = {
        "incident": found, "form": form, "heading": "Answer the gate", "button": "Ask the gate again",
        "lead": found.gate_verdict.get("question", ""),
    }  # fmt: skip
    return render(request, "incidents/act.html", context, status=422 if request.method == "POST" else 200)


def _page(
    request: HttpRequest,
    draft: IntakeDraft,
    form: IntakeForm,
    *,
    blocked: Any = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _gate(request, draft, form, blocked or {}) | more
    if proposal_id := draft.fields.get("proposal"):
        proposals = Proposal.objects.visible_to(request.user).select_related("incident", "decided_by")
        context["proposal"] = proposals.filter(pk=proposal_id).first()
    return render(request, "incidents/intake.html", context, status=status)


def _gate(
    request: HttpRequest, draft: IntakeDraft, form: IntakeForm, blocked: dict[str, list[str]]
) -> dict[str, Any]:
    """What the gate says on what is known, and what else is open that may be the same."""
    known = form.known() if form.is_bound else _kept(request, draft)
    at = timezone.now() if "proposal" in draft.fields else draft.call_began_at
    judgement: scope.Judgement = judge(**known, at=at)
    return {
        "draft": draft, "form": form, "verdict": judgement, "unlisted": known["customer_words"],
        "blocked": [form[name] for name in blocked if name in form.fields],
        "similar": _similar(request, known["customer"], known["service"]),
        "known_customer": known["customer"], "known_service": known["service"],
    }  # fmt: skip


def _kept(request: HttpRequest, draft: IntakeDraft) -> dict[str, Any]:
    """What a kept draft tells the gate, read through the form so that nothing foreign passes."""
    checked = IntakeForm(draft.fields, user=signed_in(request), checking=True)
    checked.is_valid()
    return checked.known()


def _similar(
    request: HttpRequest, customer: Customer | None, service: Service | None
) -> dict[str, list[Incident]]:
    """Open incidents of this hospital, and of this service elsewhere."""
    rows = Incident.objects.visible_to(request.user).open().counted().select_related("customer", "service")
    here = list(rows.filter(customer=customer)[:SIMILAR]) if customer else []
    elsewhere = rows.filter(service=service).exclude(customer=customer) if service else rows.none()
    return {"here": here, "elsewhere": list(elsewhere[:SIMILAR])}


def _keep(request: HttpRequest, key: UUID) -> tuple[IntakeDraft, dict[str, list[str]]]:
    began = call_began(request.POST.get("call_began", ""))
    return drafts.keep(key, typed_in(request.POST), call_began_at=began, by=request.user)  # type: ignore[arg-type]


def _add(form: IntakeForm, wrong: dict[str, list[str]]) -> None:
    for name, words in wrong.items():
        form.add_error(name if name in form.fields else None, words)


def _allow(request: HttpRequest) -> None:
    if not request.user.has_perm(Permission.LOG_INCIDENT):
        raise PermissionDenied
