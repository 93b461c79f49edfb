"""What people do in a run beside confirming: answer, write evidence, say what is not known, stop.

Each locks the run's row. `position` is the step that the person saw: another one being current now means that
somebody was faster (Conflict). The same act of the same person again returns quietly.
"""

from datetime import timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.status.services import post_update
from sops import stepping
from sops.actions.catalogue import find
from sops.applicability import offer_refusal
from sops.models import Run, Step, StepRun
from sops.models.run import Outcome
from sops.models.step_run import Risk, StepRunState
from sops.refusals import may_act
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
    stepping.follow(run, step, chosen)
    settle_by(run, step, State.DONE, f"{step.step.title} {chosen.answer}", by=by, evidence=evidence)


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
    if run.incident is None:
        require(words=(words, "Write what the public is told"))
        refuse_patient_data(words=words)
        said = f"Would have posted the update “{update.phase.label}”"
    else:
        due = timezone.now() + timedelta(minutes=next_in_minutes)
        posted = post_update(
            run.incident.pk, phase=update.phase, words=words, next_update_due_at=due,
            service_state=update.service_state, by=by,
        )  # fmt: skip
        run.incident.refresh_from_db()
        said = f"Posted the update “{posted.get_phase_display()}”"
    settle_by(run, step, State.DONE, said, by=by)
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
    if run.is_rehearsal:
        stepping.leave_out_until(run, position, run.length + 1)
        stepping.move_on(run, by=by)
    else:
        stepping.end_finished(run, Outcome.NOT_RESTORED, by=by)
    return run


# ---------- After something went wrong ----------


@transaction.atomic
def settle_unknown(run_id: int, position: int, *, happened: bool, evidence: str, by: User) -> Run:
    """A person looked, and says whether the action happened. Also on a run that was stopped meanwhile."""
    run = locked_for(run_id, by)
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
def look(run_id: int, position: int, *, by: User) -> Run:
    """Ask for the check that shows whether an action happened. The person still says what follows from it."""
    run = locked_for(run_id, by)
    step = step_at(run, position)
    if step.state != State.UNKNOWN:
        raise somebody_was_faster(run, step)
    spec = find(step.action)
    if spec is None or not spec.settled_by:
        raise Conflict("No check shows whether it happened", "Look at the target yourself.")
    if step.look_asked_at is not None and step.looked_at is None:
        return run
    step.look_asked_at, step.look_asked_by = timezone.now(), by
    step.looked_at, step.look_words, step.look_is_bad = None, "", False
    step.save()
    transaction.on_commit(partial(stepping.hurry_look, step.pk))
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
    run = locked_for(run_id, by)
    if step_at(run, position).is_tried_again:
        return run
    run, step = reached(run_id, position, by, State.FAILED)
    if step is None:
        return run
    if words := offer_refusal(step.step):
        raise Conflict(words, "Go on without it, or stop the run and escalate.")
    if step.sends >= MOST_ATTEMPTS:
        raise Conflict(f"It was tried {step.sends} times", "Go on without it, or stop the run and escalate.")
    step.forget_words()
    step.state, step.operation, step.gives_up_at = State.PENDING, {}, None
    step.decided_by, step.decided_at, step.is_bad, step.finished_at = None, None, False, None
    step.save()
    stepping.say(run, f"Step {position} is tried again", by=by)
    stepping.move_on(run, by=by)
    return run


# ---------- The end ----------


@transaction.atomic
def close(run_id: int, *, outcome: str, by: User) -> Run:
    """After the last step: whether the service is restored, or the rehearsal worked. Nobody guesses it."""
    run = locked_for(run_id, by)
    if not run.is_active:
        if run.outcome == outcome:
            return run
        raise Conflict(f"The run has ended: {ending(run)}", "Yours was not recorded.")
    if run.current is not None:
        raise Conflict(f"Step {run.current.position} comes first", "See the run as it is now.")
    if outcome not in run.outcomes:
        what = "it worked as written" if run.is_rehearsal else "the service is restored"
        raise ValidationError({"outcome": [f"Choose whether {what}"]})
    if outcome == Outcome.WORKED and (failed := next(filter(_has_failed, run.ordered), None)):
        raise Conflict(
            f"Step {failed.position} failed", "Say that it did not work. Correct it, and rehearse it again."
        )
    stepping.end_finished(run, Outcome(outcome), by=by)
    return run


def _has_failed(step: StepRun) -> bool:
    """An action that did not happen. A check without a result may be what the rehearsal was about."""
    return step.state == State.FAILED and step.risk != Risk.READ


@transaction.atomic
def stop(run_id: int, *, reason: str, by: User) -> Run:
    """At once when nothing acts, else as soon as what acts has answered: never in the middle of an action."""
    run = locked_for(run_id, by, may=may_stop)
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


def may_stop(run: Run, person: User) -> bool:
    return person.has_perm(Permission.STOP_RUN) or may_act(run, person)
