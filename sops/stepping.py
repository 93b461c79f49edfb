"""Where a run stands, and how it goes from one step to the next. Callers hold the lock of the run's row."""

import logging
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import Component, User
from accounts.roles import Permission
from incidents import services as incidents
from incidents.models import Incident, Kind, State
from incidents.timeline import record as write_timeline
from sops.applicability import suspension_words
from sops.models import Run, SopVersion, StepRun
from sops.models.run import Outcome, RunState
from sops.models.step_run import Risk, StepRunState

logger = logging.getLogger(__name__)

ENDED = {
    Outcome.RESTORED: (
        "restored the service",
        "Confirm with the caller that the service is back, then resolve",
    ),
    Outcome.NOT_RESTORED: ("did not restore the service", "Escalate, or go back to triage"),
}


def locked_run(run_id: int) -> Run:
    """The run, its row locked until the transaction ends; on SQLite the whole database is."""
    rows = Run.objects.select_for_update(of=("self",))
    joined = rows.select_related(
        "version__sop__suspended_by", "version__decided_by", "incident__customer", "started_by"
    )
    return joined.prefetch_related("step_runs__step", "step_runs__component").get(pk=run_id)


def move_on(run: Run, *, by: User) -> None:
    """To the next step boundary: stop if that is asked for, wait for a person, end, or let a worker go on."""
    if run.is_stop_requested:
        end_stopped(run, by=by)
        return
    step = run.current
    if step is None:
        _end_or_ask(run, by=by)
    elif waits_for_person(step):
        _wait(run, step)
    else:
        run.state = RunState.RUNNING
        run.save()
        transaction.on_commit(partial(hurry, run.pk))


def waits_for_person(step: StepRun) -> bool:
    """Whether nothing can happen now without a person: by its kind, its risk, its target, or how it went."""
    if step.state in (StepRunState.UNKNOWN, StepRunState.FAILED):
        return True
    if not step.step.is_automated or step.component_id is None:
        return True
    return step.risk != Risk.READ and step.confirmed_at is None


def _wait(run: Run, step: StepRun) -> None:
    run.state = RunState.WAITING
    run.save()
    if step.state == StepRunState.PENDING:
        step.state, step.started_at = StepRunState.WAITING, timezone.now()
        step.save()


def _end_or_ask(run: Run, *, by: User) -> None:
    """After the last step: an answered decision has said how it ended, else a person is asked."""
    if run.outcome:
        end_finished(run, Outcome(run.outcome), by=by)
    else:
        run.state = RunState.WAITING
        run.save()


def hurry(run_id: int) -> None:
    """Tell Celery at once. When the broker is away the sweep goes on with the run: only later."""
    from sops.tasks import advance

    try:
        advance.apply_async((run_id,), expires=60)
    except (OperationalError, OSError) as error:
        logger.warning("Broker away (%s): run %s waits for the sweep", type(error).__name__, run_id)


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
    """One line of the run on the incident's timeline."""
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
    words, next_action = ENDED[outcome]
    _end(run, RunState.FINISHED, f"{run.version.sop.code} {words}", next_action, by=by, outcome=outcome)


def end_stopped(run: Run, *, by: User) -> None:
    """Nothing more is sent. What is not known stays to be answered."""
    who = run.stopped_by or by
    run.stopped_by = who
    words = f"{run.version.sop.code} stopped by {who}: {run.stop_reason}"
    _end(run, RunState.STOPPED, words, "Decide what follows: the SOP was stopped", by=who)


def _end(run: Run, state: RunState, words: str, next_action: str, *, by: User, outcome: str = "") -> None:
    run.state, run.outcome, run.ended_at = state, outcome, timezone.now()
    run.save()
    for step in run.ordered:
        if step.state in (StepRunState.PENDING, StepRunState.WAITING):
            step.state = StepRunState.SKIPPED
            step.save()
    incidents.end_sop(run.incident_id, words=words[:200], next_action=next_action, by=by)


def _person(known: User) -> User:
    """Read afresh: a leaver, or somebody who lost the role, no longer counts."""
    found: User = User.objects.select_related("organisation").get(pk=known.pk)
    return found


# ---------- Asked again at every execution ----------


def refusal_now(run: Run, step: StepRun) -> str:
    """Why the step must not be executed now, in words; empty when it may. All is asked afresh."""
    sop, version = run.version.sop, run.version
    incident_state = Incident.objects.values_list("state", flat=True).get(pk=run.incident_id)
    if incident_state != State.SOP:
        return "The incident is no longer in SOP"
    if sop.is_suspended:
        return suspension_words(sop)
    if version.state == SopVersion.State.WITHDRAWN:
        return f"Version {version.number} was withdrawn by {version.decided_by}: {version.decision_reason}"
    person = _person(step.confirmed_by or run.started_by)
    if not person.has_perm(Permission.RUN_SOP):
        return f"{person} may no longer run SOPs"
    reachable = Component.objects.reachable_from(run.incident.customer)
    if step.component is not None and not reachable.filter(pk=step.component.pk).exists():
        return f"{step.component} is no longer a target for {run.incident.customer}"
    return ""
