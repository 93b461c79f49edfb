"""What the acts of people in a run share: the lock, the step that they saw, and who was faster."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from sops import stepping
from sops.models import Run, StepRun
from sops.models.run import Outcome, RunState
from sops.models.step_run import StepRunState
from sops.refusals import may_act


def locked_for(run_id: int, by: User, *, may: Callable[[Run, User], bool] = may_act) -> Run:
    """The visible run, its row locked, for a person who may do this in it."""
    if not by.has_perm(Permission.VIEW_RUN):
        raise PermissionDenied
    run = stepping.locked_run(Run.objects.visible_to(by).values_list("pk", flat=True).get(pk=run_id))
    if not may(run, by):
        raise PermissionDenied
    return run


def step_at(run: Run, position: int) -> StepRun:
    step = next((each for each in run.ordered if each.position == position), None)
    if step is None:
        raise ValidationError({"step": [f"The run has the steps 1 to {run.length}"]})
    return step


def reached(
    run_id: int, position: int, by: User, state: StepRunState, *, mark: str = "decided_by_id"
) -> tuple[Run, StepRun | None]:
    """The run and its current step, in the state that the person saw; no step when they did it already.

    `mark` is the field that says who did it.
    """
    run = locked_for(run_id, by)
    step = step_at(run, position)
    if run.state == RunState.WAITING and step == run.current and step.state == state:
        return run, step
    if getattr(step, mark) == by.pk:
        return run, None
    raise somebody_was_faster(run, step)


def somebody_was_faster(run: Run, step: StepRun) -> Conflict:
    if not run.is_active:
        return Conflict(f"The run has ended: {ending(run)}", "Yours was not sent.")
    who = step.decided_by or step.confirmed_by
    if who is not None:
        return Conflict(f"{who} has already dealt with step {step.position}", "Yours was not sent.")
    here = f"step {run.current.position}" if run.current else "its end"
    return Conflict(f"The run is at {here} now", "Yours was not sent. See the run as it is now.")


def ending(run: Run) -> str:
    if run.state == RunState.STOPPED:
        return f"{run.stopped_by} stopped it"
    return Outcome(run.outcome).label.lower() if run.outcome else "it is over"


def refuse_other_kind(step: StepRun, *kinds: str) -> None:
    if step.step.kind not in kinds:
        raise Conflict("The step is of another kind", "See the run as it is now.")


def settle_by(
    run: Run,
    step: StepRun,
    state: StepRunState,
    words: str,
    *,
    by: User,
    evidence: str = "",
    is_bad: bool = False,
) -> None:
    step.decided_by, step.decided_at = by, timezone.now()
    step.evidence = evidence or step.evidence
    stepping.settle(run, step, state, words, by=by, is_bad=is_bad, text=evidence)
