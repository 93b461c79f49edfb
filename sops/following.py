"""What goes on at the other side: any worker asks after it until it has ended, or nobody can know any more.

To ask is a read, whatever the action was. It goes on after the run was stopped: the target is in use until
the operation has ended.
"""

from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Component
from sops import engine
from sops.actions import azure
from sops.actions.catalogue import find, read_parameters
from sops.actions.choosing import adapter_for
from sops.actions.outcomes import Finding, Refused, Underway, Unsure
from sops.applicability import is_offered
from sops.engine import LOOK_AGAIN
from sops.models import StepRun
from sops.models.step_run import Risk, StepRunState
from sops.refusals import target_refusal

NO_ANSWER, GONE = "No answer", "This desk no longer offers"
GOING_ON = (StepRunState.UNDERWAY, StepRunState.PENDING)


# ---------- An operation ----------


def ask_after(step_id: int) -> None:
    """Ask once whether the operation of this step has ended, if that is due, and record what is known."""
    step = _take(step_id)
    if step is not None:
        record(step.pk, engine.result_of(step, lambda: _poll(step)))


@transaction.atomic
def _take(step_id: int) -> StepRun | None:
    """Put the next look off before this one: two workers then seldom ask at once."""
    _, step = engine.locked_step(step_id)
    now = timezone.now()
    if step.state != StepRunState.UNDERWAY or step.due_at is None or step.due_at > now:
        return None
    spec = find(step.action)
    step.claimed_at, step.due_at = now, now + (timedelta(seconds=spec.time_limit) if spec else LOOK_AGAIN)
    step.save()
    return step


def _poll(step: StepRun) -> Finding | Underway:
    if step.component is None:
        raise LookupError(f"{step} is under way without a target")
    if not is_offered(step.step):
        raise Unsure(f"{GONE} {step.action}, and cannot ask how it went")
    spec = engine.spec_of(step)
    try:
        return azure.poll(spec, step.component, read_parameters(spec, step.parameters), step.operation)
    except Refused as error:  # nobody was asked, so nothing is known to have failed: another worker may
        return Underway(str(error), step.operation)


@transaction.atomic
def record(step_id: int, result: engine.Result) -> None:
    """Write what asking came to, unless another worker was faster."""
    run, step = engine.locked_step(step_id)
    if step.state != StepRunState.UNDERWAY:
        return
    now = timezone.now()
    if result.state not in GOING_ON:
        engine.record_end(run, step, result)
    elif step.gives_up_at is not None and step.gives_up_at <= now:
        state = StepRunState.FAILED if step.risk == Risk.READ else StepRunState.UNKNOWN
        words = f"It has not ended in {engine.LONGEST_OPERATION.seconds // 60} minutes"
        engine.record_end(run, step, engine.Result(state, words, is_bad=True))
    else:
        step.due_at = now + (result.again_in or LOOK_AGAIN)
        step.operation = result.operation or step.operation
        if result.state == StepRunState.UNDERWAY:
            step.summary = result.words[:300]
        step.save()


# ---------- A look at what is not known ----------


def look(step_id: int) -> None:
    """Do the check that a person asked for, to see whether an action happened. Twice does no harm."""
    step = _wanted(step_id)
    component = step.component if step else None
    if step is None or component is None:
        return
    seen = engine.result_of(step, lambda: _see(step, component))
    words = seen.words if seen.state == StepRunState.DONE else f"{NO_ANSWER}: {seen.words}"
    _write_look(step_id, words, is_bad=seen.is_bad)


def _see(step: StepRun, component: Component) -> Finding | Underway:
    """The check that settles it, on the same target."""
    action = find(step.action)
    name = action.settled_by if action else step.action
    check = find(name)
    if check is None:
        raise Refused(f"{GONE} {name}")
    if words := target_refusal(step.run, step):
        raise Refused(words)
    found = adapter_for(check, component, step.run)(check, component, check.parameters())
    return replace(found, words=f"{check.words}: {found.words}")


def _wanted(step_id: int) -> StepRun | None:
    rows = StepRun.objects.select_related("component", "run__customer")
    return rows.filter(
        pk=step_id, state=StepRunState.UNKNOWN, look_asked_at__isnull=False, looked_at=None
    ).first()


@transaction.atomic
def _write_look(step_id: int, words: str, *, is_bad: bool) -> None:
    _, step = engine.locked_step(step_id)
    if step.state == StepRunState.UNKNOWN and step.looked_at is None:
        step.looked_at, step.look_words, step.look_is_bad = timezone.now(), words[:300], is_bad
        step.save()
