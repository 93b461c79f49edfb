"""What is asked again before each step is carried out: why it must not be, must wait, or needs a new word.

Nothing here moves a run. Each answers in words, and with an empty text when nothing stands in the way.
"""

from datetime import datetime

from django.utils import timezone

from accounts.models import Component, User
from accounts.roles import Permission, Side
from incidents.hours import hours_refusal
from incidents.local_time import local
from incidents.models import State
from sops.applicability import expiry_words, offer_refusal
from sops.models import Run, SopVersion, StepRun, Suspension
from sops.models.sop import may_write
from sops.models.step_run import HOLDS_FOR, Risk
from sops.models.suspension import that_holds

# ---------- Then the run stops ----------


def refusal_now(run: Run, step: StepRun) -> str:
    """Why the run must not go on. `locked_run` has just read all of it."""
    return (
        boundary_refusal(run, step)
        or _incident_refusal(run)
        or _person_refusal(run, step)
        or target_refusal(run, step)
    )


def boundary_refusal(run: Run, step: StepRun) -> str:
    """Why the run does not come to this step: its version, or what the desk offers."""
    return version_refusal(run) or offer_refusal(step.step)


def version_refusal(run: Run) -> str:
    """Suspended, withdrawn or past its date. A newer version takes nothing from a run that has begun."""
    version = run.version
    actions = [each.action for each in run.ordered]
    active = Suspension.objects.active().select_related(None)  # as a rule there is none to read more of
    if held := that_holds(active, sop_id=version.sop_id, actions=actions):
        return held.words
    if version.state == SopVersion.State.WITHDRAWN:
        return f"Version {version.number} was withdrawn by {version.decided_by}: {version.decision_reason}"
    if run.is_rehearsal:
        return ""
    if not version.keeps_approval:
        return f"Version {version.number} is not approved"
    return expiry_words(version) if version.is_expired_on(local(timezone.now()).date()) else ""


def _incident_refusal(run: Run) -> str:
    if run.incident is None:
        return ""
    if run.incident.state != State.SOP:
        return "The incident is no longer in SOP"
    is_same = run.incident.customer_id == run.customer_id
    return "" if is_same else "The incident is of another customer now"


def _person_refusal(run: Run, step: StepRun) -> str:
    """The person on whose word it acts: a leaver counts no more, nor who lost the role."""
    person = step.confirmed_by or run.started_by
    return "" if may_act(run, person) else f"{person} may no longer run SOPs"


def target_refusal(run: Run, step: StepRun) -> str:
    """That the target is not of this customer any more, nor shared; empty when it is, or none is chosen."""
    if step.component_id is None:
        return ""
    found = Component.objects.reachable_from(run.customer).filter(pk=step.component_id).first()
    if found is None:
        return f"{step.component} is no longer a target for {run.customer}"
    step.component = found
    return ""


# ---------- Then the step waits ----------


def hold_words(run: Run) -> str:
    """Why the step waits for a lead's word, rather than stops: the hour."""
    if run.incident is None or run.is_rehearsal:
        return ""
    return hours_refusal(run.incident, timezone.now())


# ---------- Then the person is asked again ----------


def spent_words(run: Run, step: StepRun, at: datetime) -> str:
    """Why the words that were given for an action do not hold: too old, or given for something else."""
    if step.risk == Risk.READ:
        return ""
    if not step.is_confirmed_at(at):
        minutes = HOLDS_FOR.seconds // 60
        return f"It was confirmed more than {minutes} minutes ago. Confirm it again"
    if not step.is_agreed_at(at):
        return "The vendor's agreement has run out. It has to be given again"
    if words := agreement_refusal(run, step):
        return words
    if step.component is not None and step.component.resource_id != step.resource_id:
        return "The register names another resource for the target since. Read it, and confirm it again"
    return ""


def agreement_refusal(run: Run, step: StepRun) -> str:
    """That who agreed for the vendor has left since, or has another role."""
    if step.agreed_by_id is None:
        return ""
    person: User = User.objects.select_related("organisation").get(pk=step.agreed_by_id)
    if may_agree(run, person):
        return ""
    return f"{person} may no longer agree for the vendor. Somebody else has to"


# ---------- Who may ----------


def may_act(run: Run, person: User) -> bool:
    """An engineer in any run; in a rehearsal who writes the SOP too."""
    return person.has_perm(Permission.RUN_SOP) or (run.is_rehearsal and may_write(run.version.sop, person))


def may_agree(run: Run, person: User) -> bool:
    return person.has_perm(Permission.AGREE_ACTION) and person.side == Side.VENDOR
