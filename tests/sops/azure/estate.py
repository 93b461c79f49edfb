"""One resource of each kind, with answers in the shape of recorded ones; nobody's names are in them."""

from datetime import UTC, datetime
from typing import Any

from accounts.models import Component, ComponentKind
from sops.actions.outcomes import Finding
from tests.standins.azure import SUBSCRIPTION, VM, Azure, vm_instance_view

NOW = datetime(2026, 11, 22, 2, 19, tzinfo=UTC)
RG = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-wexcombe-prod/providers"
SOUTH, WEST = f"{RG}/Microsoft.Sql/servers/sql-south", f"{RG}/Microsoft.Sql/servers/sql-west"
HOSTS = f"{RG}/Microsoft.DesktopVirtualization/hostpools/hp-ward/sessionhosts"

LOG = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Insights/eventtypes/management/values"

IDS: dict[ComponentKind, str] = {
    ComponentKind.APP_SERVICE: f"{RG}/Microsoft.Web/sites/app-cc8-wexcombe-prod",
    ComponentKind.VIRTUAL_MACHINE: VM,
    ComponentKind.SCALE_SET: f"{RG}/Microsoft.Compute/virtualMachineScaleSets/vmss-hl7",
    ComponentKind.SCALE_SET_INSTANCE: (
        f"{RG}/Microsoft.Compute/virtualMachineScaleSets/vmss-hl7/virtualMachines/3"
    ),
    ComponentKind.SQL_DATABASE: f"{SOUTH}/databases/db-cc8",
    ComponentKind.FAILOVER_GROUP: f"{SOUTH}/failoverGroups/fg-cc8",
    ComponentKind.SERVICE_BUS: f"{RG}/Microsoft.ServiceBus/namespaces/sb-hl7/queues/outbound",
    ComponentKind.HOST_POOL: f"{RG}/Microsoft.DesktopVirtualization/hostPools/hp-ward",
    ComponentKind.SESSION_HOST: f"{HOSTS}/sh-ward-0.wexcombe.example",
    ComponentKind.APPLICATION_GATEWAY: f"{RG}/Microsoft.Network/applicationGateways/agw-wexcombe",
    ComponentKind.VPN_GATEWAY: f"{RG}/Microsoft.Network/connections/vpn-wexcombe",
    ComponentKind.KEY_VAULT: f"{RG}/Microsoft.KeyVault/vaults/kv-wexcombe",
    ComponentKind.CERTIFICATE: f"{RG}/Microsoft.KeyVault/vaults/kv-wexcombe/secrets/signin",
    ComponentKind.REGION: f"/subscriptions/{SUBSCRIPTION}",
}
NAMES = {ComponentKind.REGION: "UK South", ComponentKind.VIRTUAL_MACHINE: "vm-wexcombe"}


def seen(found: Finding) -> tuple[str, bool]:
    """What people notice of it."""
    return found.words, found.is_bad


def component(kind: ComponentKind, **fields: Any) -> Component:
    """As it is registered; not in the database."""
    name = NAMES.get(kind, IDS[kind].rsplit("/", 1)[1])
    return Component(**{"kind": kind, "name": name, "resource_id": IDS[kind], **fields})


def host(name: str, status: str = "Available", **properties: Any) -> dict[str, Any]:
    return {
        "name": f"hp-ward/{name}",
        "properties": {
            "status": status, "allowNewSession": True, "sessions": 3,
            "lastHeartBeat": "2026-11-22T02:17:44.89Z", "updateErrorMessage": "",
            "sessionHostHealthCheckResults": [
                {"healthCheckName": "DomainJoinedCheck", "healthCheckResult": "HealthCheckSucceeded"}
            ],
            **properties,
        },
    }  # fmt: skip


def session(number: int, state: str = "Active", began: str = "2026-11-21T23:04:01.1Z") -> dict[str, Any]:
    return {
        "name": f"hp-ward/sh-ward-0.wexcombe.example/{number}",
        "properties": {
            "sessionState": state, "createTime": began, "userPrincipalName": "nurse@hospital.example",
        },
    }  # fmt: skip


def secret(name: str, expires: datetime | None, **attributes: Any) -> dict[str, Any]:
    ends = {"exp": int(expires.timestamp())} if expires else {}
    return {"name": name, "properties": {"attributes": {"enabled": True, **ends, **attributes}}}


def group(role: str, partner: str, state: str = "CATCH_UP") -> dict[str, Any]:
    other = "Secondary" if role == "Primary" else "Primary"
    places = ("UK South", "UK West")
    here, there = places if partner == WEST else places[::-1]
    return {
        "location": here,
        "properties": {
            "replicationRole": role, "replicationState": state,
            "partnerServers": [{"id": partner, "location": there, "replicationRole": other}],
        },
    }  # fmt: skip


def event(operation: str, status: str, at: str, correlation: str, resource: str = VM) -> dict[str, Any]:
    return {
        "resourceId": resource,
        "operationName": {"value": operation, "localizedValue": operation},
        "status": {"value": status, "localizedValue": status},
        "eventTimestamp": at, "correlationId": correlation,
    }  # fmt: skip


def figures(name: str, *values: tuple[str, float | None]) -> dict[str, Any]:
    points = [{"timeStamp": at, "average": each, "total": each, "maximum": each} for at, each in values]
    return {"cost": 0, "value": [{"name": {"value": name}, "timeseries": [{"data": points}]}]}


def server(address: str, health: str) -> dict[str, str]:
    return {"address": address, "health": health}


