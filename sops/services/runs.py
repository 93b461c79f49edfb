"""What people do in a run: confirm, answer, write evidence, say what is not known, stop.

Each locks the run's row. `position` is the step that the person saw: another one being current now means that
somebody was faster (Conflict). The same act of the same person again returns quietly.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Component, User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.status.services import post_update
from sops import stepping
from sops.actions.catalogue import ActionSpec, read_parameters
from sops.actions.choosing import DryRun, dry_run
from sops.applicability import targets_for
from sops.engine import spec_of
from sops.models import Run, Step, StepRun
from sops.models.run import Outcome
from sops.models.step_run import StepRunState
from sops.services.reaching import (
    ending,
    locked_for,
    reached,
    refuse_other_kind,
    settle_by,
    somebody_was_faster,
    step_at,
)
from sops.writing import options_of, update_of

State = StepRunState
MOST_ATTEMPTS = 3


# ---------- Before an action ----------


@transaction.atomic
def choose_target(run_id: int, position: int, *, component_id: int | None, by: User) -> Run:
    """Which of several registered targets the step acts on. Others than these cannot be chosen."""
    run, step = reached(run_id, position, by, State.WAITING)
    if step is None:
        return run
    chosen = next((each for each in choices_of_target(run, step) if each.pk == component_id), None)
    if chosen is None:
        raise ValidationError({"component": ["Choose one of the registered targets"]})
    step.component, step.state = chosen, State.PENDING
    step.save()
    stepping.say(run, f"Step {position}: target {chosen} chosen", by=by)
    stepping.move_on(run, by=by)
    return run


def choices_of_target(run: Run, step: StepRun) -> list[Component]:
    """The registered components that this step may act on."""
    reachable = list(Component.objects.reachable_from(run.incident.customer))
    return targets_for(step.step, run.incident, reachable, is_rehearsal=run.is_rehearsal)


def dry_run_of(run: Run, step: StepRun) -> DryRun:
    """What the step would do to its target, exactly; nothing is sent."""
    if step.component is None:
        raise Conflict("No target is chosen yet", "Choose the target first.")
    spec = spec_of(step)
    return dry_run(
        spec, step.component, read_parameters(spec, step.parameters), run.incident.customer,
        is_rehearsal=run.is_rehearsal,
    )  # fmt: skip


def typed_name(run: Run, step: StepRun) -> str:
    """What is typed before a disruptive action: the customer's short name, or a shared target's own."""
    component = step.component
    if component is None or component.customer_id is None:
        return component.name if component else ""
    return run.incident.customer.short_name


@transaction.atomic
def confirm(run_id: int, position: int, *, typed: str = "", agreed_with: str = "", by: User) -> Run:
    """Let a worker act: once, on this target, with these parameters. Of two people at once, one confirms."""
    run, step = reached(run_id, position, by, State.WAITING, mark="confirmed_by_id")
    if step is None:
        return run
    if not step.step.is_automated or step.component is None:
        raise Conflict("This step is not one to confirm", "See it as it is now.")
    spec = spec_of(step)
    _refuse_unconfirmed(run, step, spec, typed, agreed_with)
    planned = dry_run_of(run, step)
    if not planned.is_allowed:
        raise Conflict(f"{spec.button_words(planned.target)} cannot be sent", planned.verdict + ".")
    step.confirmed_by, step.confirmed_at, step.state, step.summary = by, timezone.now(), State.PENDING, ""
    step.evidence = agreed_with
    step.save()
    text = f"{spec.words}. {planned.parameters}."
    stepping.say(run, f"Step {position} confirmed: {planned.target}", text, by=by)
    stepping.move_on(run, by=by)
    return run


def _refuse_unconfirmed(run: Run, step: StepRun, spec: ActionSpec, typed: str, agreed_with: str) -> None:
    wanted = typed_name(run, step)
    if spec.is_disruptive and typed.strip().casefold() != wanted.casefold():
        raise ValidationError({"confirm": [f"Type {wanted} to confirm the target"]})
    if spec.is_elevated:
        words = "Write who at the vendor agreed to this, and when"
        require(agreed_with=(agreed_with, words))
        refuse_patient_data(agreed_with=agreed_with)


# ---------- Steps of a person ----------


@transaction.atomic
def answer(
    run_id: int, position: int, *, answer: str = "", evidence: str = "", went_wrong: bool = False, by: User
) -> Run:
    """A manual step with its evidence, or a decision with its answer."""
    run, step = reached(run_id, position, by, State.WAITING)
    if step is None:
        return run
    refuse_patient_data(evidence=evidence)
    if step.step.kind == Step.Kind.DECISION:
        _decide(run, step, answer, evidence, by)
    elif step.step.kind == Step.Kind.MANUAL:
        require(evidence=(evidence, "Write what you did and what you saw"))
        settle_by(run, step, State.DONE, step.step.title, by=by, evidence=evidence, is_bad=went_wrong)
        stepping.stop_if_bad(run, step, by=by)
    else:
        raise Conflict("This step is not one to answer", "See it as it is now.")
    if run.is_active:
        stepping.move_on(run, by=by)
    return run


def _decide(run: Run, step: StepRun, given: str, evidence: str, by: User) -> None:
    """Follow the answer: leave out what lies between, or end with the outcome that it says."""
    options = options_of(step.step)
    chosen = next(
        (option for option in options if option.answer.casefold() == given.strip().casefold()), None
    )
    if chosen is None:
        told = " or ".join(option.answer for option in options)
        raise ValidationError({"answer": [f"Choose one of the answers: {told}"]})
    step.answer = chosen.answer
    settle_by(run, step, State.DONE, f"{step.step.title} {chosen.answer}", by=by, evidence=evidence)
    run.outcome = chosen.outcome or run.outcome
    _leave_out_until(run, step.position, run.length + 1 if chosen.then == "end" else chosen.then)


def _leave_out_until(run: Run, after: int, position: int) -> None:
    for each in run.ordered:
        if after < each.position < position:
            each.state = State.SKIPPED
            each.save()


@transaction.atomic
def post_words(run_id: int, position: int, *, words: str, next_in_minutes: int | None, by: User) -> Run:
    """Post the status update of the step, in the words as the person left them."""
    run, step = reached(run_id, position, by, State.WAITING)
    if step is None:
        return run
    refuse_other_kind(step, Step.Kind.COMMUNICATE)
    update = update_of(step.step)
    if next_in_minutes is None or not 5 <= next_in_minutes <= 240:
        raise ValidationError(
            {"next_in_minutes": ["Choose when the next update comes, from 5 to 240 minutes"]}
        )
    due = timezone.now() + timedelta(minutes=next_in_minutes)
    posted = post_update(
        run.incident_id,
        phase=update.phase,
        words=words,
        next_update_due_at=due,
        service_state=update.service_state,
        by=by,
    )
    run.incident.refresh_from_db()
    words = f"Posted the update “{posted.get_phase_display()}”"
    settle_by(run, step, State.DONE, words, by=by)
    stepping.move_on(run, by=by)
    return run


@transaction.atomic
def leave_out(run_id: int, position: int, *, reason: str, by: User) -> Run:
    """Go on without a status update or an escalation that the situation does not need, and say why."""
    run, step = reached(run_id, position, by, State.WAITING)
    if step is None:
        return run
    refuse_other_kind(step, Step.Kind.COMMUNICATE, Step.Kind.ESCALATE)
    require(reason=(reason, "Say why you leave this step out"))
    refuse_patient_data(reason=reason)
    settle_by(run, step, State.DONE, f"Left out: {step.step.title}", by=by, evidence=reason)
    stepping.move_on(run, by=by)
    return run


@transaction.atomic
def escalate_now(run_id: int, position: int, *, evidence: str, by: User) -> Run:
    """The run ends here without restoring the service, so that the incident can be escalated."""
    run, step = reached(run_id, position, by, State.WAITING)
    if step is None:
        return run
    refuse_other_kind(step, Step.Kind.ESCALATE)
    require(evidence=(evidence, "Say what you saw and what you tried: the team reads it first"))
    refuse_patient_data(evidence=evidence)
    settle_by(run, step, State.DONE, step.step.title, by=by, evidence=evidence)
    stepping.end_finished(run, Outcome.NOT_RESTORED, by=by)
    return run


# ---------- After something went wrong ----------


@transaction.atomic
def settle_unknown(run_id: int, position: int, *, happened: bool, evidence: str, by: User) -> Run:
    """A person looked, and says whether the action happened. Also on a run that was stopped meanwhile."""
    run = locked_for(run_id, by, Permission.RUN_SOP)
    step = step_at(run, position)
    if step.state != State.UNKNOWN:
        if step.decided_by_id == by.pk:
            return run
        raise somebody_was_faster(run, step)
    require(evidence=(evidence, "Write what you looked at and what you saw"))
    refuse_patient_data(evidence=evidence)
    words = f"{'It happened' if happened else 'It did not happen'}: {by} looked"
    state = State.DONE if happened else State.FAILED
    settle_by(run, step, state, words, by=by, evidence=evidence, is_bad=not happened)
    if not happened and run.is_active:
        step.decided_at = None  # what follows from the failure is for a person to say
        step.save()
    if run.is_active:
        stepping.move_on(run, by=by)
    return run


@transaction.atomic
def go_on(run_id: int, position: int, *, by: User) -> Run:
    """Past an action that failed, to the next step."""
    run, step = reached(run_id, position, by, State.FAILED)
    if step is None:
        return run
    step.decided_by, step.decided_at = by, timezone.now()
    step.save()
    stepping.say(run, f"Step {position} failed, and {by} goes on", by=by)
    stepping.move_on(run, by=by)
    return run


@transaction.atomic
def try_again(run_id: int, position: int, *, by: User) -> Run:
    """An action that certainly did not happen waits for a new confirmation; three times at the most."""
    run, step = reached(run_id, position, by, State.FAILED)
    if step is None:
        return run
    if step.attempt >= MOST_ATTEMPTS:
        raise Conflict(
            f"It was tried {step.attempt} times", "Go on without it, or stop the run and escalate."
        )
    step.state, step.confirmed_by, step.confirmed_at = State.PENDING, None, None
    step.decided_by, step.decided_at, step.is_bad, step.finished_at = None, None, False, None
    step.save()
    stepping.say(run, f"Step {position} is tried again", by=by)
    stepping.move_on(run, by=by)
    return run


# ---------- The end ----------


@transaction.atomic
def close(run_id: int, *, outcome: str, by: User) -> Run:
    """After the last step: whether the service is restored. Nobody guesses it."""
    run = locked_for(run_id, by, Permission.RUN_SOP)
    if not run.is_active:
        if run.outcome == outcome:
            return run
        raise Conflict(f"The run has ended: {ending(run)}", "Yours was not recorded.")
    if run.current is not None:
        raise Conflict(f"Step {run.current.position} comes first", "See the run as it is now.")
    if outcome not in Outcome.values:
        raise ValidationError({"outcome": ["Choose whether the service is restored"]})
    stepping.end_finished(run, Outcome(outcome), by=by)
    return run


@transaction.atomic
def stop(run_id: int, *, reason: str, by: User) -> Run:
    """At once when nothing acts, else as soon as what acts has answered: never in the middle of an action."""
    run = locked_for(run_id, by, Permission.STOP_RUN)
    if not run.is_active or run.is_stop_requested:
        if run.stopped_by_id == by.pk:
            return run
        raise Conflict(
            f"The run has ended: {ending(run)}" if not run.is_active else f"{run.stopped_by} stops it already"
        )
    require(reason=(reason, "Say why you stop"))
    refuse_patient_data(reason=reason)
    run.is_stop_requested, run.stopped_by, run.stop_reason = True, by, reason[:500]
    run.save()
    step = run.current
    if step is not None and step.state == State.CLAIMED:
        stepping.say(run, f"Stop asked for while step {step.position} acts", reason, by=by)
    else:
        stepping.end_stopped(run, by=by)
    return run
