"""Where a run stands, and how it goes from one step to the next. Callers hold the lock of the run's row."""

import logging
from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from incidents import services as incidents
from incidents.models import Kind
from incidents.timeline import record as write_timeline
from sops.models import Run, Step, StepRun
from sops.models.run import Outcome, RunState
from sops.models.step_run import Risk, StepRunState
from sops.refusals import boundary_refusal
from sops.writing import BAD, GOOD, Option, deciding_check, options_of

logger = logging.getLogger(__name__)

ENDED = {
    Outcome.RESTORED: (
        "restored the service",
        "Confirm with the caller that the service is back, then resolve",
    ),
    Outcome.NOT_RESTORED: ("did not restore the service", "Escalate, or go back to triage"),
}


def locked_run(run_id: int) -> Run:
    """The run, its row locked until the transaction ends; on SQLite the whole database is.

    All that comes with it is read once the lock is held: nothing is older than what was waited for.
    """
    if connection.features.has_select_for_update:
        Run.objects.select_for_update().values_list("pk").get(pk=run_id)
    rows = Run.objects.select_related(
        "version__sop", "incident__customer", "customer", "started_by__organisation"
    )
    return rows.prefetch_related("step_runs").get(pk=run_id)


def move_on(run: Run, *, by: User) -> None:
    """To the next step boundary: stop if that is asked for, wait for a person, end, or let a worker go on."""
    if run.is_stop_requested:
        end_stopped(run, by=by)
        return
    step = run.current
    if step is None:
        _end_or_ask(run, by=by)
    elif step.state == StepRunState.PENDING and (words := boundary_refusal(run, step)):
        stop_for_us(run, words)
    elif step.step.kind == Step.Kind.DECISION and decide_by_check(run, step, by=by):
        move_on(run, by=by)
    elif waits_for_person(step):
        _wait(run, step)
    else:
        _stand(run, RunState.RUNNING)
        transaction.on_commit(partial(hurry, run.pk))


def _stand(run: Run, state: RunState) -> None:
    """Write where the run stands, where that is news; an answer may have said already how it ends."""
    if run.state != state or run.outcome:
        run.state = state
        run.save()


def waits_for_person(step: StepRun) -> bool:
    """Whether nothing can happen now without a person: by its kind, its risk, its target, or how it went."""
    if step.state in (StepRunState.UNKNOWN, StepRunState.FAILED):
        return True
    if not step.step.is_automated or step.component_id is None:
        return True
    return step.risk != Risk.READ and step.confirmed_at is None


def _wait(run: Run, step: StepRun) -> None:
    _stand(run, RunState.WAITING)
    if step.state == StepRunState.PENDING:
        step.state, step.started_at = StepRunState.WAITING, timezone.now()
        step.save()


def _end_or_ask(run: Run, *, by: User) -> None:
    """After the last step: an answered decision has said how it ended, else a person is asked.

    Of a rehearsal a person always says whether it worked as it is written.
    """
    if run.outcome and not run.is_rehearsal:
        end_finished(run, Outcome(run.outcome), by=by)
    else:
        _stand(run, RunState.WAITING)


def hurry(run_id: int) -> None:
    """Tell Celery at once. When the broker is away the sweep goes on with the run: only later."""
    from sops.tasks import advance

    try:
        advance.apply_async((run_id,), expires=60)
    except (OperationalError, OSError) as error:
        logger.warning("Broker away (%s): run %s waits for the sweep", type(error).__name__, run_id)


def hurry_look(step_id: int) -> None:
    """The same for a check that a person asked for."""
    from sops.tasks import look

    try:
        look.apply_async((step_id,), expires=60)
    except (OperationalError, OSError) as error:
        logger.warning("Broker away (%s): a look waits for the sweep", type(error).__name__)


# ---------- Decisions ----------


def follow(run: Run, step: StepRun, option: Option) -> None:
    """Leave out what lies between the decision and where its answer leads, or end with what it says."""
    step.answer = option.answer
    if not run.is_rehearsal:
        run.outcome = option.outcome or run.outcome
    leave_out_until(run, step.position, run.length + 1 if option.then == "end" else option.then)


