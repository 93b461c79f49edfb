"""Every action that a step may call: its risk, its targets, its parameters. No adapter is named here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError as ParameterError

from accounts.models import ComponentKind as Kind
from sops.actions import parameters as typed
from sops.models.step_run import Risk


@dataclass(frozen=True)
class ActionSpec:
    """One entry. `words` is the verb and its object; `effect` is what users notice.

    `time_limit` in seconds is the longest that an adapter may take; a claim older than that was lost.
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

    @property
    def is_disruptive(self) -> bool:
        return self.risk == Risk.DISRUPTIVE

    def button_words(self, target: str) -> str:
        """`Restart app-cc8-wexcombe-prod`."""
        return f"{self.words.split()[0]} {target}"


def _check(name: str, words: str, kinds: set[Kind], **more: Any) -> ActionSpec:
    return ActionSpec(name, words, Risk.READ, frozenset(kinds), **more)


def _change(name: str, words: str, kinds: set[Kind], effect: str, **more: Any) -> ActionSpec:
    risk = more.pop("risk", Risk.DISRUPTIVE)
    return ActionSpec(name, words, risk, frozenset(kinds), effect=effect, time_limit=75, **more)


ADDRESSED = {Kind.ENDPOINT, Kind.APP_SERVICE}
COMPUTE = {Kind.APP_SERVICE, Kind.VIRTUAL_MACHINE, Kind.SESSION_HOST}

CATALOGUE: Mapping[str, ActionSpec] = {
    spec.name: spec
    for spec in (
        _check(
            "http_probe", "Read the web address", ADDRESSED,
            parameters=typed.Probe, is_probe=True, time_limit=60,
        ),
        _check(
            "tcp_probe", "Open a connection", set(Kind), parameters=typed.Probe, is_probe=True, time_limit=60,
        ),
        _check(
            "tls_expiry", "Read when the certificate expires", {*ADDRESSED, Kind.CERTIFICATE},
            parameters=typed.Expiry, is_probe=True,
        ),
        _check(
            "dns_lookup", "Look up the name", {*ADDRESSED, Kind.CERTIFICATE},
            parameters=typed.Lookup, is_probe=True,
        ),
        _check("service_health", "Read Azure Service Health", {Kind.REGION}),
        _check("instance_state", "Read the state of the instances", COMPUTE),
        _check("database_state", "Read the state of the database and its copies", {Kind.SQL_DATABASE}),
        _check("queue_depth", "Count the messages that wait", {Kind.SERVICE_BUS}, parameters=typed.Queue),
        _check("secret_expiry", "Read when the secret expires", {Kind.CERTIFICATE}, parameters=typed.Expiry),
        _check("vpn_state", "Read the state of the tunnel", {Kind.VPN_GATEWAY}),
        _check(
            "wait_until_healthy", "Wait until it answers", ADDRESSED, parameters=typed.Wait, is_probe=True
        ),
        _change(
            "restart_app_service", "Restart the application service", {Kind.APP_SERVICE},
            "Anyone still signed in is disconnected. About 90 seconds", parameters=typed.Restart,
        ),
        _change(
            "restart_virtual_machine", "Restart the virtual machine",
            {Kind.VIRTUAL_MACHINE, Kind.SESSION_HOST}, "All that runs on it stops. About four minutes",
            parameters=typed.Restart,
        ),
        _change(
            "restart_queue_worker", "Restart the integration service", {Kind.VIRTUAL_MACHINE},
            "Messages wait while it restarts, and none is lost. About a minute",
        ),
        _change(
            "reset_vpn_tunnel", "Reset the tunnel", {Kind.VPN_GATEWAY},
            "The site is cut off while the tunnel comes back. About two minutes",
        ),
        _change(
            "planned_failover", "Fail over the database to its copy", {Kind.SQL_DATABASE},
            "Everybody is disconnected for up to a minute. No data are lost", is_elevated=True,
        ),
        _change(
            "scale_out", "Add instances", {Kind.APP_SERVICE},
            "Nothing: instances are added beside those that run",
            parameters=typed.ScaleOut, risk=Risk.CHANGE,
        ),
    )
}  # fmt: skip


def find(name: str) -> ActionSpec | None:
    return CATALOGUE.get(name)


def read_parameters(spec: ActionSpec, given: object) -> typed.Parameters:
    """The typed parameters. Raises ValueError with words that name the parameter and the remedy."""
    try:
        return spec.parameters.model_validate(given)
    except ParameterError as error:
        raise ValueError(parameter_words(error)) from None


def parameter_words(error: ParameterError) -> str:
    """What is wrong with parameters, each by its name; never the value that was given."""
    told = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in problem["loc"]) or "parameters"
        told.append(
            "remove it, there is no such parameter"
            if problem["type"] == "extra_forbidden"
            else problem["msg"]
        )
        told[-1] = f"{name}: {told[-1][0].lower()}{told[-1][1:]}"
    return "; ".join(told)
