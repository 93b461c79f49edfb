"""What each action of the catalogue sends to Azure. Each request that changes something is sent once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Component
from sops.actions import parameters as typed
from sops.actions.azure import reading_data
from sops.actions.azure.acts import Act, underway
from sops.actions.azure.answers import Answer, Declined
from sops.actions.azure.checks import resource_of
from sops.actions.azure.client import call
from sops.actions.azure.operations import OPERATIONS
from sops.actions.azure.reading import Json, clean, counted, object_of, read_list, when
from sops.actions.azure.reading_desktops import ACTIVE, LEFT, session_began, session_number, session_state
from sops.actions.azure.resource_ids import ResourceId, parse
from sops.actions.outcomes import Failed, Finding, Refused, Throttled, Underway, Unsure

MESSAGE_TITLE = "Message from your IT support"
NOTHING_SENT = "Nothing was sent"
NO_RIGHT = (401, 403)


# ---------- One request, and what it is called ----------


@dataclass(frozen=True)
class Deed:
    """One call of the allow-list on the target itself. `doing` and `did` stand before the target's name."""

    operation: str
    doing: str
    did: str
    query: Callable[[Any], Mapping[str, str]] | None = None
    body: Callable[[Any], Mapping[str, Any]] | None = None

    def begin(self, component: Component, parameters: typed.Parameters) -> Finding | Underway:
        answer = call(
            OPERATIONS[self.operation], resource_of(component),
            query=self.query(parameters) if self.query else None,
            body=self.body(parameters) if self.body else None,
        )  # fmt: skip
        if answer.operation is not None:
            return underway(f"{self.doing} {component.name}", answer)
        return self.finish(component, parameters, answer)

    def finish(self, component: Component, parameters: typed.Parameters, answer: Answer) -> Finding:
        return Finding(f"{self.did} {component.name}")

    @property
    def act(self) -> Act:
        return Act(self.begin, self.finish)


def _soft(parameters: typed.Restart) -> Mapping[str, str]:
    return {"softRestart": "true" if parameters.soft else "false"}


def _slot(parameters: typed.Swap) -> Mapping[str, Any]:
    return {"targetSlot": parameters.slot, "preserveVnet": True}


# ---------- Session hosts ----------


def _set_new_sessions(component: Component, *, allowed: bool) -> Finding:
    answer = call(
        OPERATIONS["session_host_drain"], resource_of(component),
        body={"properties": {"allowNewSession": allowed}},
    )  # fmt: skip
    words = "takes new sessions again" if allowed else "takes no new sessions"
    if object_of(answer.body, "properties").get("allowNewSession") is (not allowed):
        raise Failed(f"Azure accepted it, and answered that nothing changed on {component.name}")
    return Finding(f"{component.name} {words}")


def _drain(component: Component, parameters: typed.Parameters) -> Finding:
    return _set_new_sessions(component, allowed=False)


def _undrain(component: Component, parameters: typed.Parameters) -> Finding:
    return _set_new_sessions(component, allowed=True)


def _sessions_in(resource: ResourceId, state: str) -> list[Json]:
    """Those in this state that can be named. Raises Failed when there are too many to read."""
    items, is_whole = read_list(OPERATIONS["user_sessions"], resource)
    if not is_whole:
        raise Failed(f"The host has more sessions than this desk reads. {NOTHING_SENT}")
    return [each for each in items if session_state(each) == state and session_number(each)]


def _message(component: Component, parameters: typed.Message) -> Finding:
    """Tell each who is at work, one request each. After the first, nothing is sent again."""
    resource = resource_of(component)
    sessions = _sessions_in(resource, ACTIVE)
    told = gone = 0
    for session in sessions:
        try:
            _tell(resource, session, parameters)
        except (Declined, Refused, Throttled, Failed) as trouble:
            if isinstance(trouble, Declined) and trouble.status not in NO_RIGHT:
                gone += 1  # signed out meanwhile
                continue
            if not told:
                raise
            return Finding(f"Told {told} of {len(sessions)} users, then no more: {trouble}", is_bad=True)
        except Unsure as trouble:
            raise Unsure(f"Told {told} of {len(sessions)} users, then: {trouble}") from None
        told += 1
    return _told_words(told, gone)


