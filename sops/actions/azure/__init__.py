"""Azure Resource Manager: what an action of the catalogue does there, through the allow-list alone."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from accounts.models import Component
from sops.actions.azure import long_running
from sops.actions.azure.acts import Act, underway
from sops.actions.azure.changes import CHANGES
from sops.actions.azure.checks import CHECKS
from sops.actions.catalogue import ActionSpec
from sops.actions.deadline import within
from sops.actions.outcomes import Finding, Refused, Underway
from sops.actions.parameters import Parameters

ACTS: Mapping[str, Act] = {**CHECKS, **CHANGES}


def unconfigured() -> str:
    """Why this desk cannot reach Azure, in words; empty when it can."""
    return "" if settings.AZURE_CREDENTIAL else "The Azure adapter is not configured on this desk"


def perform(spec: ActionSpec, component: Component, parameters: Parameters) -> Finding | Underway:
    """Do it, within the action's time. Raises the four failures of `sops.actions.outcomes`."""
    act = _act(spec)
    with within(spec.time_limit):
        return act.begin(component, parameters)


def poll(
    spec: ActionSpec, component: Component, parameters: Parameters, operation: dict[str, Any]
) -> Finding | Underway:
    """Ask once how an operation goes that `perform` began: nothing is ever sent again by asking."""
    act = _act(spec)
    with within(spec.time_limit):
        answer = long_running.follow(operation)
        if answer.operation is not None:
            return underway("Azure goes on with it", answer)
        return act.finish(component, parameters, answer)


def _act(spec: ActionSpec) -> Act:
    if words := unconfigured():
        raise Refused(words)
    if spec.name not in ACTS:
        raise Refused(f"{spec.words}: not something that this desk does at Azure")
    return ACTS[spec.name]
