"""Starting a run: what must be true, and the rows that pin it."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Component, Customer, User
from accounts.roles import Permission
from incidents import services as incidents
from incidents.hours import hours_refusal
from incidents.local_time import local
from incidents.models import Incident, State
from sops import stepping
from sops.applicability import missing_target, refusal, targets_for
from sops.models import Run, SopVersion, StepRun, Suspension
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
    version = SopVersion.objects.visible_to(by).select_related("sop").get(pk=version_id)
    name = f"{version.sop.code} version {version.number}"
    locked = Incident.objects.select_for_update().get(pk=incident_id)
    if (repeated := _already_running(incident_id, version, by)) is not None:
        return repeated
    if locked.state == State.SOP and not locked.has_running_sop:
        raise Conflict("An SOP has ended on it", "Take it back to triage first, with the reason.")
    incident = incidents.start_sop(incident_id, sop=name, seen=seen, by=by)
    _refuse_unfit(version, incident)
    run = Run.objects.create(
        version=version, incident=incident, customer=incident.customer, service=incident.service,
        started_by=by, started_at=timezone.now(), is_rehearsal=incident.is_rehearsal,
        content_hash=version.content_hash,
    )  # fmt: skip
    return begin(run, by=by)


def begin(run: Run, *, by: User) -> Run:
    """Pin the steps as they are now, and go to the first. In the caller's transaction."""
    _pin(run)
    stepping.move_on(stepping.locked_run(run.pk), by=by)
    run.refresh_from_db()
    return run


def _already_running(incident_id: int, version: SopVersion, by: User) -> Run | None:
    active = (
        Run.objects.active()
        .select_related("version__sop", "started_by")
        .filter(incident_id=incident_id)
        .first()
    )
    if active is None:
        return None
    if active.version_id == version.pk and active.started_by_id == by.pk:
        return active
    raise Conflict(
        f"{active.started_by} has already started {active.version.sop.code} on this",
        "Finish or stop that run first.",
    )


def _refuse_unfit(version: SopVersion, incident: Incident) -> None:
    """A version that is in force, serves this incident, reads as it did when approved, has its targets."""
    code, today = version.sop.code, local(timezone.now()).date()
    suspensions = list(Suspension.objects.active())
    if words := refusal(version.sop, version, incident, today, suspensions):
        raise Conflict(f"{code} cannot be started: {words}", "Choose another SOP, or escalate.")
    if words := hours_refusal(incident, timezone.now()):
        raise Conflict(f"{code} cannot be started: {words}", "A lead can say why it is to go on.")
    if fingerprint(version) != version.content_hash:
        raise Conflict(
            f"{code} is not as it was approved", "Its fingerprint differs. Escalate, and tell the vendor."
        )
    if words := missing_target(version, incident.customer, reachable_by(incident.customer)):
        raise Conflict(f"{code} cannot be started: {words}", "Escalate, and tell the desk to register it.")


def reachable_by(customer: Customer) -> list[Component]:
    return list(Component.objects.reachable_from(customer))


def _pin(run: Run) -> None:
    """One row a step, with its action, risk and parameters as they are now; the only target is taken."""
    reachable = reachable_by(run.customer)
    for step in run.version.steps.order_by("position"):
        row = StepRun(run=run, position=step.position, content=content_of(step))
        if step.is_automated:
            spec = spec_of(step)
            row.action, row.risk, row.is_disruptive = spec.name, spec.risk, spec.is_disruptive
            row.is_elevated, row.parameters = spec.is_elevated, step.parameters
            targets = targets_for(step, run, reachable)
            row.component = targets[0] if len(targets) == 1 else None
        row.save()
