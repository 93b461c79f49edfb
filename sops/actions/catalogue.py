"""Every action that a step may call: its risk, its targets, its parameters. No adapter is named here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic import ValidationError as ParameterError

from accounts.models import ComponentKind as Kind
from sops.actions import parameters as typed
from sops.models.step_run import Risk

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class ActionSpec:
    """One entry. `words` is the verb and its object; `effect` is what users notice.

    `time_limit` in seconds is the longest that an adapter may take; a claim older than that was lost.
    `settled_by` names the check that tells whether a change of unknown outcome happened; `button` is what
    stands before the target's name where the first of the words does not.
    """

    name: str
    words: str
    risk: Risk
    target_kinds: frozenset[Kind]
    parameters: type[typed.Parameters] = typed.Parameters
    effect: str = "Nothing: it only reads"
    time_limit: int = 40
    is_probe: bool = False
    is_elevated: bool = False
    settled_by: str = ""
    button: str = ""

    @property
    def is_disruptive(self) -> bool:
        return self.risk == Risk.DISRUPTIVE

    def button_words(self, target: str) -> str:
        """`Restart app-cc8-wexcombe-prod`, `Sign out a user of sh-ward-0`."""
        return f"{self.button or self.words.split()[0]} {target}"


def _check(name: str, words: str, kinds: set[Kind], **more: Any) -> ActionSpec:
    return ActionSpec(name, words, Risk.READ, frozenset(kinds), **more)


def _change(name: str, words: str, kind: Kind, effect: str, settled_by: str, **more: Any) -> ActionSpec:
    risk = more.pop("risk", Risk.DISRUPTIVE)
    return ActionSpec(
        name, words, risk, frozenset({kind}), effect=effect, settled_by=settled_by, time_limit=75, **more
    )


ADDRESSED = {Kind.ENDPOINT, Kind.APP_SERVICE}
COMPUTE = {Kind.APP_SERVICE, Kind.VIRTUAL_MACHINE, Kind.SCALE_SET, Kind.SCALE_SET_INSTANCE}
# A resource of its own in Azure. A region, an address and what a vault holds are none.
RESOURCES = set(Kind) - {Kind.ENDPOINT, Kind.CERTIFICATE, Kind.REGION}
# Those that Azure's Resource Health knows; for a queue its namespace counts.
JUDGED_BY_AZURE = {
    Kind.VIRTUAL_MACHINE, Kind.APP_SERVICE, Kind.SQL_DATABASE, Kind.SERVICE_BUS, Kind.APPLICATION_GATEWAY,
    Kind.VPN_GATEWAY, Kind.KEY_VAULT,
}  # fmt: skip

PROBES = (
    _check(
        "http_probe", "Read the web address", ADDRESSED,
        parameters=typed.Probe, is_probe=True, time_limit=60,
    ),
    _check("tcp_probe", "Open a connection", set(Kind), parameters=typed.Probe, is_probe=True, time_limit=60),
    _check(
        "tls_expiry", "Read when the certificate expires", {*ADDRESSED, Kind.CERTIFICATE},
        parameters=typed.Expiry, is_probe=True,
    ),
    _check(
        "dns_lookup", "Look up the name", {*ADDRESSED, Kind.CERTIFICATE},
        parameters=typed.Lookup, is_probe=True,
    ),
    _check("wait_until_healthy", "Wait until it answers", ADDRESSED, parameters=typed.Wait, is_probe=True),
)  # fmt: skip

CHECKS = (
    _check("service_health", "Read Azure Service Health", {Kind.REGION}),
    _check("resource_health", "Read what Azure says of its health", JUDGED_BY_AZURE),
    _check("activity_log", "Read what was done to it", RESOURCES, parameters=typed.History),
    _check("instance_state", "Read the state of the instances", COMPUTE),
    _check(
        "machine_metric", "Read how busy the machine is", {Kind.VIRTUAL_MACHINE, Kind.SCALE_SET},
        parameters=typed.MachineMetric,
    ),
    _check(
        "app_service_metric", "Read how the service answers", {Kind.APP_SERVICE},
        parameters=typed.AppServiceMetric,
    ),
    _check("database_state", "Read the state of the database", {Kind.SQL_DATABASE}),
    _check(
        "database_metric", "Read how busy the database is", {Kind.SQL_DATABASE},
        parameters=typed.DatabaseMetric,
    ),
    _check("failover_group_state", "Read which copy is the primary", {Kind.FAILOVER_GROUP}),
    _check("queue_depth", "Count the messages that wait", {Kind.SERVICE_BUS}, parameters=typed.Queue),
    _check("host_pool_state", "Read the session hosts of the pool", {Kind.HOST_POOL}),
    _check("session_host_state", "Read the health of the session host", {Kind.SESSION_HOST}),
    _check("user_sessions", "Count the sessions on the host", {Kind.SESSION_HOST}),
    _check("gateway_health", "Read the servers behind the gateway", {Kind.APPLICATION_GATEWAY}),
    _check(
        "secret_expiry", "Read when the secret expires", {Kind.CERTIFICATE, Kind.KEY_VAULT},
        parameters=typed.Expiry,
    ),
    _check("vpn_state", "Read the state of the tunnel", {Kind.VPN_GATEWAY}),
)  # fmt: skip

ACTIONS = (
    _change(
        "start_virtual_machine", "Start the virtual machine", Kind.VIRTUAL_MACHINE,
        "Nothing stops. It takes about two minutes to come up", "instance_state", risk=Risk.CHANGE,
    ),
    _change(
        "restart_virtual_machine", "Restart the virtual machine", Kind.VIRTUAL_MACHINE,
        "All that runs on it stops. About four minutes", "activity_log",
    ),
    _change(
        "redeploy_virtual_machine", "Redeploy the virtual machine on other hardware", Kind.VIRTUAL_MACHINE,
        "All that runs on it stops, and its temporary disk is emptied. About fifteen minutes", "activity_log",
    ),
    _change(
        "restart_scale_set_instance", "Restart one instance of the scale set", Kind.SCALE_SET_INSTANCE,
        "All that runs on this instance stops. The others go on. About four minutes", "activity_log",
    ),
    _change(
        "start_app_service", "Start the application service", Kind.APP_SERVICE,
        "Nothing stops. It takes about a minute to answer", "instance_state", risk=Risk.CHANGE,
    ),
    _change(
        "restart_app_service", "Restart the application service", Kind.APP_SERVICE,
        "Anyone still signed in is disconnected. About 90 seconds", "activity_log",
        parameters=typed.Restart,
    ),
    _change(
        "swap_app_service_slots", "Swap the slots of the application service", Kind.APP_SERVICE,
        "What waits in the slot goes live. Anyone signed in may have to sign in again", "activity_log",
        parameters=typed.Swap, is_elevated=True, button="Swap the slots of",
    ),
    _change(
        "drain_session_host", "Drain the session host", Kind.SESSION_HOST,
        "Nobody new is put on it. Those who are signed in stay", "session_host_state", risk=Risk.CHANGE,
    ),
    _change(
        "undrain_session_host", "Open the session host to new sessions", Kind.SESSION_HOST,
        "People who sign in may be put on it again", "session_host_state", risk=Risk.CHANGE,
    ),
    _change(
        "message_users", "Tell the users of the session host", Kind.SESSION_HOST,
        "Everybody who is signed in to it sees the message", "activity_log",
        parameters=typed.Message, risk=Risk.CHANGE, button="Tell the users of",
    ),
    _change(
        "sign_out_session", "Sign out the oldest disconnected session", Kind.SESSION_HOST,
        "One user who left without signing out loses what was not saved", "user_sessions",
        parameters=typed.SignOut, is_elevated=True, button="Sign out a session of",
    ),
    _change(
        "planned_failover", "Fail over the database to its copy", Kind.FAILOVER_GROUP,
        "Everybody is disconnected for up to a minute. No data are lost", "failover_group_state",
        parameters=typed.Failover, is_elevated=True, button="Fail over",
    ),
    _change(
        "reset_vpn_tunnel", "Reset the tunnel", Kind.VPN_GATEWAY,
        "The site is cut off while the tunnel comes back. About two minutes", "activity_log",
    ),
)  # fmt: skip

CATALOGUE: Mapping[str, ActionSpec] = {spec.name: spec for spec in (*PROBES, *CHECKS, *ACTIONS)}


def find(name: str) -> ActionSpec | None:
    return CATALOGUE.get(name)


def read_parameters(spec: ActionSpec, given: object) -> typed.Parameters:
    """The typed parameters. Raises ValueError with words that name the parameter and the remedy."""
    return validated(spec.parameters, given)


def validated(model: type[Model], given: object) -> Model:
    """What was given, as the model types it. Raises ValueError with words that name what is wrong."""
    try:
        return model.model_validate(given)
    except ParameterError as error:
        raise ValueError(_in_words(error)) from None


def _in_words(error: ParameterError) -> str:
    """What is wrong, each by its name; never the value that was given."""
    told = typed.problems_of(error)
    return "; ".join(f"{'.'.join(map(str, place)) or 'parameters'}: {words}" for place, words in told)
