"""The allow-list: every call to Azure Resource Manager that this desk can build, and what each may carry.

Paths, api-versions and action names are Azure's. What is not a row here cannot be sent: a row says which
types of resource it is for, which query names it takes with which values, and what its body may hold.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as BodyError

from sops.actions.azure.resource_ids import ResourceId
from sops.actions.outcomes import Refused
from sops.actions.parameters import SLOT

Tier = Literal["checks", "restarts", "elevated"]

COMPUTE, WEB, SQL = "2026-04-01", "2025-05-01", "2025-01-01"
DESKTOP, NETWORK, VAULT = "2024-04-03", "2024-05-01", "2023-07-01"

# ---------- What a query and a tail may hold ----------

_PAGE = r"[\x21-\x7e]{1,4000}"  # where Azure goes on with a list: its own text, given back to it
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_TRUTH = "true|false"
_NEXT = {"$skiptoken": _PAGE}
SESSION = r"[0-9]{1,9}"

# ---------- What a body may hold ----------


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewSessions(Body):
    """`sessionhosts/write` could also give a desktop to somebody else: only this one field is let through."""

    allowNewSession: bool


class Drain(Body):
    properties: NewSessions


class Message(Body):
    messageTitle: Annotated[str, Field(min_length=1, max_length=60)]
    messageBody: Annotated[str, Field(min_length=1, max_length=500)]


class Swap(Body):
    targetSlot: Annotated[str, Field(pattern=f"^{SLOT}$")]
    preserveVnet: Literal[True]


# ---------- The rows ----------


@dataclass(frozen=True)
class Operation:
    """One call. `path` begins with `{id}`, the resource, or `{subscription}`, the one that it is in.

    What is mutating is sent once. A POST that only reads, such as a back-end's health, is not mutating.
    `rbac` are the action names that it needs, those for looking after a long one too. `types` are the types
    of resource, in small letters, that it is for: none for any, an empty one for a subscription. `tail` are
    names that the path takes beside.
    """

    name: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    api_version: str
    rbac: tuple[str, ...]
    tier: Tier = "checks"
    is_mutating: bool = False
    types: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    tail: Mapping[str, str] = field(default_factory=dict)
    body: type[Body] | None = None

    def is_for(self, resource: ResourceId) -> bool:
        return not self.types or resource.type in self.types

    def path_for(self, resource: ResourceId, tail: Mapping[str, str] | None = None) -> str:
        """The address below the management host. Raises Refused for a resource that it is not for."""
        if not self.is_for(resource):
            raise Refused(f"The target is not what {self.name} is for. Correct its resource id")
        given = dict(tail or {})
        if set(given) != set(self.tail):
            raise Refused(f"{self.name} was not given the names that it needs")
        for name, pattern in self.tail.items():
            _refuse_other(name, given[name], pattern)
        return self.path.format(id=resource, subscription=resource.subscription_path, **given)

    def query_for(self, query: Mapping[str, str] | None = None) -> dict[str, str]:
        """The query with its api-version. Raises Refused for a name or a value that is not let through."""
        given = dict(query or {})
        for name, value in given.items():
            if name not in self.query:
                raise Refused(f"{self.name} takes no {name}")
            _refuse_other(name, value, self.query[name])
        return {**given, "api-version": self.api_version}

    def body_for(self, body: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
        """The body that is sent, None for none. Raises Refused for anything that is not let through."""
        if self.body is None:
            if body is not None:
                raise Refused(f"{self.name} takes no body")
            return None
        try:
            return self.body.model_validate(body).model_dump()
        except BodyError:
            raise Refused(f"{self.name} was given a body that is not let through") from None


def _refuse_other(name: str, value: str, pattern: str) -> None:
    if not re.fullmatch(pattern, value):
        raise Refused(f"{name} is not what Azure may be asked")


SUBSCRIPTION = ""  # has no type
VM = "microsoft.compute/virtualmachines"
SET = "microsoft.compute/virtualmachinescalesets"
SET_INSTANCE = f"{SET}/virtualmachines"
SITE = "microsoft.web/sites"
DATABASE = "microsoft.sql/servers/databases"
FAILOVER_GROUP = "microsoft.sql/servers/failovergroups"
QUEUE = "microsoft.servicebus/namespaces/queues"
POOL = "microsoft.desktopvirtualization/hostpools"
HOST = f"{POOL}/sessionhosts"
GATEWAY = "microsoft.network/applicationgateways"
CONNECTION = "microsoft.network/connections"
KEY_VAULT = "microsoft.keyvault/vaults"
SECRET = f"{KEY_VAULT}/secrets"

_COMPUTE_LATER = ("Microsoft.Compute/locations/operations/read",)
_NETWORK_LATER = (
    "Microsoft.Network/locations/operations/read", "Microsoft.Network/locations/operationResults/read",
)  # fmt: skip
_SETS = "Microsoft.Compute/virtualMachineScaleSets"
_HOSTS = "Microsoft.DesktopVirtualization/hostpools/sessionhosts"


def _read(name: str, path: str, version: str, kind: str, *rbac: str, **more: Any) -> Operation:
    method, types = more.pop("method", "GET"), more.pop("types", (kind,) if kind else ())
    return Operation(name, method, path, version, rbac, types=types, **more)


def _write(name: str, method: Any, path: str, version: str, kind: str, *rbac: str, **more: Any) -> Operation:
    tier = more.pop("tier", "restarts")
    return Operation(name, method, path, version, rbac, tier, is_mutating=True, types=(kind,), **more)


OPERATIONS: Mapping[str, Operation] = {
    row.name: row
    for row in (
        # Of any resource
        _read(
            "resource_health", "{id}/providers/Microsoft.ResourceHealth/availabilityStatuses/current",
            "2025-05-01", "", "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.ResourceHealth/availabilityStatuses/current/read",
        ),
        _read(
            "metrics", "{id}/providers/Microsoft.Insights/metrics", "2024-02-01", "",
            "Microsoft.Insights/metrics/read",
            query={
                "metricnames": r"[A-Za-z0-9 _/%]{1,80}", "timespan": f"{_TIME}/{_TIME}",
                "interval": "PT[15]M", "aggregation": "Average|Maximum|Total",
            },
        ),
        _read(
            "permissions", "{id}/providers/Microsoft.Authorization/permissions", "2022-04-01", "",
            "Microsoft.Authorization/permissions/read", query=_NEXT,
        ),
        # Of the subscription
        _read(
            "service_events", "{subscription}/providers/Microsoft.ResourceHealth/events", "2025-05-01", "",
            "Microsoft.ResourceHealth/events/read",
            query=_NEXT, types=(SUBSCRIPTION,),
        ),
        _read(
            "activity_log", "{subscription}/providers/Microsoft.Insights/eventtypes/management/values",
            "2015-04-01", "", "Microsoft.Insights/eventtypes/values/read",
            query={
                **_NEXT, "$select": "[A-Za-z,]{1,200}",
                "$filter": f"eventTimestamp ge '{_TIME}' and eventTimestamp le '{_TIME}' "
                r"and (resourceUri|resourceGroupName) eq '[A-Za-z0-9._()/-]{1,600}'",
            },
        ),
        # Machines
        _read(
            "vm_instance_view", "{id}/instanceView", COMPUTE, VM,
            "Microsoft.Compute/virtualMachines/read", "Microsoft.Compute/virtualMachines/instanceView/read",
        ),
        _write(
            "vm_start", "POST", "{id}/start", COMPUTE, VM,
            "Microsoft.Compute/virtualMachines/start/action", *_COMPUTE_LATER,
        ),
        _write(
            "vm_restart", "POST", "{id}/restart", COMPUTE, VM,
            "Microsoft.Compute/virtualMachines/restart/action", *_COMPUTE_LATER,
        ),
        _write(
            "vm_redeploy", "POST", "{id}/redeploy", COMPUTE, VM,
            "Microsoft.Compute/virtualMachines/redeploy/action", *_COMPUTE_LATER,
        ),
        _read(
            "scale_set_instances", "{id}/virtualMachines", COMPUTE, SET,
            f"{_SETS}/read", f"{_SETS}/virtualMachines/read", f"{_SETS}/virtualMachines/instanceView/read",
            query={**_NEXT, "$expand": "instanceView"},
        ),
        _read(
            "scale_set_instance_view", "{id}/instanceView", COMPUTE, SET_INSTANCE,
            f"{_SETS}/virtualMachines/read", f"{_SETS}/virtualMachines/instanceView/read",
        ),
        _write(
            "scale_set_instance_restart", "POST", "{id}/restart", COMPUTE, SET_INSTANCE,
            f"{_SETS}/virtualMachines/restart/action", *_COMPUTE_LATER,
        ),
        # Application services
        _read("site", "{id}", WEB, SITE, "Microsoft.Web/sites/read"),
        _read(
            "site_instances", "{id}/instances", WEB, SITE, "Microsoft.Web/sites/instances/read", query=_NEXT
        ),
        _write("site_start", "POST", "{id}/start", WEB, SITE, "Microsoft.Web/sites/start/action"),
        _write(
            "site_restart", "POST", "{id}/restart", WEB, SITE, "Microsoft.Web/sites/restart/action",
            query={"softRestart": _TRUTH},
        ),
        _write(
            "site_swap", "POST", "{id}/slotsswap", WEB, SITE, "Microsoft.Web/sites/slotsswap/action",
            "Microsoft.Web/sites/operations/read", "Microsoft.Web/sites/operationresults/read",
            tier="elevated", body=Swap,
        ),
        # Databases
        _read("database", "{id}", SQL, DATABASE, "Microsoft.Sql/servers/databases/read"),
        _read("failover_group", "{id}", SQL, FAILOVER_GROUP, "Microsoft.Sql/servers/failoverGroups/read"),
        _write(
            "planned_failover", "POST", "{id}/failover", SQL, FAILOVER_GROUP,
            "Microsoft.Sql/servers/failoverGroups/failover/action",
            "Microsoft.Sql/locations/failoverGroupAzureAsyncOperation/read",
            "Microsoft.Sql/locations/failoverGroupOperationResults/read",
            tier="elevated",
        ),
        # Queues
        _read("queue", "{id}", "2026-01-01", QUEUE, "Microsoft.ServiceBus/namespaces/queues/read"),
        # Virtual desktops
        _read("host_pool", "{id}", DESKTOP, POOL, "Microsoft.DesktopVirtualization/hostpools/read"),
        _read("session_hosts", "{id}/sessionHosts", DESKTOP, POOL, f"{_HOSTS}/read", query=_NEXT),
        _read("session_host", "{id}", DESKTOP, HOST, f"{_HOSTS}/read"),
        _read(
            "user_sessions", "{id}/userSessions", DESKTOP, HOST, f"{_HOSTS}/usersessions/read", query=_NEXT
        ),
        _write("session_host_drain", "PATCH", "{id}", DESKTOP, HOST, f"{_HOSTS}/write", body=Drain),
        _write(
            "session_message", "POST", "{id}/userSessions/{session}/sendMessage", DESKTOP, HOST,
            f"{_HOSTS}/usersessions/sendMessage/action", tail={"session": SESSION}, body=Message,
        ),
        # The one DELETE: no other call signs a user out. It ends the session, and removes nothing else.
        _write(
            "session_sign_out", "DELETE", "{id}/userSessions/{session}", DESKTOP, HOST,
            f"{_HOSTS}/usersessions/delete", tier="elevated", tail={"session": SESSION},
            query={"force": "true"},
        ),
        # Networks. Back-end health is a POST that only reads.
        _read("gateway", "{id}", NETWORK, GATEWAY, "Microsoft.Network/applicationGateways/read"),
        _read(
            "gateway_health", "{id}/backendhealth", NETWORK, GATEWAY,
            "Microsoft.Network/applicationGateways/backendhealth/action", *_NETWORK_LATER, method="POST",
        ),
        _read("vpn_connection", "{id}", NETWORK, CONNECTION, "Microsoft.Network/connections/read"),
        _write(
            "vpn_reset", "POST", "{id}/resetconnection", NETWORK, CONNECTION,
            "Microsoft.Network/connections/resetconnection/action", *_NETWORK_LATER,
        ),
        # Vaults: what Resource Manager says of a secret, which is never its value
        _read("secret", "{id}", VAULT, SECRET, "Microsoft.KeyVault/vaults/secrets/read"),
        _read(
            "secrets", "{id}/secrets", VAULT, KEY_VAULT, "Microsoft.KeyVault/vaults/secrets/read", query=_NEXT
        ),
    )
}  # fmt: skip
