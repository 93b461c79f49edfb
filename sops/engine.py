"""How a worker does a step: claim and commit, act with no transaction open, record.

A claim whose worker died is found on redelivery, or by the sweep once it is older than the action may take.
A read is then claimed once more; anything else is `unknown`, never repeated by itself: a person decides.
What goes on at the other side is `underway`: `sops.following` asks after it.
"""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Component, User
from incidents.local_time import format_time
from sops import stepping
from sops.actions.catalogue import ActionSpec, find, read_parameters
from sops.actions.choosing import adapter_for, others_on, too_often, whole_minute
from sops.actions.deadline import within
from sops.actions.outcomes import Failed, Finding, Refused, Throttled, Underway, Unsure
from sops.models import Run, StepRun
from sops.models.step_run import Risk, StepRunState
from sops.refusals import hold_words, refusal_now, spent_words

logger = logging.getLogger(__name__)

MARGIN = timedelta(seconds=15)  # beyond an action's own limit, before its claim counts as lost
LOOK_AGAIN = timedelta(seconds=5)
LONGEST_OPERATION = timedelta(minutes=45)  # at the other side; then nobody knows what became of it
LONGEST_WAIT = timedelta(minutes=2)  # for which an action turned away is sent again by itself
MOST_LOSSES = 1  # a read that killed two workers is not tried a third time
MOST_TURNED_AWAY = 3


@dataclass(frozen=True)
class Result:
    """What acting came to: the state of the step, and the words for people."""

    state: StepRunState
    words: str
    is_bad: bool = False
    is_not_yet: bool = False
    data: dict[str, Any] = field(default_factory=dict)
    operation: dict[str, Any] = field(default_factory=dict)
    again_in: timedelta | None = None  # look again, or send again what was turned away


def advance(run_id: int, token: str) -> None:
    """Do the next step of the run if it is a worker's turn. Running it twice does the step once.

    `token` names the delivery: a claim found under the same one means that a worker died with it.
    """
    step = claim(run_id, token)
    if step is not None:
        record(step, token, act(step))


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
    if words := refusal_now(run, step):
        stepping.stop_for_us(run, words)
        return None
    if words := hold_words(run) or _refusal_to_act(run, step, now):
        _ask_again(run, step, words)
        return None
    return step if _take(run, step, token) else None


def _is_due(step: StepRun, now: datetime) -> bool:
    if step.state != StepRunState.PENDING or stepping.waits_for_person(step):
        return False
    return step.due_at is None or step.due_at <= now


def _refusal_to_act(run: Run, step: StepRun, now: datetime) -> str:
    """Why the action is not sent on the word that was given, in words: the person is asked again."""
    if words := spent_words(run, step, now):
        return words
    if not step.is_disruptive or step.component is None:
        return ""
    # One at a time, so that what is counted here is true until the claim is written.
    component = Component.objects.select_for_update().get(pk=step.component.pk)
    spec = spec_of(step)
    return others_on(spec, component) or too_often(spec, component, run)


def _take(run: Run, step: StepRun, token: str) -> bool:
    """Write the claim. The database lets one disruptive action at a time act on a target."""
    now, spec = timezone.now(), spec_of(step)
    step.state, step.claimed_by, step.claimed_at, step.sent_at = StepRunState.CLAIMED, token, now, now
    step.claim_expires_at = now + timedelta(seconds=spec.time_limit) + MARGIN
    step.attempt, step.started_at, step.due_at = step.attempt + 1, step.started_at or now, None
    minutes = step.parameters.get("minutes")
    if minutes and step.gives_up_at is None:
        step.gives_up_at = now + timedelta(minutes=minutes)
    try:
        with transaction.atomic():
            step.save()
    except IntegrityError:
        fresh = StepRun.objects.get(pk=step.pk)
        _ask_again(run, fresh, "Another action is under way on this target. Confirm again when it has ended")
        return False
    return True


def _ask_again(run: Run, step: StepRun, words: str) -> None:
    """The word that was given for it is spent, and the person sees why."""
    step.forget_words()
    step.state, step.summary, step.due_at = StepRunState.WAITING, words[:300], None
    step.save()
    run.state = Run.State.WAITING
    run.save()


def spec_of(step: StepRun) -> ActionSpec:
    """The action of the step. A step whose action has left the catalogue is not claimed."""
    spec = find(step.action)
    if spec is None:
        raise LookupError(f"{step} calls {step.action}, which the catalogue no longer has")
    return spec


# ---------- Act ----------


def act(step: StepRun) -> Result:
    """Do it, with no transaction open. What goes wrong after sending is not known, unless it only read."""
    component = step.component
    if component is None:
        return Result(StepRunState.FAILED, "No target was chosen", is_bad=True)

    def perform() -> Finding | Underway:
        spec = spec_of(step)
        with within(_time_left(step, spec)):
            given = read_parameters(spec, step.parameters)
            return adapter_for(spec, component, step.run)(spec, component, given)

    return result_of(step, perform)


def _time_left(step: StepRun, spec: ActionSpec) -> float:
    """Of the action's time, which counts from its claim.

    A worker that was held up for longer, such as a machine that was paused, sends nothing when it goes on: by
    then a person may have been asked, and have sent it again.
    """
    passed = (timezone.now() - step.claimed_at).total_seconds() if step.claimed_at else 0.0
    if passed >= spec.time_limit:
        raise Refused("The worker came to it too late, and nothing was sent")
    return spec.time_limit - max(passed, 0.0)


