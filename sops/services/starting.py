"""Starting a run: what must be true, and the rows that pin it."""

from collections.abc import Sequence

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from accounts.bulk import create_all
from accounts.errors import Conflict
from accounts.models import Component, Customer, User
from accounts.roles import Permission
from incidents import services as incidents
from incidents.hours import hours_refusal
from incidents.local_time import local
from incidents.models import Incident, State
from sops import stepping
from sops.applicability import missing_target, refusal, targets_for
from sops.models import Run, SopVersion, Step, StepRun, Suspension
from sops.writing import content_of, fingerprint, spec_of


@transaction.atomic
def start_run(incident_id: int, version_id: int, *, by: User, seen: str | None = None) -> Run:
    """Start an SOP in force on the incident, pinned to this version. The first step begins on commit.

    `seen` is the state of the incident that the person saw. Raises PermissionDenied, or Conflict when the
    incident has moved, when another SOP runs on it, or when this one does not apply. The same start by the
    same person again returns the run that it began.
    """
    if not (by.has_perm(Permission.RUN_SOP) and by.has_perm(Permission.START_SOP)):
        raise PermissionDenied
    locked = Incident.objects.select_for_update().values_list("state", "has_running_sop")
    state, has_running_sop = locked.get(pk=incident_id)
    versions = SopVersion.objects.visible_to(by).select_related("sop")
    version = versions.prefetch_related("steps").get(pk=version_id)
    if (repeated := _already_running(incident_id, version, by)) is not None:
        return repeated
    if state == State.SOP and not has_running_sop:
        raise Conflict("An SOP has ended on it", "Take it back to triage first, with the reason.")
    name = f"{version.sop.code} version {version.number}"
    incident = incidents.start_sop(incident_id, sop=name, seen=seen, by=by)
    reachable = reachable_by(incident.customer)
    _refuse_unfit(version, incident, reachable)
    run = Run.objects.create(
        version=version, incident=incident, customer=incident.customer, service=incident.service,
        started_by=by, started_at=timezone.now(), is_rehearsal=incident.is_rehearsal,
        content_hash=version.content_hash,
    )  # fmt: skip
    return begin(run, reachable, by=by)


def begin(run: Run, reachable: Sequence[Component], *, by: User) -> Run:
    """Pin the steps as they are now, and go to the first. In the transaction that made the run."""
    create_all([_pinned(step, run, reachable) for step in run.version.steps.all()])
    prefetch_related_objects([run], "step_runs")
    stepping.move_on(run, by=by)
    return run


def _already_running(incident_id: int, version: SopVersion, by: User) -> Run | None:
    active = Run.objects.active().filter(incident_id=incident_id).first()
    if active is None:
        return None
    if active.version_id == version.pk and active.started_by_id == by.pk:
        return active
    raise Conflict(
        f"{active.started_by} has already started {active.version.sop.code} on this",
        "Finish or stop that run first.",
    )


def _refuse_unfit(version: SopVersion, incident: Incident, reachable: Sequence[Component]) -> None:
    """A version that is in force, serves this incident, reads as it did when approved, has its targets."""
    code, today = version.sop.code, local(timezone.now()).date()
    suspensions = list(Suspension.objects.active().select_related(None))  # as a rule there is none
    if words := refusal(version.sop, version, incident, today, suspensions):
        raise Conflict(f"{code} cannot be started: {words}", "Choose another SOP, or escalate.")
    if words := hours_refusal(incident, timezone.now()):
        raise Conflict(f"{code} cannot be started: {words}", "A lead can say why it is to go on.")
    if fingerprint(version) != version.content_hash:
        raise Conflict(
            f"{code} is not as it was approved", "Its fingerprint differs. Escalate, and tell the vendor."
        )
    if words := missing_target(version, incident.customer, reachable):
        raise Conflict(f"{code} cannot be started: {words}", "Escalate, and tell the desk to register it.")


def reachable_by(customer: Customer) -> list[Component]:
    return list(Component.objects.reachable_from(customer))


def _pinned(step: Step, run: Run, reachable: Sequence[Component]) -> StepRun:
    """The step with its action, risk and parameters as they are now; the only target is taken."""
    row = StepRun(run=run, position=step.position, content=content_of(step))
    if step.is_automated:
        spec = spec_of(step)
        row.action, row.risk, row.is_disruptive = spec.name, spec.risk, spec.is_disruptive
        row.is_elevated, row.parameters = spec.is_elevated, step.parameters
        targets = targets_for(step, run, reachable)
        row.component = targets[0] if len(targets) == 1 else None
    return row
