"""Which adapter does an action on a target, whether it may, and what it would do."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import Component, Customer
from sops.actions import azure, probe, simulated
from sops.actions.catalogue import ActionSpec
from sops.actions.outcomes import Finding, Refused
from sops.actions.parameters import Parameters
from sops.models import StepRun

Perform = Callable[[ActionSpec, Component, Parameters], Finding]


@dataclass(frozen=True)
class DryRun:
    """What would happen, exactly, and whether it is allowed. Nothing is sent to find out."""

    effect: str
    target: str
    location: str
    parameters: str
    refusal: str = ""
    others: str = ""

    @property
    def is_allowed(self) -> bool:
        return not (self.refusal or self.others)

    @property
    def verdict(self) -> str:
        return self.refusal or self.others or "Allowed. Nothing else acts on this target"


def adapter_for(spec: ActionSpec, component: Component, customer: Customer, *, is_rehearsal: bool) -> Perform:
    """The adapter of this target. Raises Refused when the desk has none, or when it must not.

    A simulated target belongs to the demo and to rehearsals: an incident of a real customer cannot run it,
    and a rehearsal can run nothing else.
    """
    if component.kind not in spec.target_kinds:
        raise Refused(f"{spec.words}: not for {component}")
    if component.is_simulated:
        if not (customer.is_simulated or is_rehearsal):
            raise Refused("The target is simulated, and the incident is real")
        return simulated.perform
    if is_rehearsal:
        raise Refused("A rehearsal runs on the simulated estate only")
    return probe.perform if spec.is_probe else azure.perform


def dry_run(
    spec: ActionSpec,
    component: Component,
    parameters: Parameters,
    customer: Customer,
    *,
    is_rehearsal: bool = False,
) -> DryRun:
    """The exact effect, target and place, in words; and whether something else acts on the target now."""
    refusal = ""
    try:
        perform = adapter_for(spec, component, customer, is_rehearsal=is_rehearsal)
        if perform is azure.perform:
            refusal = azure.NOT_CONFIGURED
    except Refused as error:
        refusal = str(error)
    return DryRun(
        effect=spec.effect, target=component.name, location=component.location or "Not registered",
        parameters=parameters.in_words(), refusal=refusal, others=others_on(spec, component),
    )  # fmt: skip


def others_on(spec: ActionSpec, component: Component) -> str:
    """Who else acts on the target, or may have, in words; empty when nobody does."""
    if not spec.is_disruptive:
        return ""
    other = StepRun.objects.in_flight_on(component).select_related("run__incident").first()
    if other is None:
        return ""
    where = f"run {other.run_id} on {other.run.incident}"
    if other.state == StepRun.State.UNKNOWN:
        return f"It is not known whether {where} acted on this target. Answer that there first"
    return f"Another action is under way on this target: {where}"
