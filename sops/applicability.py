"""Which SOPs may be started on an incident, and why the others may not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.models import Component, Customer, User
from incidents.local_time import local
from incidents.models import Incident
from sops.actions.catalogue import find, read_parameters
from sops.models import Run, Sop, SopVersion, Step, Suspension
from sops.models.suspension import that_holds


@dataclass(frozen=True)
class Choice:
    """An SOP, its version in force if there is one, and why it does not apply (empty: it does)."""

    sop: Sop
    version: SopVersion | None
    reason: str

    @property
    def applies(self) -> bool:
        return not self.reason


def choices_for(incident: Incident, reader: User) -> list[Choice]:
    """All SOPs that the person sees, those that apply first. As many queries for any number of SOPs."""
    today = local(timezone.now()).date()
    sops = Sop.objects.visible_to(reader).prefetch_related("services", "customers")
    suspensions = list(Suspension.objects.active())
    approved = SopVersion.objects.visible_to(reader).approved().prefetch_related("steps")
    versions = {version.sop_id: version for version in approved}
    reachable = list(Component.objects.reachable_from(incident.customer))
    found = []
    for sop in sops:
        version = versions.get(sop.pk)
        reason = refusal(sop, version, incident, today, suspensions)
        if version and not reason:
            reason = missing_target(version, incident.customer, reachable)
        found.append(Choice(sop, version, reason))
    return sorted(found, key=lambda choice: (not choice.applies, choice.sop.code))


def refusal(
    sop: Sop, version: SopVersion | None, incident: Incident, today: date, suspensions: Sequence[Suspension]
) -> str:
    """Why this SOP cannot be started on this incident today, in words; empty when it can."""
    if version is None or version.state != SopVersion.State.APPROVED:
        return "No approved version"
    if words := suspension_words(version, suspensions):
        return words
    if version.is_expired_on(today):
        return expiry_words(version)
    if incident.service_id not in {service.pk for service in sop.services.all()}:
        return f"Not for {incident.service}"
    if sop.situations and incident.failure not in sop.situations:
        return f"Not for this failure: {incident.failure_words}"
    customers = {customer.pk for customer in sop.customers.all()}
    if customers and incident.customer_id not in customers:
        return f"Not for {incident.customer}"
    return ""


def suspension_words(version: SopVersion, suspensions: Sequence[Suspension]) -> str:
    """`Suspended by SOP approver, Sun 22 Nov 02:14 GMT: …`; empty when nothing stops it."""
    actions = [step.action for step in version.steps.all()]
    held = that_holds(suspensions, sop_id=version.sop_id, actions=actions)
    return held.words if held else ""


def expiry_words(version: SopVersion) -> str:
    return f"Version {version.number} was to be reviewed by {version.review_on:%-d %B %Y}, and was not"


def targets_for(step: Step, run: Run, reachable: Sequence[Component]) -> list[Component]:
    """The registered components that the step may act on: those of the run's service first.

    A component of the very service wins; else any of the customer, else the shared platform.
    """
    fitting = [
        each
        for each in reachable
        if each.kind == step.target_kind and (each.is_simulated or not run.is_rehearsal)
    ]
    ranks = (
        [each for each in fitting if each.service_id == run.service_id and each.customer_id],
        [each for each in fitting if each.customer_id],
        fitting,
    )
    return next((rank for rank in ranks if rank), [])


def kind_words(label: str) -> str:
    """A label inside a sentence: `web address`, `VPN gateway`, `Azure region`."""
    is_name = label[:2].isupper() or label.startswith("Azure ")
    return label if is_name else label[:1].lower() + label[1:]


def missing_target(version: SopVersion, customer: Customer, reachable: Sequence[Component]) -> str:
    """Which kind of target the customer has none of, in words; empty when all are registered.

    An action that left the catalogue since, or changed what it takes, has no target either.
    """
    kinds = {each.kind for each in reachable}
    for step in version.steps.all():
        if words := offer_refusal(step):
            return words
        if step.target_kind and step.target_kind not in kinds:
            return f"{customer} has no registered {kind_words(step.get_target_kind_display())}"
    return ""


def offer_refusal(step: Step) -> str:
    """That the catalogue of today lacks what this step calls, in words; empty when it has it."""
    if not step.is_automated or is_offered(step):
        return ""
    return f"Step {step.position} calls {step.action} in a way that this desk no longer offers"


def is_offered(step: Step) -> bool:
    """Whether the catalogue of today has this action, for this kind of target, with these parameters."""
    spec = find(step.action)
    if spec is None or step.target_kind not in spec.target_kinds:
        return False
    try:
        read_parameters(spec, step.parameters)
    except ValueError:
        return False
    return True
