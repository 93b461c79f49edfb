"""All that the page of a run shows to one reader, and how it is read again."""

import hashlib
from typing import Any

from django.db.models import Model
from django.forms import Form

from accounts.models import User
from accounts.roles import Permission
from sops import forms
from sops.models import Run
from sops.refusals import hold_words, may_act, may_agree, version_refusal
from sops.scenes import Scene, scene_of
from sops.services.runs import may_stop

SOON, LATER = 2, 10  # seconds between two reads of the page: while something goes on, and while it waits


def run_page(run: Run, reader: User, posted: tuple[str, Form] | None = None) -> dict[str, Any]:
    """All of the run's page for this reader. `posted` is the form that came back with errors."""
    scene = scene_of(run)
    if posted:
        _put_back(scene, *posted)
    context = {
        "run": run,
        "scene": scene,
        "problem": posted[1] if posted else None,
        "heading": _heading(run, scene),
        "held": _held(run, scene),
        "stops_next": _stops_next(run, scene),
        "may_act": may_act(run, reader),
        "may_agree": may_agree(run, reader),
        "may_stop": run.is_active and not run.is_stop_requested and may_stop(run, reader),
        "may_see_incident": reader.has_perm(Permission.VIEW_INCIDENT),
        "may_override": reader.has_perm(Permission.OVERRIDE_GATE),
        "stop_form": scene.forms.get("stop") or forms.StopForm(auto_id="stop_%s"),
    }
    return context | _reading(run, scene, context)


def _reading(run: Run, scene: Scene, context: dict[str, Any]) -> dict[str, Any]:
    """How often the page is read again, and how a read knows that nothing is new: nothing is then redrawn."""
    every = SOON if scene.is_live else LATER if run.is_active else 0
    told = ("heading", "held", "stops_next", "may_act", "may_agree", "may_stop", "may_override")
    shown = (
        scene.name, scene.refusal, scene.dry_run, scene.is_agreed, [context[name] for name in told],
        [_columns(row) for row in (run, *run.ordered)], run.incident and run.incident.next_action,
    )  # fmt: skip
    return {
        "every": every, "stale_after": every * 3 + 4, "seen": _digest(shown),
        "said": _digest(context["heading"]),
    }  # fmt: skip


def _columns(row: Model) -> list[Any]:
    return [getattr(row, each.attname) for each in row._meta.concrete_fields]


def _digest(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


def _heading(run: Run, scene: Scene) -> str:
    """The title of the page, and what is said when it changes: `Step 5 of 8, running: Restart …`."""
    step = scene.step
    if step is None or scene.name == "ended":
        return f"{scene.head.words}: {run.version.sop}"
    return f"Step {step.position} of {run.length}, {scene.head.words.lower()}: {step.step.title}"


def _held(run: Run, scene: Scene) -> str:
    """Why checks and changes wait, where the step itself does not say so."""
    return hold_words(run) if run.is_active and not scene.refusal else ""


def _stops_next(run: Run, scene: Scene) -> str:
    """Why the run stops at its next boundary, such as who suspended it; empty where the step says so."""
    if not run.is_active or run.is_stop_requested or scene.name in ("confirm", "closing"):
        return ""
    return version_refusal(run)


def _put_back(scene: Scene, act: str, form: Form) -> None:
    """What was typed, into the form that it came from; a form of another kind of step has no place here."""
    name = act.replace("-", "_")
    if type(scene.forms.get(name, form)) is type(form):
        scene.forms[name] = form
