"""Which adapter does an action on a target, whether it may, and what it would do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import Component
from incidents.local_time import format_time
from sops.actions import azure, probe, simulated
from sops.actions.catalogue import ActionSpec
from sops.actions.outcomes import Finding, Refused, Underway
from sops.actions.parameters import Parameters
from sops.models import Run, StepRun

Perform = Callable[[ActionSpec, Component, Parameters], Finding | Underway]
WINDOW = timedelta(hours=1)


@dataclass(frozen=True)
class DryRun:
    """What would happen, exactly, and whether it is allowed. Nothing is sent to find out."""

    effect: str
    target: str
    location: str
    parameters: str
    refusal: str = ""
    others: str = ""  # who else acts on the target
    enough: str = ""  # it was disrupted often enough for this hour

    @property
    def is_allowed(self) -> bool:
        return not (self.refusal or self.others or self.enough)

    @property
    def verdict(self) -> str:
        words = self.refusal or self.others or self.enough
        return words or "Allowed. Nothing else acts on this target"


def adapter_for(spec: ActionSpec, component: Component, run: Run) -> Perform:
    """The adapter of this target. Raises Refused when the desk has none, or when it must not.

    A simulated target belongs to the demo and to rehearsals: an incident of a real customer cannot run it,
    and a rehearsal can run nothing else.
    """
    if component.kind not in spec.target_kinds:
        raise Refused(f"{spec.words}: not for {component}")
    if component.is_simulated:
        if not (run.customer.is_simulated or run.is_rehearsal):
            raise Refused("The target is simulated, and the incident is real")
        return simulated.perform
    if run.is_rehearsal:
        raise Refused("A rehearsal runs on the simulated estate only")
    return probe.perform if spec.is_probe else azure.perform


def dry_run(spec: ActionSpec, component: Component, parameters: Parameters, run: Run) -> DryRun:
    """The exact effect, target and place, in words; and whether something else acts on the target now."""
    refusal = ""
    try:
        perform = adapter_for(spec, component, run)
        if perform is azure.perform:
            refusal = azure.unconfigured()
    except Refused as error:
        refusal = str(error)
    return DryRun(
        effect=spec.effect, target=component.name, location=component.location or "Not registered",
        parameters=parameters.in_words(), refusal=refusal,
        others=others_on(spec, component), enough=too_often(spec, component, run),
    )  # fmt: skip


def others_on(spec: ActionSpec, component: Component) -> str:
    """Who else acts on the target, or may have, in words; empty when nobody does."""
    if not spec.is_disruptive:
        return ""
    other = StepRun.objects.in_flight_on(component).select_related("run__incident").first()
    if other is None:
        return ""
    where = f"run {other.run_id}" + (f" on {other.run.incident}" if other.run.incident else ", a rehearsal")
    if other.state == StepRun.State.UNKNOWN:
        return f"It is not known whether {where} acted on this target. Answer that there first"
    return f"Another action is under way on this target: {where}"


def too_often(spec: ActionSpec, component: Component, run: Run) -> str:
    """Why the target has had enough for this hour, in words; empty while it may be disrupted again.

    Rehearsals neither count nor are counted.
    """
    if not spec.is_disruptive or run.is_rehearsal:
        return ""
    most = settings.SOP_DISRUPTIONS_PER_HOUR
    if most < 1:
        return "This desk disrupts nothing: SOP_DISRUPTIONS_PER_HOUR is 0"
    sends = 0
    for step in StepRun.objects.disrupting_since(timezone.now() - WINDOW, component):
        sends += step.sends  # one that failed and was confirmed again was sent more than once
        if sends >= most and step.sent_at:
            again = format_time(whole_minute(step.sent_at + WINDOW))
            times = "once" if most == 1 else f"{most} times"
            return f"Disrupted {times} in the last hour, which is the most. Not before {again}: escalate"
    return ""


def whole_minute(at: datetime) -> datetime:
    """Rounded up: a time that is told has come when it is shown."""
    return at if at == at.replace(second=0, microsecond=0) else at + timedelta(minutes=1)
