"""A stated simulation of the estate, for the demo, for rehearsals and for tests. It reaches no real machine.

Its facts are rows (`SimulatedState`), so the demo can be broken and mended: an application service that is
unhealthy stays so until it is restarted, and is healthy again some seconds later. `fault` makes the next
action on a component fail, hang or be lost, once.
"""

import time

from accounts.models import Component
from sops.actions.catalogue import ActionSpec
from sops.actions.outcomes import Failed, Finding, Refused, Unsure
from sops.actions.parameters import Parameters
from sops.actions.simulated_changes import CHANGES
from sops.actions.simulated_checks import CHECKS
from sops.actions.simulated_rows import break_down, get, is_healthy, put, take_fault

__all__ = ["break_down", "get", "is_healthy", "perform", "put"]

SIMULATIONS = {**CHECKS, **CHANGES}


def perform(spec: ActionSpec, component: Component, parameters: Parameters) -> Finding:
    """Read or change the simulated component, as the rows say."""
    if not component.is_simulated:
        raise Refused("The target is not simulated")
    fault = take_fault(component)
    if fault.get("name") == "refuse":
        raise Refused("The simulated estate refused it")
    if fault.get("name") == "fail":
        raise Failed("The simulated estate answered that it failed")
    finding = SIMULATIONS[spec.name](component, parameters)
    if fault.get("name") == "hang":
        time.sleep(float(fault.get("seconds", 60)))
    if fault.get("name") == "lose":
        raise Unsure("The simulated estate did not answer after it was sent")
    return finding