def result_of(step: StepRun, perform: Callable[[], Finding | Underway]) -> Result:
    """What it came to. Of an error only our own words are kept: its text may hold anything."""
    unsure = StepRunState.FAILED if step.risk == Risk.READ else StepRunState.UNKNOWN
    try:
        found = perform()
    except (Refused, Failed) as error:
        return Result(StepRunState.FAILED, str(error), is_bad=True)
    except Throttled as error:
        again = timedelta(seconds=error.seconds)
        return Result(StepRunState.PENDING, str(error), is_bad=True, again_in=again)
    except Unsure as error:
        return Result(unsure, str(error), is_bad=True)
    except Exception as error:
        # Not even the log gets the text of the error: it may quote what was sent or answered.
        where = traceback.extract_tb(error.__traceback__)[-1]
        logger.error("Step run %s: %s at %s:%s", step.pk, type(error).__name__, where.filename, where.lineno)
        words = f"Broke off on our side ({type(error).__name__})"
        return Result(unsure, words, is_bad=True)
    if isinstance(found, Underway):
        again = timedelta(seconds=found.look_again_in)
        return Result(StepRunState.UNDERWAY, found.words, operation=found.operation, again_in=again)
    return Result(StepRunState.DONE, found.words, found.is_bad, found.is_not_yet, found.data)


# ---------- Record ----------


@transaction.atomic
def record(claimed: StepRun, token: str, result: Result) -> None:
    """Write what it came to, if this delivery still holds the claim; then go on to the step boundary."""
    run, step = locked(claimed)
    if step.state != StepRunState.CLAIMED or step.claimed_by != token:
        logger.warning("Step run %s is not held by %s any more: its answer came too late", step.pk, token)
        return
    if result.state == StepRunState.UNDERWAY:
        _go_on_over_there(run, step, result)
    elif result.state == StepRunState.PENDING:
        _turned_away(run, step, result)
    else:
        record_end(run, step, result)


def locked_step(step_id: int) -> tuple[Run, StepRun]:
    return locked(StepRun.objects.only("run_id").get(pk=step_id))


def locked(known: StepRun) -> tuple[Run, StepRun]:
    """The run of a step under its lock, and the step as it is now."""
    run = stepping.locked_run(known.run_id)
    step = next(each for each in run.ordered if each.pk == known.pk)
    step.run = run
    return run, step


def _go_on_over_there(run: Run, step: StepRun, result: Result) -> None:
    now = timezone.now()
    step.state, step.operation, step.summary = StepRunState.UNDERWAY, result.operation, result.words[:300]
    step.due_at, step.gives_up_at = now + (result.again_in or LOOK_AGAIN), now + LONGEST_OPERATION
    step.claim_expires_at = None
    step.save()
    system = User.objects.system()
    stepping.say(run, f"Step {step.position}: {result.words}", _by_whom(step), by=system)
    if run.is_stop_requested:
        stepping.move_on(run, by=system)


def _turned_away(run: Run, step: StepRun, result: Result) -> None:
    """Nothing happened: it may be sent again later, a few times, after all is asked anew.

    Never before the time that the other side named: where that is long, a person decides.
    """
    step.turned_away += 1
    words = ""
    if result.again_in is not None and result.again_in > LONGEST_WAIT:
        words = f"{result.words}, until {format_time(whole_minute(_at(result)))}: longer than a run waits"
    elif step.turned_away % (MOST_TURNED_AWAY + 1) == 0:  # so often for each word that a person gives
        words = f"{result.words}, {step.turned_away} times"
    if words:
        record_end(run, step, Result(StepRunState.FAILED, words, is_bad=True))
        return
    step.state, step.due_at, step.claim_expires_at = StepRunState.PENDING, _at(result), None
    step.sent_at = step.sent_at if step.sends else None
    step.summary = result.words[:300]
    step.save()
    if run.is_stop_requested:
        stepping.move_on(run, by=User.objects.system())


def _at(result: Result) -> datetime:
    return timezone.now() + (result.again_in or LOOK_AGAIN)


def record_end(run: Run, step: StepRun, result: Result) -> None:
    # Nobody asks after it any more, and its address may bear a signature.
    step.result, step.operation = result.data, {}
    if result.is_not_yet and not run.is_stop_requested and _look_again(step, result):
        return
    system = User.objects.system()
    words = f"{result.words}, given up" if result.is_not_yet else result.words
    stepping.settle(run, step, result.state, words, by=system, is_bad=result.is_bad, text=_by_whom(step))
    if run.is_active:
        stepping.stop_if_bad(run, step, by=system)
        stepping.move_on(run, by=system)


def _look_again(step: StepRun, result: Result) -> bool:
    """Put a check back that has not seen what it waits for, until its time is over."""
    at = _at(result)
    if step.gives_up_at is None or at > step.gives_up_at:
        return False
    step.state, step.due_at, step.claim_expires_at = StepRunState.PENDING, at, None
    step.summary, step.is_bad = result.words[:300], False
    step.save()
    return True


def _by_whom(step: StepRun) -> str:
    agreed = f" {step.agreed_by} agreed for the vendor." if step.agreed_by_id else ""
    return f"Confirmed by {step.confirmed_by}.{agreed}" if step.confirmed_by_id else ""


# ---------- A worker that died ----------


@transaction.atomic
def recover(step_id: int) -> None:
    """Deal with a claim that is older than its action may take. Does nothing while it may still be alive."""
    run, step = locked_step(step_id)
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
