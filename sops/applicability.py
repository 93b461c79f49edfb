"""Which SOPs may be started on an incident, and why the others may not."""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from accounts.models import Component, Customer, User
from incidents.local_time import format_day_time, local
from incidents.models import Incident
from sops.models import Sop, SopVersion, Step


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
    sops = (
        Sop.objects.visible_to(reader)
        .select_related("suspended_by")
        .prefetch_related("services", "customers")
    )
    approved = SopVersion.objects.visible_to(reader).approved().prefetch_related("steps")
    versions = {version.sop_id: version for version in approved}
    reachable = list(Component.objects.reachable_from(incident.customer))
    found = []
    for sop in sops:
        version = versions.get(sop.pk)
        reason = refusal(sop, version, incident, today)
        if version and not reason:
            reason = missing_target(version, incident.customer, reachable)
        found.append(Choice(sop, version, reason))
    return sorted(found, key=lambda choice: (not choice.applies, choice.sop.code))


def refusal(sop: Sop, version: SopVersion | None, incident: Incident, today: date) -> str:
    """Why this SOP cannot be started on this incident today, in words; empty when it can."""
    if version is None or version.state != SopVersion.State.APPROVED:
        return "No approved version"
    if sop.is_suspended:
        return suspension_words(sop)
    if version.is_expired_on(today):
        return f"Version {version.number} was to be reviewed by {version.review_on:%-d %B %Y}, and was not"
    if incident.service_id not in {service.pk for service in sop.services.all()}:
        return f"Not for {incident.service}"
    customers = {customer.pk for customer in sop.customers.all()}
    if customers and incident.customer_id not in customers:
        return f"Not for {incident.customer}"
    return ""


def suspension_words(sop: Sop) -> str:
    """`Suspended by SOP approver, Sun 22 Nov 02:14 GMT: …`."""
    at = f", {format_day_time(sop.suspended_at)}" if sop.suspended_at else ""
    return f"Suspended by {sop.suspended_by}{at}: {sop.suspension_reason}"


def targets_for(
    step: Step, incident: Incident, reachable: list[Component], *, is_rehearsal: bool
) -> list[Component]:
    """The registered components that the step may act on: those of the incident's service first.

    A component of the very service wins; else any of the customer, else the shared platform.
    """
    fitting = [
        each
        for each in reachable
        if each.kind == step.target_kind and (each.is_simulated or not is_rehearsal)
    ]
    ranks = (
        [each for each in fitting if each.service_id == incident.service_id and each.customer_id],
        [each for each in fitting if each.customer_id],
        fitting,
    )
    return next((rank for rank in ranks if rank), [])


def kind_words(label: str) -> str:
    """A label inside a sentence: `web address`, `VPN gateway`."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def missing_target(version: SopVersion, customer: Customer, reachable: list[Component]) -> str:
    """Which kind of target the customer has none of, in words; empty when all are registered."""
    kinds = {each.kind for each in reachable}
    for step in version.steps.all():
        if step.target_kind and step.target_kind not in kinds:
            return f"{customer} has no registered {kind_words(step.get_target_kind_display())}"
    return ""
