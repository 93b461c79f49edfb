"""What the page of a run shows: the one step that matters now, worked out before the template."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.forms import Form
from django.utils import timezone

from incidents.local_time import format_time
from sops import forms
from sops.actions.catalogue import ActionSpec, find, read_parameters
from sops.actions.choosing import DryRun, dry_run
from sops.applicability import is_offered, offer_refusal
from sops.following import NO_ANSWER
from sops.models import Run, Step, StepRun
from sops.models.step_run import HOLDS_FOR, Risk, StepRunState
from sops.presenting import leads_words
from sops.refusals import agreement_refusal, hold_words
from sops.services.confirming import (
    choices_of_target,
    refusal_to_confirm,
    typed_name,
)
from sops.services.runs import MOST_ATTEMPTS
from sops.writing import deciding_check, options_of, spec_of, update_of

BY_ITSELF = ("begins", "running", "underway", "again", "turned_away")


@dataclass(frozen=True)
class Head:
    """The strip above the step: what it is about, its icon, and its colour."""

    words: str
    icon: str
    tone: str = "is-calm"


HEADS = {
    "begins": Head("About to begin", "clock"),
    "running": Head("Running", "play"),
    "underway": Head("Under way at Azure", "refresh"),
    "again": Head("Looks again by itself", "refresh"),
    "turned_away": Head("Turned away, sent again later", "late", "is-warn"),
    "held": Head("Held", "clock", "is-warn"),
    "target": Head("Choose the target", "server"),
    "disruptive": Head("Disruptive action", "late", ""),
    "elevated": Head("Disruptive, by two people", "late", ""),
    "change": Head("Action that changes something", "play"),
    "manual": Head("Done by you", "person"),
    "decision": Head("Decision", "unknown"),
    "communicate": Head("Status update, public", "public"),
    "escalate": Head("Escalate", "escalate"),
    "failed": Head("Failed", "cross", ""),
    "unknown": Head("Not known", "unknown", "is-warn"),
    "gone": Head("No longer offered", "cross", "is-warn"),
    "closing": Head("All steps done", "check"),
    "stopped": Head("Stopped", "stop"),
    "good end": Head("Finished", "check-circle", "is-good"),
    "end": Head("Finished", "check"),
}


@dataclass
class Scene:
    """The one step that the page shows large: which template draws it, and with what."""

    name: str
    head: Head
    step: StepRun | None = None
    spec: ActionSpec | None = None
    dry_run: DryRun | None = None
    refusal: str = ""
    advice: str = ""
    waits_for_lead: bool = False
    is_agreed: bool = True
    leads: list[str] = field(default_factory=list)
    no_result: StepRun | None = None  # the check that should have answered a decision
    forms: dict[str, Form] = field(default_factory=dict)

    @property
    def template(self) -> str:
        return f"sops/steps/_{self.name}.html"

    @property
    def button(self) -> str:
        """`Restart app-cc8-wexcombe-prod`: what the button does, and to what."""
        return self.spec.button_words(self.dry_run.target) if self.spec and self.dry_run else ""

    @property
    def goes_on(self) -> StepRun | None:
        """What goes on at the other side after the run was stopped."""
        return self.step if self.name == "ended" else None

    @property
    def is_live(self) -> bool:
        """Whether it changes without anybody pressing something."""
        return self.name in BY_ITSELF or self.is_looking or self.goes_on is not None

    @property
    def is_looking(self) -> bool:
        """A check was asked for that shows whether an unknown action happened, and has not answered yet."""
        step = self.step
        return bool(self.name == "unknown" and step and step.look_asked_at and not step.looked_at)

    @property
    def look_words(self) -> str:
        """The check that settles what is not known: `Read the state of the instances`; empty if none does."""
        check = find(self.spec.settled_by) if self.spec else None
        return check.words if check and self.name == "unknown" else ""

    @property
    def may_look(self) -> bool:
        return bool(self.look_words) and not self.is_looking

    @property
    def agreed_until(self) -> datetime | None:
        agreed_at = self.step.agreed_at if self.step else None
        return agreed_at + HOLDS_FOR if agreed_at else None

    @property
    def may_try_again(self) -> bool:
        return self.is_offered and bool(self.step and self.step.sends < MOST_ATTEMPTS)

    @property
    def is_offered(self) -> bool:
        """Whether the catalogue of today still has the action of the step."""
        return self.step is not None and is_offered(self.step.step)


def scene_of(run: Run) -> Scene:
    """What the run is about now."""
    unknown = next((each for each in run.ordered if each.state == StepRunState.UNKNOWN), None)
    if unknown is not None:
        return _scene("unknown", unknown, find(unknown.action), forms={"happened": unknown_form(unknown)})
    step = run.current
    if not run.is_active:
        return _ended(run)
    if step is None:
        return _scene("closing", forms={"close": forms.CloseForm()})
    if step.state == StepRunState.FAILED:
        return _scene("failed", step, find(step.action))
    if step.state != StepRunState.WAITING:
        return _scene(_by_itself(step), step, find(step.action))
    return _waiting(run, step)


def _scene(name: str, *rest: Any, **facts: Any) -> Scene:
    return Scene(name, HEADS[name], *rest, **facts)


def _ended(run: Run) -> Scene:
    going_on = next((each for each in run.ordered if each.state == StepRunState.UNDERWAY), None)
    good = run.outcome == run.outcomes[0]
    how = "stopped" if run.state == Run.State.STOPPED else "good end" if good else "end"
    return Scene("ended", HEADS[how], going_on, find(going_on.action) if going_on else None)


def _by_itself(step: StepRun) -> str:
    if step.state == StepRunState.UNDERWAY:
        return "underway"
    if step.state == StepRunState.CLAIMED:
        return "running"
    if step.due_at is None:
        return "begins"
    return "turned_away" if step.turned_away and step.gives_up_at is None else "again"


def _waiting(run: Run, step: StepRun) -> Scene:
    if not step.step.is_automated:
        return _of_person(run, step)
    if words := offer_refusal(step.step):
        return _scene("gone", step, refusal=words)
    spec = spec_of(step.step)
    if step.component is None:
        choices = [(str(each.pk), each.name) for each in choices_of_target(run, step)]
        return _scene("target", step, spec, forms={"target": target_form(step, choices=choices)})
    if step.risk == Risk.READ:
        return _scene("held", step, spec, refusal=hold_words(run))
    planned = dry_run(spec, step.component, read_parameters(spec, step.parameters), run)
    form = forms.ConfirmForm(
        initial={"step": step.position}, typed=typed_name(run, step), is_disruptive=spec.is_disruptive
    )
    refusal = refusal_to_confirm(run, step, planned)
    kind = "elevated" if step.is_elevated else "disruptive" if spec.is_disruptive else "change"
    return Scene(
        "confirm", HEADS[kind], step, spec, planned,
        refusal=refusal.words, advice=refusal.advice, waits_for_lead=refusal.waits_for_lead,
        is_agreed=step.is_agreed_at(timezone.now()) and not agreement_refusal(run, step),
        forms={"confirm": form},
    )  # fmt: skip


def _of_person(run: Run, step: StepRun) -> Scene:
    kind = step.step.kind
    scene = _scene(kind, step, forms=_person_forms(run, step))
    if kind == Step.Kind.DECISION:
        scene.leads = leads_words(step.step)
        position = deciding_check(step.step)
        scene.no_result = next((each for each in run.ordered if each.position == position), None)
    return scene


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
    return step.words.format(service=run.service.name, next=format_time(due))


def unknown_form(step: StepRun) -> Form:
    """What a check has seen stands in it already: the person adds to it, or writes their own."""
    seen = "" if step.look_words.startswith(NO_ANSWER) else step.look_words
    return forms.UnknownForm(initial={"step": step.position, "evidence": seen})


def target_form(step: StepRun, *, choices: list[tuple[str, str]]) -> Form:
    return forms.TargetForm(initial={"step": step.position}, choices=choices)
