"""The pages of SOPs: the list, one SOP, starting one on an incident."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Service
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents import workbench
from incidents.local_time import local
from incidents.models import Incident
from incidents.views import done
from sops import forms, presenting, services
from sops.applicability import choices_for
from sops.models import Run, Sop, SopVersion, Suspension
from sops.models.sop import may_write
from sops.models.suspension import that_holds
from sops.rehearsal import may_rehearse

LAST_RUNS = 10


def _allow(request: HttpRequest, permission: Permission) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


@login_required
def sop_list(request: HttpRequest) -> HttpResponse:
    """Every SOP, by what may be done with it today; found by words, service or state."""
    _allow(request, Permission.VIEW_SOP)
    words, service, show = (_wanted(request, name) for name in ("q", "service", "show"))
    sops = Sop.objects.visible_to(request.user).found_by(words)
    if service:
        sops = sops.filter(services__code=service)
    versions = SopVersion.objects.visible_to(request.user).filter(Q(state="approved") | Q(state="submitted"))
    cards = presenting.cards(
        sops.prefetch_related("services"),
        list(versions.prefetch_related("steps")),
        local(timezone.now()).date(),
        list(Suspension.objects.visible_to(request.user).active()),
    )
    if show in presenting.STATUSES:
        cards = [card for card in cards if show == card.status or (show == "waiting" and card.waiting)]
    context = {
        "cards": cards, "words": words, "service": service, "show": show, "statuses": presenting.STATUSES,
        "services": Service.objects.filter(sops__isnull=False).distinct(),
    }  # fmt: skip
    return render(request, "sops/list.html", context)


def _wanted(request: HttpRequest, name: str) -> str:
    """A parameter of the address, cut to what can be looked for: no database finds a NUL."""
    return request.GET.get(name, "").replace("\0", "")[:100]


@login_required
def sop(request: HttpRequest, code: str) -> HttpResponse:
    """One SOP: the version in force or the one asked for, its history, its runs."""
    found = _find(request, code)
    return render(request, "sops/sop.html", _sop_page(request, found, forms.ReasonForm()))


def _find(request: HttpRequest, code: str) -> Sop:
    rows = Sop.objects.visible_to(request.user).select_related("owner")
    return get_object_or_404(rows.prefetch_related("services", "customers"), code=code)


def _sop_page(request: HttpRequest, sop: Sop, form: forms.ReasonForm) -> dict[str, object]:
    rows = (
        SopVersion.objects.visible_to(request.user)
        .filter(sop=sop)
        .select_related("author", "approver", "decided_by")
    )
    versions = list(rows.prefetch_related("steps"))
    wanted = request.GET.get("version", "")
    version = next((each for each in versions if str(each.number) == wanted), None)
    version = version or next((each for each in versions if each.state == SopVersion.State.APPROVED), None)
    version = version or next(iter(versions), None)
    today = local(timezone.now()).date()
    suspensions = list(Suspension.objects.visible_to(request.user).active())
    actions = [step.action for step in version.steps.all()] if version else []
    held = that_holds(suspensions, sop_id=sop.pk, actions=actions)
    in_force = version if version and version.state == SopVersion.State.APPROVED else None
    runs = Run.objects.visible_to(request.user).filter(version__sop=sop).newest_first()[:LAST_RUNS]
    return {
        "sop": sop, "version": version, "versions": versions,
        "steps": presenting.step_rows(version) if version else [],
        "status": presenting.status_of(in_force, today, suspensions), "runs": runs, "form": form,
        "held": held, "own": next((each for each in suspensions if each.sop_id == sop.pk), None),
        "may_suspend": request.user.has_perm(Permission.APPROVE_SOP),
        "review_soon": presenting.review_soon(version, today),
        "may_rehearse": version is not None and may_rehearse(version, signed_in(request)),
        "may_write": may_write(sop, signed_in(request)),
        "may_give": request.user.has_perm(Permission.GRANT_SOP),
        "may_decide": request.user.has_perm(Permission.APPROVE_SOP),
    }  # fmt: skip


@login_required
@require_POST
def suspend(request: HttpRequest, code: str) -> HttpResponse:
    """An approver stops the SOP at once, with the reason; or lets it be started again."""
    found = _find(request, code)
    _allow(request, Permission.APPROVE_SOP)
    if "lift" in request.POST:
        for held in Suspension.objects.visible_to(request.user).active().filter(sop=found):
            services.lift_suspension(held.pk, by=request.user)  # type: ignore[arg-type]
        messages.success(request, f"{found.code} may be started again.")
        return redirect("sop", code)
    form = forms.ReasonForm(request.POST)
    person: Any = request.user
    if done(form, lambda: services.suspend_sop(found.pk, **form.cleaned_data, by=person)):
        messages.success(request, f"{found.code} is suspended. Runs stop at their next step.")
        return redirect("sop", code)
    return render(request, "sops/sop.html", _sop_page(request, found, form), status=422)


@login_required
@require_POST
def start_draft(request: HttpRequest, code: str) -> HttpResponse:
    """A new draft of the author's own, which is written in the administration."""
    found = _find(request, code)
    draft = services.start_draft(found.pk, by=request.user)  # type: ignore[arg-type]
    messages.success(request, f"Version {draft.number} is your draft now.")
    return redirect(reverse("admin:sops_sopversion_change", args=[draft.pk]))


@login_required
def start_run(request: HttpRequest, reference: str) -> HttpResponse:
    """Which SOPs fit this incident, and why the others do not; a POST starts one."""
    if request.method == "POST":
        return _start(request, reference)
    incident = workbench.find(request, reference)
    _allow(request, Permission.RUN_SOP)
    choices = choices_for(incident, request.user)  # type: ignore[arg-type]
    fitting = [
        {"choice": each, "risks": presenting.risks(each.version.steps.all())}
        for each in choices if each.version and each.applies
    ]  # fmt: skip
    others = [each for each in choices if not each.applies]
    return render(request, "sops/start.html", {"incident": incident, "fitting": fitting, "others": others})


def _start(request: HttpRequest, reference: str) -> HttpResponse:
    """Only what is needed to find both: a person waits, and the service reads all of it under its lock."""
    person: Any = request.user
    # With the state, which django-fsm would fetch by itself: one more query a row.
    incident = get_object_or_404(Incident.objects.visible_to(person).only("state"), reference=reference)
    _allow(request, Permission.RUN_SOP)
    code = request.POST.get("sop", "").replace("\0", "")[:10]
    number = _small_number(request.POST.get("version", ""))
    versions = SopVersion.objects.visible_to(person).only("state")
    version = get_object_or_404(versions, sop__code=code, number=number)
    run = services.start_run(incident.pk, version.pk, by=person, seen=request.POST.get("seen") or None)
    return redirect("run", run.pk)


def _small_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