def leave_out_until(run: Run, after: int, position: int) -> None:
    for each in run.ordered:
        if after < each.position < position:
            each.state = StepRunState.SKIPPED
            each.save()


def decide_by_check(run: Run, step: StepRun, *, by: User) -> bool:
    """Answer a decision that goes by an earlier check's result. False: a person has to answer.

    It has to when the check did not come to a result: nobody guesses.
    """
    position = deciding_check(step.step)
    check = next((each for each in run.ordered if each.position == position), None)
    if check is None or check.state != StepRunState.DONE:
        return False
    wanted = BAD if check.is_bad else GOOD
    option = next(option for option in options_of(step.step) if option.answer == wanted)
    follow(run, step, option)
    words = f"{step.step.title} {option.answer}, by step {check.position}: {check.summary}"
    settle(run, step, StepRunState.DONE, words, by=by)
    return True


# ---------- What became of a step ----------


def settle(
    run: Run, step: StepRun, state: StepRunState, words: str, *, by: User, is_bad: bool = False,
    text: str = "", at: datetime | None = None,
) -> None:  # fmt: skip
    """Write what became of the step, on its row and on the timeline. The caller then moves on."""
    now = at or timezone.now()
    step.state, step.summary, step.is_bad, step.finished_at = state, words[:300], is_bad, now
    step.started_at = step.started_at or now
    step.due_at = step.claim_expires_at = None
    step.save()
    say(run, f"Step {step.position}: {step.sentence}", text, by=by, is_bad=is_bad, at=now)


def say(
    run: Run, title: str, text: str = "", *, by: User, is_bad: bool = False, at: datetime | None = None
) -> None:
    """One line of the run on the incident's timeline; a rehearsal without an incident has none."""
    if run.incident is None:
        return
    heading = f"{run.version.sop.code} {title[0].lower()}{title[1:]}"
    write_timeline(run.incident, Kind.SOP, heading, text, by=by, at=at, is_bad=is_bad, run=run.pk)


def stop_if_bad(run: Run, step: StepRun, *, by: User) -> None:
    """A step may say that its bad finding is a stop condition: the run then stops at this boundary."""
    if step.is_bad and step.step.stop_when_failed and not run.is_stop_requested:
        run.is_stop_requested, run.stopped_by = True, by
        run.stop_reason = f"Stop condition at step {step.position}: {step.summary}"[:500]


# ---------- The end ----------


def end_finished(run: Run, outcome: Outcome, *, by: User) -> None:
    """It came to its end. The incident stays in `sop` until a person decides what follows."""
    words, next_action = ENDED.get(outcome, ("was rehearsed", ""))
    _end(run, RunState.FINISHED, f"{run.version.sop.code} {words}", next_action, by=by, outcome=outcome)


def end_stopped(run: Run, *, by: User) -> None:
    """Nothing more is sent. What is not known stays to be answered."""
    who = run.stopped_by or by
    run.stopped_by = who
    words = f"{run.version.sop.code} stopped by {who}: {run.stop_reason}"
    _end(run, RunState.STOPPED, words, "Decide what follows: the SOP was stopped", by=who)


def stop_for_us(run: Run, words: str) -> None:
    """The desk itself stops it, and says why: nobody pressed anything."""
    run.is_stop_requested, run.stop_reason, run.stopped_by = True, words[:500], User.objects.system()
    end_stopped(run, by=run.stopped_by)


def _end(run: Run, state: RunState, words: str, next_action: str, *, by: User, outcome: str = "") -> None:
    run.state, run.outcome, run.ended_at = state, outcome, timezone.now()
    run.save()
    for step in run.ordered:
        if step.state in (StepRunState.PENDING, StepRunState.WAITING):
            step.state = StepRunState.SKIPPED
            step.save()
    if run.incident_id is not None:
        incidents.end_sop(run.incident_id, words=words[:200], next_action=next_action, by=by)