def stand(azure: Azure) -> Azure:
    """Everything is there, and everything is well."""
    kinds, well = ComponentKind, "providers/Microsoft.ResourceHealth/availabilityStatuses/current"
    for kind, found in READINGS.items():
        azure.put(IDS[kind], found)
    for kind in (
        kinds.VIRTUAL_MACHINE, kinds.APP_SERVICE, kinds.SQL_DATABASE, kinds.APPLICATION_GATEWAY,
        kinds.VPN_GATEWAY, kinds.KEY_VAULT,
    ):  # fmt: skip
        azure.put(f"{IDS[kind]}/{well}", {"properties": {"availabilityState": "Available"}})
    azure.put(
        f"{RG}/Microsoft.ServiceBus/namespaces/sb-hl7/{well}",
        {"properties": {"availabilityState": "available"}},
    )
    for kind in (kinds.VIRTUAL_MACHINE, kinds.SCALE_SET, kinds.APP_SERVICE, kinds.SQL_DATABASE):
        azure.put(
            f"{IDS[kind]}/providers/Microsoft.Insights/metrics",
            figures("any", ("2026-11-22T02:17:00Z", 41.5), ("2026-11-22T02:18:00Z", None)),
        )
    below = f"/subscriptions/{SUBSCRIPTION}/providers"
    azure.put(f"{below}/Microsoft.ResourceHealth/events", {"value": []})
    azure.put(
        LOG,
        {"value": [event(
            "Microsoft.Compute/virtualMachines/restart/action", "Succeeded", "2026-11-22T01:52:26.97Z", "a",
            f"{IDS[kinds.SESSION_HOST]}/userSessions/2".upper(),
        )]},
    )  # fmt: skip
    azure.put(f"{WEST}/failoverGroups/fg-cc8", group("Secondary", SOUTH))
    azure.put(f"{IDS[kinds.VIRTUAL_MACHINE]}/instanceView", vm_instance_view())
    azure.put(f"{IDS[kinds.SCALE_SET_INSTANCE]}/instanceView", vm_instance_view())
    azure.put(
        f"{IDS[kinds.SCALE_SET]}/virtualMachines",
        {"value": [
            {"instanceId": "0", "properties": {"instanceView": vm_instance_view()}},
            {"instanceId": "3", "properties": {"instanceView": vm_instance_view("stopped")}},
        ]},
    )  # fmt: skip
    azure.put(
        f"{IDS[kinds.APP_SERVICE]}/instances",
        {"value": [{"properties": {"state": "READY"}}, {"properties": {"state": "READY"}}]},
    )
    azure.put(f"{IDS[kinds.HOST_POOL]}/sessionHosts", {"value": [host("sh-ward-0"), host("sh-ward-1")]})
    azure.put(
        f"{IDS[kinds.APPLICATION_GATEWAY]}/backendhealth",
        {"backendAddressPools": [{
            "backendAddressPool": {"id": f"{IDS[kinds.APPLICATION_GATEWAY]}/backendAddressPools/web"},
            "backendHttpSettingsCollection": [
                {"servers": [server("10.0.0.4", "Up"), server("10.0.0.5", "Down")]}
            ],
        }]},
    )  # fmt: skip
    azure.put(
        f"{IDS[kinds.KEY_VAULT]}/secrets",
        {"value": [secret("signin", datetime(2026, 12, 3, 9, tzinfo=UTC)), secret("forever", None)]},
    )
    stand_sessions(azure, session(2), session(5, "Disconnected"), session(7))
    return azure


def stand_sessions(azure: Azure, *sessions: dict[str, Any]) -> None:
    azure.put(f"{IDS[ComponentKind.SESSION_HOST]}/userSessions", {"value": list(sessions)})
    for each in sessions:
        number = each["name"].rsplit("/", 1)[1]
        azure.put(f"{IDS[ComponentKind.SESSION_HOST]}/userSessions/{number}", each)


READINGS: dict[ComponentKind, dict[str, Any]] = {
    ComponentKind.APP_SERVICE: {
        "properties": {
            "state": "Running", "availabilityState": "Normal", "usageState": "Normal", "enabled": True,
        },
    },
    ComponentKind.VIRTUAL_MACHINE: {"properties": {"provisioningState": "Succeeded"}},
    ComponentKind.SCALE_SET: {"properties": {"provisioningState": "Succeeded"}},
    ComponentKind.SCALE_SET_INSTANCE: {"instanceId": "3", "properties": {}},
    ComponentKind.SQL_DATABASE: {"location": "uksouth", "properties": {"status": "Online"}},
    ComponentKind.FAILOVER_GROUP: group("Primary", WEST),
    ComponentKind.SERVICE_BUS: {
        "properties": {
            "messageCount": 15, "status": "Active",
            "countDetails": {"activeMessageCount": 12, "deadLetterMessageCount": 3},
        },
    },
    ComponentKind.HOST_POOL: {"properties": {"hostPoolType": "Pooled"}},
    ComponentKind.SESSION_HOST: host("sh-ward-0.wexcombe.example"),
    ComponentKind.APPLICATION_GATEWAY: {"properties": {"operationalState": "Running"}},
    ComponentKind.VPN_GATEWAY: {"properties": {"connectionStatus": "Connected"}},
    ComponentKind.KEY_VAULT: {"properties": {"provisioningState": "Succeeded"}},
    ComponentKind.CERTIFICATE: secret("signin", datetime(2026, 12, 3, 9, tzinfo=UTC)),
}  # fmt: skip