def _tell(resource: ResourceId, session: Json, parameters: typed.Message) -> None:
    call(
        OPERATIONS["session_message"], resource, tail={"session": session_number(session)},
        body={"messageTitle": MESSAGE_TITLE, "messageBody": parameters.message},
    )  # fmt: skip


def _told_words(told: int, gone: int) -> Finding:
    if not told and not gone:
        return Finding("Nobody is at work on it, so nobody was told")
    words = f"Told {told} of {counted(told + gone, 'user')}"
    return Finding(words, is_bad=gone > 0, data={"told": told, "not_told": gone})


def _sign_out(component: Component, parameters: typed.SignOut) -> Finding:
    """Sign out the disconnected session that began first, if it is old enough."""
    resource, now = resource_of(component), timezone.now()
    latest = now - timedelta(minutes=parameters.at_least_minutes)
    old = [
        (began, session_number(each))
        for each in _sessions_in(resource, LEFT)
        if (began := session_began(each)) is not None and began <= latest
    ]
    if not old:
        raise Refused(f"No disconnected session on {component.name} is that old. {NOTHING_SENT}")
    began, number = min(old)
    call(OPERATIONS["session_sign_out"], resource, tail={"session": number}, query={"force": "true"})
    return Finding(f"Signed out session {number} of {component.name}, begun at {when(began, now)}")


# ---------- Failover ----------


def _fail_over(component: Component, parameters: typed.Failover) -> Finding | Underway:
    """Ask the server that is the copy to become the primary, if both sides say that it is up to date."""
    copy = _copy_to_promote(resource_of(component), parameters)
    answer = call(OPERATIONS["planned_failover"], copy)
    if answer.operation is not None:
        return underway(f"Failing over {component.name} to {clean(copy.parent.name)}", answer)
    return _failed_over(component, parameters, answer)


def _failed_over(component: Component, parameters: typed.Failover, answer: Answer) -> Finding:
    return Finding(f"Failed over {component.name}. Read which copy is the primary now")


def _copy_to_promote(registered: ResourceId, parameters: typed.Failover) -> ResourceId:
    """The group on its secondary server. Raises Refused when that is not where the failover is to go."""
    here = _group(registered)
    there_id = parse(here.partner_id).child("failoverGroups", registered.name)
    there = _group(there_id)
    wanted = "secondary" if parameters.direction == "back" else "primary"
    if here.role != wanted:
        server = clean(registered.parent.name)
        words = "is the primary already" if here.role == "primary" else "is not the primary now"
        raise Refused(f"The registered server {server} {words}. {NOTHING_SENT}")
    if {here.role, there.role} != {"primary", "secondary"} or parse(there.partner_id) != registered.parent:
        raise Refused(f"The two servers do not agree on which is the primary. {NOTHING_SENT}")
    for side in (here, there):
        if not side.is_up_to_date:
            raise Refused(f"The copy {side.state_words}: a failover could lose data. {NOTHING_SENT}")
    return registered if here.role == "secondary" else there_id


def _group(resource: ResourceId) -> reading_data.FailoverGroup:
    return reading_data.failover_group(call(OPERATIONS["failover_group"], resource).body)


CHANGES: Mapping[str, Act] = {
    "start_virtual_machine": Deed("vm_start", "Starting", "Started").act,
    "restart_virtual_machine": Deed("vm_restart", "Restarting", "Restarted").act,
    "redeploy_virtual_machine": Deed("vm_redeploy", "Redeploying", "Redeployed").act,
    "restart_scale_set_instance": Deed("scale_set_instance_restart", "Restarting", "Restarted").act,
    "start_app_service": Deed("site_start", "Starting", "Started").act,
    # Azure answers at once and restarts afterwards.
    "restart_app_service": Deed("site_restart", "Restarting", "Azure restarts", query=_soft).act,
    "swap_app_service_slots": Deed(
        "site_swap", "Swapping the slots of", "Swapped the slots of", body=_slot
    ).act,
    "drain_session_host": Act(_drain),
    "undrain_session_host": Act(_undrain),
    "message_users": Act(_message),
    "sign_out_session": Act(_sign_out),
    "planned_failover": Act(_fail_over, _failed_over),
    "reset_vpn_tunnel": Deed("vpn_reset", "Resetting", "Reset").act,
}
