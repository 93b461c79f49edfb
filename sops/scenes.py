"""What the page of a run shows: the one step that matters now, worked out before the template."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.forms import Form
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from incidents.local_time import format_time
from sops import forms
from sops.actions.catalogue import ActionSpec, find, read_parameters
from sops.actions.choosing import DryRun, dry_run
from sops.models import Run, Step, StepRun
from sops.models.step_run import StepRunState
from sops.services.runs import choices_of_target, typed_name
from sops.writing import options_of, spec_of, update_of


@dataclass
class Scene:
    """The one step that the page shows large: which template draws it, and with what."""

    name: str
    step: StepRun | None = None
    spec: ActionSpec | None = None
    dry_run: DryRun | None = None
    typed: str = ""
    forms: dict[str, Form] = field(default_factory=dict)

    @property
    def template(self) -> str:
        return f"sops/steps/_{self.name}.html"

    @property
    def button(self) -> str:
        """`Restart app-cc8-wexcombe-prod`: what the button does, and to what."""
        return self.spec.button_words(self.dry_run.target) if self.spec and self.dry_run else ""

    @property
    def is_live(self) -> bool:
        """Whether it changes without anybody pressing something: the page then reads it again by itself."""
        return self.name == "running"

    @property
    def form(self) -> Form | None:
        return next(iter(self.forms.values()), None)


def run_page(run: Run, reader: User, posted: tuple[str, Form] | None = None) -> dict[str, Any]:
    """All of the run's page for this reader. `posted` is the form that came back with errors."""
    scene = scene_of(run)
    if posted:
        _put_back(scene, *posted)
    current = run.current
    return {
        "run": run,
        "scene": scene,
        "problem": posted[1] if posted else None,
        "position": current.position if current else run.length,
        "may_act": reader.has_perm(Permission.RUN_SOP),
        "may_stop": run.is_active and not run.is_stop_requested and reader.has_perm(Permission.STOP_RUN),
        "may_see_incident": reader.has_perm(Permission.VIEW_INCIDENT),
        "stop_form": scene.forms.get("stop") or forms.StopForm(auto_id="stop_%s"),
        "unknown": [each for each in run.ordered if each.state == StepRunState.UNKNOWN],
    }


def _put_back(scene: Scene, act: str, form: Form) -> None:
    """What was typed, into the form that it came from; a form of another kind of step has no place here."""
    name = act.replace("-", "_")
    if type(scene.forms.get(name, form)) is type(form):
        scene.forms[name] = form


def scene_of(run: Run) -> Scene:
    """What the run is about now."""
    unknown = next((each for each in run.ordered if each.state == StepRunState.UNKNOWN), None)
    if unknown is not None:
        return Scene("unknown", unknown, find(unknown.action), forms={"happened": unknown_form(unknown)})
    step = run.current
    if not run.is_active:
        return Scene("ended")
    if step is None:
        return Scene("closing", forms={"close": forms.CloseForm()})
    if step.state == StepRunState.FAILED:
        return Scene("failed", step, find(step.action))
    if step.state != StepRunState.WAITING:
        return Scene("running", step, find(step.action))
    return _waiting(run, step)


def _waiting(run: Run, step: StepRun) -> Scene:
    if not step.step.is_automated:
        return Scene(step.step.kind, step, forms=_person_forms(run, step))
    if step.component is None:
        choices = [(str(each.pk), each.name) for each in choices_of_target(run, step)]
        return Scene("target", step, find(step.action), forms={"target": target_form(step, choices=choices)})
    spec = spec_of(step.step)
    parameters = read_parameters(spec, step.parameters)
    planned = dry_run(spec, step.component, parameters, run.incident.customer, is_rehearsal=run.is_rehearsal)
    typed = typed_name(run, step)
    form = forms.ConfirmForm(
        initial={"step": step.position}, typed=typed, is_disruptive=spec.is_disruptive,
        is_elevated=spec.is_elevated,
    )  # fmt: skip
    return Scene("confirm", step, spec, planned, typed, forms={"confirm": form})


def _person_forms(run: Run, step: StepRun) -> dict[str, Form]:
    seen = {"step": step.position}
    leave_out = forms.LeaveOutForm(initial=seen, auto_id="leave_out_%s")
    if step.step.kind == Step.Kind.MANUAL:
        return {"answer": forms.ManualForm(initial=seen)}
    if step.step.kind == Step.Kind.DECISION:
        return {"answer": forms.DecisionForm(initial=seen, choices=answers(step.step))}
    if step.step.kind == Step.Kind.ESCALATE:
        return {"escalate": forms.EscalateForm(initial=seen), "leave_out": leave_out}
    update = update_of(step.step)
    given = {**seen, "words": drafted_words(run, step.step), "next_in_minutes": update.next_in_minutes}
    return {"post": forms.WordsForm(initial=given), "leave_out": leave_out}


def answers(step: Step) -> list[tuple[str, str]]:
    return [(option.answer, option.answer) for option in options_of(step)]


def drafted_words(run: Run, step: Step) -> str:
    """The approved words, with the service and the time of the next update filled in."""
    due = timezone.now() + timedelta(minutes=update_of(step).next_in_minutes)
    return step.words.format(service=run.incident.service.name, next=format_time(due))


def unknown_form(step: StepRun) -> Form:
    return forms.UnknownForm(initial={"step": step.position})


def target_form(step: StepRun, *, choices: list[tuple[str, str]]) -> Form:
    return forms.TargetForm(initial={"step": step.position}, choices=choices)
