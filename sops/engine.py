"""How a worker does a step: claim and commit, act with no transaction open, record.

A claim whose worker died is found on redelivery, or by the sweep once it is older than the action may take.
A read is then claimed once more; anything else is `unknown`, never repeated by itself: a person decides.
"""

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from sops import stepping
from sops.actions.catalogue import ActionSpec, find, read_parameters
from sops.actions.choosing import adapter_for
from sops.actions.outcomes import Failed, Refused, Unsure
from sops.models import Run, StepRun
from sops.models.step_run import Risk, StepRunState

logger = logging.getLogger(__name__)

MARGIN = timedelta(seconds=15)  # beyond an action's own limit, before its claim counts as lost
LOOK_AGAIN = timedelta(seconds=5)
MOST_LOSSES = 1  # a read that killed two workers is not tried a third time
BUSY = "Another action is under way on this target. Confirm again when it has ended"


@dataclass(frozen=True)
class Result:
    """What acting came to: the state of the step, and the words for people."""

    state: StepRunState
    words: str
    is_bad: bool = False
    is_not_yet: bool = False
    data: dict[str, Any] = field(default_factory=dict)


def advance(run_id: int, token: str) -> None:
    """Do the next step of the run if it is a worker's turn. Running it twice does the step once.

    `token` names the delivery: a claim found under the same one means that a worker died with it.
    """
    step = claim(run_id, token)
    if step is not None:
        record(step.pk, token, act(step))


# ---------- Claim ----------


@transaction.atomic
def claim(run_id: int, token: str) -> StepRun | None:
    """Take the current step for this delivery, and commit; None when there is nothing to do now."""
    run = stepping.locked_run(run_id)
    step = run.current
    if step is None:
        return None
    if step.state == StepRunState.CLAIMED and step.claimed_by == token:
        _lose(run, step)
        return None
    now = timezone.now()
    if not _is_due(step, now):
        return None
    if words := stepping.refusal_now(run, step):
        _stop_for_us(run, words)
        return None
    return step if _take(run, step, token) else None


def _is_due(step: StepRun, now: Any) -> bool:
    if step.state != StepRunState.PENDING or stepping.waits_for_person(step):
        return False
    return step.due_at is None or step.due_at <= now


def _take(run: Run, step: StepRun, token: str) -> bool:
    """Write the claim. The database lets one disruptive action at a time act on a target."""
    now, spec = timezone.now(), spec_of(step)
    step.state, step.claimed_by, step.claimed_at = StepRunState.CLAIMED, token, now
    step.claim_expires_at = now + timedelta(seconds=spec.time_limit) + MARGIN
    step.attempt, step.started_at, step.due_at = step.attempt + 1, step.started_at or now, None
    minutes = step.parameters.get("minutes")
    if minutes and step.gives_up_at is None:
        step.gives_up_at = now + timedelta(minutes=minutes)
    try:
        with transaction.atomic():
            step.save()
    except IntegrityError:
        _ask_again(run, step.pk)
        return False
    return True


def _ask_again(run: Run, step_id: int) -> None:
    """Another run took the target first: this confirmation is spent, and the person sees why."""
    step = StepRun.objects.select_related("step").get(pk=step_id)
    step.state, step.confirmed_by, step.confirmed_at, step.summary = StepRunState.WAITING, None, None, BUSY
    step.save()
    run.state = Run.State.WAITING
    run.save()


def _stop_for_us(run: Run, words: str) -> None:
    run.is_stop_requested, run.stop_reason, run.stopped_by = True, words[:500], User.objects.system()
    stepping.end_stopped(run, by=run.stopped_by)


def spec_of(step: StepRun) -> ActionSpec:
    """The action of the step. Refused before the run began if the catalogue did not have it."""
    spec = find(step.action)
    if spec is None:
        raise LookupError(f"{step} calls {step.action}, which the catalogue no longer has")
    return spec


# ---------- Act ----------


