"""What the actions do to the simulated estate: to its rows, and to nothing else."""

from collections.abc import Callable
from functools import partial
from typing import Any

from accounts.models import Component
from sops.actions import parameters as typed
from sops.actions.outcomes import Finding, Refused
from sops.actions.simulated_checks import AWAY, HOME
from sops.actions.simulated_rows import count, get, mend, note_deed, put

Change = Callable[[Component, Any], Finding]


def _mended(component: Component, parameters: typed.Parameters, *, did: str) -> Finding:
    """A restart and what is like it: it mends what is broken."""
    number = count(component, "restarts")
    mend(component)
    note_deed(component, did)
    return Finding(f"{did} {component.name}", data={"restarts": number})


def _swap(component: Component, parameters: typed.Swap) -> Finding:
    note_deed(component, "Swapped")
    return Finding(f"Swapped {component.name} with its slot {parameters.slot}")


def _failover(component: Component, parameters: typed.Failover) -> Finding:
    now, wanted = get(component, "primary", HOME), HOME if parameters.direction == "back" else AWAY
    if now == wanted:
        raise Refused(f"{wanted} is the primary already. Nothing was sent")
    count(component, "restarts")
    put(component, "primary", wanted)
    mend(component)
    note_deed(component, "Failed over")
    return Finding(f"The database runs in {wanted}")


def _drain(component: Component, parameters: typed.Parameters, *, is_drained: bool) -> Finding:
    put(component, "is_drained", is_drained)
    note_deed(component, "Drained" if is_drained else "Opened")
    taking = "takes no new sessions" if is_drained else "takes new sessions again"
    return Finding(f"{component.name} {taking}")


def _message(component: Component, parameters: typed.Message) -> Finding:
    note_deed(component, "Told the users")
    return Finding("Told 3 of 3 users")


def _sign_out(component: Component, parameters: typed.SignOut) -> Finding:
    left = int(get(component, "disconnected", 1))
    if not left:
        raise Refused("No disconnected session is that old. Nothing was sent")
    put(component, "disconnected", left - 1)
    note_deed(component, "Signed out a user")
    return Finding(f"Signed out one disconnected session of {component.name}")


CHANGES: dict[str, Change] = {
    "start_virtual_machine": partial(_mended, did="Started"),
    "restart_virtual_machine": partial(_mended, did="Restarted"),
    "redeploy_virtual_machine": partial(_mended, did="Redeployed"),
    "restart_scale_set_instance": partial(_mended, did="Restarted"),
    "start_app_service": partial(_mended, did="Started"),
    "restart_app_service": partial(_mended, did="Restarted"),
    "swap_app_service_slots": _swap,
    "drain_session_host": partial(_drain, is_drained=True),
    "undrain_session_host": partial(_drain, is_drained=False),
    "message_users": _message,
    "sign_out_session": _sign_out,
    "planned_failover": _failover,
    "reset_vpn_tunnel": partial(_mended, did="Reset"),
}
