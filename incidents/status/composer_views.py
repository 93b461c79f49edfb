"""Posting, previewing and correcting what the public is told of an incident."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import signed_in
from accounts.roles import Permission
from incidents import workbench
from incidents.models import Incident, Phase, StatusUpdate
from incidents.status import templates
from incidents.status.composer_forms import STATE_OF, UpdateForm, correction_form, update_form
from incidents.status.public_words import preview
from incidents.status.services import correct_update, post_update
from incidents.views import act_page, done


@login_required
@require_POST
def update(request: HttpRequest, reference: str) -> HttpResponse:
    """Post a status update. The guard runs here again, whatever the preview said."""
    found = _find(request, reference)
    form = update_form(found, request.POST)

    def post() -> None:
        given = {name: form.cleaned_data[name] for name in ("phase", "words", "service_state")}
        post_update(
            found.pk, **given, affected=form.affected(), next_update_due_at=form.promised_at(),
            by=signed_in(request),
        )  # fmt: skip

    if done(form, post):
        messages.success(request, "Update posted. The public sees it within seconds.")
        return redirect("incident", reference)
    return render(request, "incidents/preview.html", _shown(found, form), status=422)


@login_required
@require_POST
def preview_update(request: HttpRequest, reference: str) -> HttpResponse:
    """What the public would see, and what stands in its way. Stores nothing.

    With “Use these words” the composer takes up the approved words that were chosen; what was typed before is
    shown beside them.
    """
    found = _find(request, reference)
    form, kept = update_form(found, request.POST), ""
    if "use" in request.POST:
        form, kept = _with_template(found, form)
    else:
        form.is_valid()
    context = _shown(found, form) | {"kept_words": kept}
    template = "incidents/_preview.html" if request.htmx else "incidents/preview.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, reference: str, pk: str) -> HttpResponse:
    """Other words in the place of those that were posted; both are shown."""
    found = _find(request, reference)
    row = get_object_or_404(StatusUpdate.objects.visible_to(request.user), incident=found, pk=pk)
    form = correction_form(row, request.POST if request.method == "POST" else None)

    def act() -> None:
        states = {"service_state": form.cleaned_data["service_state"], "affected": form.affected()}
        correct_update(row.pk, words=form.cleaned_data["words"], **states, by=signed_in(request))

    return act_page(
        request, found, form, act, "Corrected. The public sees it within seconds.",
        heading="Correct a status update", button="Post the correction",
        lead="What was posted stays to be read, folded under the correction.",
    )  # fmt: skip


def _find(request: HttpRequest, reference: str) -> Incident:
    if not request.user.has_perm(Permission.POST_STATUS):
        raise PermissionDenied
    return workbench.find(request, reference)


def _with_template(found: Incident, form: UpdateForm) -> tuple[UpdateForm, str]:
    """The composer with the chosen words, filled in from the incident, and the words that were there."""
    form.is_valid()
    chosen = templates.words_of(str(form.data.get("template", "")), found, form.promised_at())
    typed = str(form.data.get("words", ""))[:2000]
    if chosen is None:
        return form, ""
    data = dict(form.data.items())
    data["phase"], data["words"], data["template"] = *chosen, ""
    filled = update_form(found, data)
    filled.is_valid()
    return filled, typed if typed.strip() != chosen[1] else ""


def _shown(found: Incident, form: UpdateForm) -> dict[str, Any]:
    """The composer's page. Words that are too long are refused, and not worth looking through."""
    words, phase = str(form["words"].value() or "")[:2000], form["phase"].value()
    label = Phase(phase).label if phase in Phase.values else ""
    return {
        "incident": found, "update_form": form, "words": words, "phase_words": label,
        "promised_at": form.promised_at() if phase != Phase.RESOLVED else None,
        "findings": preview(words, found.customer), "states": _states(found, form, phase),
    }  # fmt: skip


def _states(found: Incident, form: UpdateForm, phase: str) -> list[tuple[str, str]]:
    """Each service that the update speaks of, with its state in words."""
    if phase == Phase.RESOLVED:
        return []
    labels = dict(StatusUpdate.ServiceState.choices)
    own = [(found.service.name, labels.get(str(form["service_state"].value()), ""))]
    others = ((str(field.label).removeprefix(STATE_OF), field.value()) for field in form.other_services)
    return own + [(name, labels[str(state)]) for name, state in others if state in labels]
