"""Whether this desk can do at Azure what the catalogue offers. It reads, and changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings

from accounts.models import Component, ComponentKind
from sops.actions.azure import credentials, unconfigured
from sops.actions.azure.checks import NO_ID
from sops.actions.azure.client import Answer, call
from sops.actions.azure.operations import OPERATIONS, Tier
from sops.actions.azure.reading import Json, read_list
from sops.actions.azure.reading_data import failover_group
from sops.actions.azure.resource_ids import ResourceId, parse, same
from sops.actions.azure.role_definitions import TIERS, missing, name_of
from sops.actions.outcomes import Failed, Refused, Throttled

# One GET that reads a component of each kind. An address is the probe's.
READS: Mapping[ComponentKind, str] = {
    ComponentKind.VIRTUAL_MACHINE: "vm_instance_view", ComponentKind.SCALE_SET: "scale_set_instances",
    ComponentKind.SCALE_SET_INSTANCE: "scale_set_instance_view", ComponentKind.APP_SERVICE: "site",
    ComponentKind.SQL_DATABASE: "database", ComponentKind.FAILOVER_GROUP: "failover_group",
    ComponentKind.SERVICE_BUS: "queue", ComponentKind.HOST_POOL: "host_pool",
    ComponentKind.SESSION_HOST: "session_host", ComponentKind.APPLICATION_GATEWAY: "gateway",
    ComponentKind.VPN_GATEWAY: "vpn_connection", ComponentKind.KEY_VAULT: "secrets",
    ComponentKind.CERTIFICATE: "secret", ComponentKind.REGION: "service_events",
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: how it stands, and what to do about it."""

    words: str
    is_wrong: bool = False


def examine(up_to: Tier) -> Iterator[Line]:
    """Sign in, then read each registered component and the desk's rights on it, up to this role."""
    try:
        yield _signed_in()
    except Refused as trouble:
        yield Line(f"Sign-in: {trouble}", is_wrong=True)
        return
    components = Component.objects.filter(is_simulated=False, is_active=True, kind__in=READS)
    if not components.exists():
        yield Line(
            "Components: none is registered. Register them in the admin, with resource id", is_wrong=True
        )
    for component in components:
        yield from _examine_one(component, up_to)


def _signed_in() -> Line:
    if words := unconfigured():
        raise Refused(f"{words}. Set AZURE_CREDENTIAL")
    credentials.token()
    return Line(f"Sign-in: as {settings.AZURE_CREDENTIAL} to {settings.AZURE_MANAGEMENT_URL}")


def _examine_one(component: Component, up_to: Tier) -> Iterator[Line]:
    if not component.resource_id.strip():
        if not component.address:  # else a probe reads it
            yield Line(f"{component}: {NO_ID}. Register it, or take the component out of use", is_wrong=True)
        return
    try:
        resource = parse(component.resource_id)
        answer = call(OPERATIONS[READS[ComponentKind(component.kind)]], resource)
    except (Refused, Failed, Throttled) as trouble:
        yield Line(f"{component}: {trouble}", is_wrong=True)
        return
    yield Line(f"{component}: read")
    partners = _partners(component, resource, answer)
    yield from _registered_twice(component, partners)
    if component.kind != ComponentKind.REGION:
        yield from _examine_rights(component, [resource, *partners], up_to)


def _partners(component: Component, resource: ResourceId, answer: Answer) -> list[ResourceId]:
    """The other server of a failover group: a failover is sent to the one that is the copy."""
    if component.kind != ComponentKind.FAILOVER_GROUP:
        return []
    try:
        return [parse(failover_group(answer.body).partner_id).child("failoverGroups", resource.name)]
    except (Refused, Failed):
        return []


def _registered_twice(component: Component, partners: list[ResourceId]) -> Iterator[Line]:
    """One group under the names of both its servers: two runs could then fail it over at once."""
    others = Component.objects.filter(kind=ComponentKind.FAILOVER_GROUP, is_simulated=False, is_active=True)
    for other in others.exclude(pk=component.pk) if partners else ():
        if any(same(other.resource_id, str(partner)) for partner in partners):
            yield Line(
                f"{component}: the other side of {other}, so that two runs could act on one group at once. "
                "Take the one on the usual secondary out of use",
                is_wrong=True,
            )


def _examine_rights(component: Component, resources: list[ResourceId], up_to: Tier) -> Iterator[Line]:
    for resource in resources:
        try:
            held, _ = read_list(OPERATIONS["permissions"], resource)
        except (Refused, Failed, Throttled) as trouble:
            yield Line(f"{component}: its rights cannot be read. {trouble}", is_wrong=True)
            continue
        yield from _lacking(component, resource, held, up_to)


def _lacking(component: Component, resource: ResourceId, held: list[Json], up_to: Tier) -> Iterator[Line]:
    for tier in _tiers(up_to):
        if names := missing(tier, resource, held):
            yield Line(
                f"{component}: {', '.join(names)} missing on {resource.group_path}. "
                f"Assign the role “{name_of(tier)}” there (manage.py azure roles {tier})",
                is_wrong=True,
            )


def _tiers(up_to: Tier) -> list[Tier]:
    every = list(TIERS)
    return every[: every.index(up_to) + 1]
