"""The three roles that the desk's identity needs in Azure, made from the allow-list, and what a role lacks.

Each holds the action names of its calls and nothing else: no data, no keys, no wildcard.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from accounts.models import Component, ComponentKind
from sops.actions.azure.operations import OPERATIONS, Operation, Tier
from sops.actions.azure.resource_ids import ResourceId, parse
from sops.actions.outcomes import Refused

TIERS: Mapping[Tier, str] = {
    "checks": "Reads what the checks of SOPs read. Changes nothing.",
    "restarts": "Starts, restarts, drains and resets, as approved SOPs do. Assign beside the checks.",
    "elevated": "Failover, slot swap and sign-out, as approved SOPs do with a second person's word. "
    "Assign beside the restarts, or leave it away: these actions are then refused.",
}


def name_of(tier: Tier) -> str:
    return f"OOH desk {tier}"


def role_definition(tier: Tier, scopes: Sequence[str]) -> dict[str, Any]:
    """As `az role definition create` takes it."""
    return {
        "Name": name_of(tier), "IsCustom": True, "Description": TIERS[tier],
        "Actions": action_names(row for row in OPERATIONS.values() if row.tier == tier),
        "NotActions": [], "DataActions": [], "NotDataActions": [], "AssignableScopes": list(scopes),
    }  # fmt: skip


def action_names(rows: Iterable[Operation]) -> list[str]:
    return sorted({name for row in rows for name in row.rbac}, key=str.lower)


def assignable_scopes(tier: Tier) -> list[str]:
    """The resource groups of the registered components; for checks also the subscription of a region."""
    scopes: dict[str, str] = {}
    for component in registered():
        if component.kind == ComponentKind.REGION and tier != "checks":
            continue
        try:
            scope = parse(component.resource_id).group_path
        except Refused:
            continue
        scopes.setdefault(scope.lower(), scope)
    return [scopes[key] for key in sorted(scopes)]


def registered() -> list[Component]:
    """The real components in use that have a resource id."""
    real = Component.objects.filter(is_simulated=False, is_active=True)
    return list(real.exclude(resource_id="").order_by("name"))


# ---------- What a role lacks ----------


def missing(tier: Tier, resource: ResourceId, held: Sequence[Mapping[str, Any]]) -> list[str]:
    """The action names that the tier's calls on this resource need and the permissions there do not give."""
    rows = [row for row in OPERATIONS.values() if row.tier == tier and row.is_for(resource)]
    return [name for name in action_names(rows) if not is_given(name, held)]


def is_given(name: str, held: Sequence[Mapping[str, Any]]) -> bool:
    """Whether one of the permissions gives it: an action fits, and no `notActions` of the same one does."""
    return any(
        _fits(name, permission.get("actions")) and not _fits(name, permission.get("notActions"))
        for permission in held
    )


def _fits(name: str, patterns: object) -> bool:
    """Azure's `*` stands for any characters, slashes too, and no letter case counts."""
    if not isinstance(patterns, list):
        return False
    return any(
        re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.IGNORECASE)
        for pattern in patterns
        if isinstance(pattern, str)
    )