def act(step: StepRun) -> Result:
    """Do it, with no transaction open. What goes wrong after sending is not known, unless it only read."""
    is_read = step.risk == Risk.READ
    if step.component is None:
        return Result(StepRunState.FAILED, "No target was chosen", is_bad=True)
    try:
        spec = spec_of(step)
        customer, is_rehearsal = step.run.incident.customer, step.run.is_rehearsal
        perform = adapter_for(spec, step.component, customer, is_rehearsal=is_rehearsal)
        found = perform(spec, step.component, read_parameters(spec, step.parameters))
    except (Refused, Failed) as error:
        return Result(StepRunState.FAILED, str(error), is_bad=True)
    except Unsure as error:
        return Result(StepRunState.FAILED if is_read else StepRunState.UNKNOWN, str(error), is_bad=True)
    except Exception as error:
        # The text of an error may hold anything: people read our words, the log has the rest.
        logger.exception("Step run %s broke", step.pk)
        words = f"Broke off on our side ({type(error).__name__})"
        return Result(StepRunState.FAILED if is_read else StepRunState.UNKNOWN, words, is_bad=True)
    return Result(StepRunState.DONE, found.words, found.is_bad, found.is_not_yet, found.data)


# ---------- Record ----------


@transaction.atomic
def record(step_id: int, token: str, result: Result) -> None:
    """Write what it came to, if this delivery still holds the claim; then go on to the step boundary."""
    run_id = StepRun.objects.values_list("run_id", flat=True).get(pk=step_id)
    run = stepping.locked_run(run_id)
    step = next(each for each in run.ordered if each.pk == step_id)
    if step.state != StepRunState.CLAIMED or step.claimed_by != token:
        logger.warning("Step run %s is not held by %s any more: its answer came too late", step_id, token)
        return
    step.run, step.result = run, result.data
    if result.is_not_yet and not run.is_stop_requested and _look_again(step, result):
        return
    system = User.objects.system()
    words = f"{result.words}, given up" if result.is_not_yet else result.words
    stepping.settle(run, step, result.state, words, by=system, is_bad=result.is_bad, text=_by_whom(step))
    stepping.stop_if_bad(run, step, by=system)
    stepping.move_on(run, by=system)


def _look_again(step: StepRun, result: Result) -> bool:
    """Put a check back that has not seen what it waits for, until its time is over."""
    at = timezone.now() + LOOK_AGAIN
    if step.gives_up_at is None or at > step.gives_up_at:
        return False
    step.state, step.due_at, step.claim_expires_at = StepRunState.PENDING, at, None
    step.summary, step.is_bad = result.words[:300], False
    step.save()
    return True


def _by_whom(step: StepRun) -> str:
    return f"Confirmed by {step.confirmed_by}." if step.confirmed_by_id else ""


# ---------- A worker that died ----------


@transaction.atomic
def recover(step_id: int) -> None:
    """Deal with a claim that is older than its action may take. Does nothing while it may still be alive."""
    run_id = StepRun.objects.values_list("run_id", flat=True).get(pk=step_id)
    run = stepping.locked_run(run_id)
    step = next(each for each in run.ordered if each.pk == step_id)
    expires = step.claim_expires_at
    if step.state == StepRunState.CLAIMED and expires is not None and expires < timezone.now():
        _lose(run, step)


def _lose(run: Run, step: StepRun) -> None:
    """A read is claimed once more; of anything else nobody knows whether it happened."""
    system = User.objects.system()
    step.losses += 1
    if step.risk == Risk.READ and step.losses <= MOST_LOSSES and not run.is_stop_requested:
        step.state, step.claim_expires_at = StepRunState.PENDING, None
        step.save()
    elif step.risk == Risk.READ:
        stepping.settle(run, step, StepRunState.FAILED, "The check broke off", by=system, is_bad=True)
        stepping.stop_if_bad(run, step, by=system)
    else:
        words = "It is not known whether it happened: the worker was lost in the middle"
        stepping.settle(run, step, StepRunState.UNKNOWN, words, by=system, is_bad=True, text=_by_whom(step))
    stepping.move_on(run, by=system)
