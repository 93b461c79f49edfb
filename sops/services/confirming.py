"""Before an action: its target, its dry run, the vendor's agreement, and the word of who confirms it.

Each locks the run's row, and `position` is the step that the person saw, as in `sops.services.runs`.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Component, User
from sops import stepping
from sops.actions.catalogue import ActionSpec, read_parameters
from sops.actions.choosing import DryRun, dry_run
from sops.applicability import offer_refusal, targets_for
from sops.engine import spec_of
from sops.models import Run, StepRun
from sops.models.step_run import HOLDS_FOR, Risk, StepRunState
from sops.refusals import agreement_refusal, hold_words, may_agree, version_refusal
from sops.services.reaching import locked_for, reached, somebody_was_faster, step_at

State = StepRunState


@transaction.atomic
def choose_target(run_id: int, position: int, *, component_id: int | None, by: User) -> Run:
    """Which of several registered targets the step acts on. Others than these cannot be chosen."""
    run = locked_for(run_id, by)
    if component_id is not None and step_at(run, position).component_id == component_id:
        return run
    run, step = reached(run_id, position, by, State.WAITING)
    if step is None:
        return run
    chosen = next((each for each in choices_of_target(run, step) if each.pk == component_id), None)
    if chosen is None:
        raise ValidationError({"component": ["Choose one of the registered targets"]})
    step.forget_words()  # they were given for another target
    step.component, step.state = chosen, State.PENDING
    step.save()
    stepping.say(run, f"Step {position}: target {chosen} chosen", by=by)
    stepping.move_on(run, by=by)
    return run


def choices_of_target(run: Run, step: StepRun) -> list[Component]:
    """The registered components that this step may act on."""
    return targets_for(step.step, run, list(Component.objects.reachable_from(run.customer)))


def dry_run_of(run: Run, step: StepRun) -> DryRun:
    """What the step would do to its target, exactly; nothing is sent."""
    if step.component is None:
        raise Conflict("No target is chosen yet", "Choose the target first.")
    spec = _offered(step)
    return dry_run(spec, step.component, read_parameters(spec, step.parameters), run)


def _offered(step: StepRun) -> ActionSpec:
    if words := offer_refusal(step.step):
        raise Conflict(words, "Stop the run and escalate.")
    return spec_of(step)


def typed_name(run: Run, step: StepRun) -> str:
    """What is typed before a disruptive action: the name of the target, letter by letter."""
    return step.component.name if step.component else ""


@transaction.atomic
def confirm(run_id: int, position: int, *, typed: str = "", by: User) -> Run:
    """Let a worker act: once, on this target, with these parameters. Of two people at once, one confirms."""
    run, step = reached(run_id, position, by, State.WAITING, mark="confirmed_by_id")
    if step is None:
        return run
    if not step.step.is_automated or step.component is None or step.risk == Risk.READ:
        raise Conflict("This step is not one to confirm", "See it as it is now.")
    spec = _offered(step)
    wanted = typed_name(run, step)
    if spec.is_disruptive and typed.strip().casefold() != wanted.casefold():
        raise ValidationError({"confirm": [f"Type {wanted} to confirm the target"]})
    planned = dry_run_of(run, step)
    if step.agreed_by_id == by.pk:
        raise Conflict("You agreed to it for the vendor", "Another person confirms it.")
    if words := refusal_to_confirm(run, step, planned).words:
        raise Conflict(f"{spec.button_words(planned.target)} cannot be sent", f"{words}.")
    step.confirmed_by, step.confirmed_at, step.state, step.summary = by, timezone.now(), State.PENDING, ""
    step.resource_id = step.component.resource_id
    step.save()
    text = f"{spec.words}. {planned.parameters}."
    stepping.say(run, f"Step {position} confirmed: {planned.target}", text, by=by)
    stepping.move_on(run, by=by)
    return run


@dataclass(frozen=True)
class Refusal:
    """Why nobody may confirm an action now, and what to do instead; no words when an engineer may."""

    words: str = ""
    advice: str = ""
    waits_for_lead: bool = False


def refusal_to_confirm(run: Run, step: StepRun, planned: DryRun) -> Refusal:
    """What stands in the way now. It is asked again when a worker takes the step."""
    if words := version_refusal(run):
        return Refusal(words.rstrip("."), "Stop the run and escalate, or wait until the vendor lets it go on")
    if planned.refusal:
        return Refusal(planned.refusal, "This desk cannot do it. Stop the run and escalate")
    if planned.others:
        return Refusal(planned.others, "Wait: this page shows when the target is free")
    if planned.enough:
        return Refusal(planned.enough, "Another one will hardly help: stop the run")
    if words := hold_words(run):
        advice = "A lead says on the incident why to go on, or the vendor takes it over"
        return Refusal(words, advice, waits_for_lead=True)
    advice = "Ring an approver or the service manager, who opens this page and agrees"
    if not step.is_agreed_at(timezone.now()):
        return Refusal("A second person, of the vendor, has to agree to it first", advice)
    if words := agreement_refusal(run, step):
        return Refusal(words, advice)
    return Refusal()


@transaction.atomic
def agree(run_id: int, position: int, *, by: User) -> Run:
    """The second person, of the vendor, to an elevated action: for this target, and some minutes."""
    run = locked_for(run_id, by, may=may_agree)
    step = step_at(run, position)
    if not (run.state == Run.State.WAITING and step == run.current and step.is_elevated and step.component):
        raise somebody_was_faster(run, step)
    if step.agreed_by_id == by.pk and step.is_agreed_at(timezone.now()):
        return run
    step.agreed_by, step.agreed_at, step.agreed_side = by, timezone.now(), by.side or ""
    step.save()
    words = f"Step {position}: {by} agreed to “{step.step.title}”"
    stepping.say(run, words, f"Target {step.component}. Holds for {HOLDS_FOR.seconds // 60} minutes.", by=by)
    return run


@transaction.atomic
def resume_held(run_id: int, position: int, *, by: User) -> Run:
    """Go on with a check that was held, once what held it is gone."""
    run, step = reached(run_id, position, by, State.WAITING, mark="decided_by_id")
    if step is None:
        return run
    if step.risk != Risk.READ or step.component is None:
        raise Conflict("This step is not held", "See it as it is now.")
    if words := hold_words(run):
        raise Conflict("The run cannot go on yet", f"{words}.")
    step.state, step.summary, step.decided_by, step.decided_at = State.PENDING, "", by, timezone.now()
    step.save()
    stepping.say(run, f"Step {position} goes on after it was held", by=by)
    stepping.move_on(run, by=by)
    return run
