"""The page of a run, and what is pressed on it."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import reswap

from accounts.requests import signed_in
from incidents.reads import note_incident
from incidents.views import done
from sops import forms, scenes, services
from sops.actions.catalogue import find as find_action
from sops.models import Run, StepRun
from sops.run_page import run_page
from sops.services.confirming import choices_of_target, typed_name

Data = dict[str, Any]


def _find(request: HttpRequest, pk: int) -> Run:
    rows = Run.objects.visible_to(request.user).select_related(
        "version__sop", "incident__customer", "customer", "started_by", "stopped_by"
    )
    steps = StepRun.objects.select_related("component")
    people = (
        "step_runs__confirmed_by", "step_runs__decided_by", "step_runs__agreed_by",
        "step_runs__look_asked_by",
    )  # fmt: skip
    return get_object_or_404(rows.prefetch_related(Prefetch("step_runs", steps), *people), pk=pk)


@login_required
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """The run: so far, the step, then. Read by htmx, only the part that changes, and only if it has."""
    found = _find(request, pk)
    context = run_page(found, request.user)  # type: ignore[arg-type]
    if found.incident is not None:
        note_incident(signed_in(request), found.incident)
    if not request.htmx:  # type: ignore[attr-defined]
        return render(request, "sops/run.html", context)
    context |= {"is_read": True, "is_told": request.GET.get("said") != context["said"]}
    if request.GET.get("seen") == context["seen"]:
        return reswap(render(request, "sops/_read.html", context), "none")
    return render(request, "sops/_live.html", context)


# ---------- What is pressed: a form and a service for each ----------


def _confirm(run: Run, data: Data, by: Any) -> Run:
    return services.confirm(run.pk, data["step"], typed=data.get("confirm", ""), by=by)


def _agree(run: Run, data: Data, by: Any) -> Run:
    return services.agree(run.pk, data["step"], by=by)


def _resume(run: Run, data: Data, by: Any) -> Run:
    return services.resume_held(run.pk, data["step"], by=by)


def _look(run: Run, data: Data, by: Any) -> Run:
    return services.look(run.pk, data["step"], by=by)


def _target(run: Run, data: Data, by: Any) -> Run:
    return services.choose_target(run.pk, data["step"], component_id=data["component"], by=by)


def _answer(run: Run, data: Data, by: Any) -> Run:
    return services.answer(
        run.pk, data["step"], answer=data.get("answer", ""), evidence=data["evidence"],
        went_wrong=data.get("went_wrong", False), by=by,
    )  # fmt: skip


def _post(run: Run, data: Data, by: Any) -> Run:
    return services.post_words(
        run.pk, data["step"], words=data["words"], next_in_minutes=data["next_in_minutes"], by=by
    )


def _leave_out(run: Run, data: Data, by: Any) -> Run:
    return services.leave_out(run.pk, data["step"], reason=data["reason"], by=by)


def _escalate(run: Run, data: Data, by: Any) -> Run:
    return services.escalate_now(run.pk, data["step"], evidence=data["evidence"], by=by)


def _happened(run: Run, data: Data, by: Any) -> Run:
    return services.settle_unknown(
        run.pk, data["step"], happened=data["happened"] == "yes", evidence=data["evidence"], by=by
    )


def _go_on(run: Run, data: Data, by: Any) -> Run:
    return services.go_on(run.pk, data["step"], by=by)


def _try_again(run: Run, data: Data, by: Any) -> Run:
    return services.try_again(run.pk, data["step"], by=by)


def _close(run: Run, data: Data, by: Any) -> Run:
    return services.close(run.pk, outcome=data["outcome"], by=by)


def _stop(run: Run, data: Data, by: Any) -> Run:
    return services.stop(run.pk, reason=data["reason"], by=by)


ACTS: dict[str, Callable[[Run, Data, Any], Run]] = {
    "confirm": _confirm, "agree": _agree, "resume": _resume, "target": _target, "answer": _answer,
    "post": _post, "leave-out": _leave_out, "escalate": _escalate, "look": _look, "happened": _happened,
    "go-on": _go_on, "try-again": _try_again, "close": _close, "stop": _stop,
}  # fmt: skip
FORMS: dict[str, type[Form]] = {
    "agree": forms.StepForm, "resume": forms.StepForm, "look": forms.StepForm,
    "post": forms.WordsForm, "leave-out": forms.LeaveOutForm, "escalate": forms.EscalateForm,
    "happened": forms.UnknownForm, "go-on": forms.StepForm, "try-again": forms.StepForm,
    "close": forms.CloseForm, "stop": forms.StopForm,
}  # fmt: skip
OWN_IDS = {"stop": "stop_%s", "leave-out": "leave_out_%s"}


@login_required
@require_POST
def act(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One act in the run; then the run again, or its page with the form's errors (422)."""
    if name not in ACTS:
        raise Http404
    found = _find(request, pk)
    form = bound(found, name, request.POST)
    if not done(form, lambda: ACTS[name](found, form.cleaned_data, request.user)):
        context = run_page(_find(request, pk), request.user, (name, form))  # type: ignore[arg-type]
        return render(request, "sops/run.html", context, status=422)
    if name == "escalate" and found.incident:
        return redirect("escalate", found.incident.reference)
    return redirect("run", pk)


def bound(run: Run, name: str, data: Any) -> Form:
    """The form as it was sent, with the choices of the step that it names, so that it can be shown again."""
    step = _named_step(run, data)
    if name == "target":
        targets = choices_of_target(run, step) if step else []
        return forms.TargetForm(data, choices=[(str(each.pk), each.name) for each in targets])
    if name == "answer":
        if step and step.step.kind == "decision":
            return forms.DecisionForm(data, choices=scenes.answers(step.step))
        return forms.ManualForm(data)
    if name == "confirm":
        spec = find_action(step.action) if step else None
        return forms.ConfirmForm(
            data, typed=typed_name(run, step) if step else "",
            is_disruptive=spec is None or spec.is_disruptive,
        )  # fmt: skip
    return FORMS[name](data, auto_id=OWN_IDS.get(name, "id_%s"))


def _named_step(run: Run, data: Any) -> StepRun | None:
    return next((each for each in run.ordered if str(each.position) == data.get("step", "")), None)
