"""`manage.py azure doctor`: it looks at everything, changes nothing, and names the remedy."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Component
from accounts.models import ComponentKind as Kind
from sops.actions.azure.doctor import READS
from sops.actions.azure.role_definitions import TIERS, role_definition
from tests import factories
from tests.sops.azure import estate
from tests.standins.azure import SUBSCRIPTION, VM, Azure
from tests.standins.http import Fault

PERMISSIONS = "providers/Microsoft.Authorization/permissions"
WEST_GROUP = f"{estate.WEST}/failoverGroups/fg-cc8"


@pytest.fixture
def azure(azure: Azure, db: None) -> Azure:
    return estate.stand(azure)


def register(kind: Kind, **fields: Any) -> Component:
    fields = {"resource_id": estate.IDS[kind], "name": estate.component(kind).name, **fields}
    return factories.make_component(kind=kind, is_simulated=False, **fields)


def give(azure: Azure, *tiers: Any, to: str = VM, **permission: Any) -> None:
    held = [{"actions": role_definition(tier, [])["Actions"], "notActions": []} for tier in tiers]
    azure.put(f"{to}/{PERMISSIONS}", {"value": [*held, *([permission] if permission else [])]})


def doctor(*arguments: str) -> tuple[list[str], str]:
    """Its lines, and what it ends with; empty when all is well."""
    out, ending = io.StringIO(), ""
    try:
        call_command("azure", "doctor", *arguments, stdout=out)
    except CommandError as error:
        ending = str(error)
    return out.getvalue().splitlines(), ending


def test_a_desk_that_has_all_its_rights_is_well(azure: Azure) -> None:
    for kind in READS:
        register(kind)
        give(azure, *TIERS, to=estate.IDS[kind])
    give(azure, *TIERS, to=WEST_GROUP)
    lines, ending = doctor()
    assert ending == ""
    assert lines[0] == f"ok     Sign-in: as managed_identity to {azure.url}"
    assert {f"ok     {component}: read" for component in Component.objects.all()} == set(lines[1:])
    assert azure.accepted == []
    assert {request.method for request in azure.asked} == {"GET"}


def test_a_role_that_is_not_assigned_is_named_with_its_remedy(azure: Azure) -> None:
    register(Kind.VIRTUAL_MACHINE)
    give(azure, "checks")
    lines, ending = doctor()
    names = [name for name in role_definition("restarts", [])["Actions"] if "/virtualMachines/" in name]
    assert lines[2].startswith("WRONG  vm-wexcombe: Microsoft.Compute/")
    assert lines[2].endswith(
        f"missing on /subscriptions/{SUBSCRIPTION}/resourceGroups/rg-wexcombe-prod. "
        "Assign the role “OOH desk restarts” there (manage.py azure roles restarts)"
    )
    assert all(name in lines[2] for name in names if "ScaleSets" not in name)
    assert "ScaleSets" not in lines[2]
    assert ending == "1 to put right."


def test_a_desk_that_is_meant_to_check_only_is_well_with_that(azure: Azure) -> None:
    register(Kind.VIRTUAL_MACHINE)
    give(azure, "checks")
    assert doctor("--up-to", "checks")[1] == ""
    assert doctor("--up-to", "restarts")[1] == "1 to put right."


def test_a_wide_role_that_takes_one_action_away_lacks_that_one(azure: Azure) -> None:
    register(Kind.VIRTUAL_MACHINE)
    give(azure, actions=["*"], notActions=["microsoft.compute/VIRTUALMACHINES/redeploy/*"])
    lines, _ = doctor()
    assert lines[2].startswith(
        "WRONG  vm-wexcombe: Microsoft.Compute/virtualMachines/redeploy/action missing"
    )


def test_the_server_of_the_copy_needs_the_right_to_fail_over_too(azure: Azure) -> None:
    register(Kind.FAILOVER_GROUP)
    give(azure, *TIERS, to=estate.IDS[Kind.FAILOVER_GROUP])
    give(azure, "checks", to=WEST_GROUP)
    lines, ending = doctor()
    assert "Microsoft.Sql/servers/failoverGroups/failover/action" in lines[2]
    assert ending == "1 to put right."


def test_a_failover_group_is_registered_on_one_of_its_servers(azure: Azure) -> None:
    """One action at a time on a target is one at a time on a component: two of them would be two."""
    register(Kind.FAILOVER_GROUP)
    register(Kind.FAILOVER_GROUP, resource_id=WEST_GROUP.upper(), name="fg-cc8-west")
    for each in (estate.IDS[Kind.FAILOVER_GROUP], WEST_GROUP):
        give(azure, *TIERS, to=each)
    lines, ending = doctor()
    wrong = [line for line in lines if line.startswith("WRONG")]
    assert [line.partition(", so that")[0] for line in wrong] == [
        "WRONG  fg-cc8: the other side of fg-cc8-west", "WRONG  fg-cc8-west: the other side of fg-cc8",
    ]  # fmt: skip
    assert ending == "2 to put right."
    Component.objects.filter(name="fg-cc8-west").update(is_active=False)
    assert doctor()[1] == ""


def test_a_component_that_is_not_there_says_to_correct_the_register(azure: Azure) -> None:
    register(Kind.VIRTUAL_MACHINE, resource_id=f"{VM}-gone")
    lines, ending = doctor()
    assert lines[1].startswith("WRONG  vm-wexcombe: Azure refused it (404 ResourceNotFound)")
    assert "Correct its resource id" in lines[1]
    assert ending == "1 to put right."


def test_a_component_that_may_not_be_read_says_which_action_name_it_needs(azure: Azure) -> None:
    register(Kind.VIRTUAL_MACHINE)
    azure.instead(azure.error(403, "AuthorizationFailed"), "GET", ".*/instanceView")
    lines, _ = doctor()
    assert "Microsoft.Compute/virtualMachines/read" in lines[1]


@pytest.mark.parametrize("resource_id", ["", "vm-1"])
def test_a_component_without_a_resource_id_is_wrong_unless_a_probe_reads_it(
    resource_id: str, azure: Azure
) -> None:
    register(Kind.VIRTUAL_MACHINE, resource_id=resource_id)
    register(Kind.CERTIFICATE, resource_id="", address="signin.wexcombe.example:443")
    factories.make_component(kind=Kind.ENDPOINT, is_simulated=False, address="https://signin.example")
    lines, ending = doctor()
    assert len(lines) == 2
    assert "register" in lines[1].lower()
    assert ending == "1 to put right."


def test_a_desk_without_components_is_told_to_register_them(azure: Azure) -> None:
    factories.make_component(kind=Kind.VIRTUAL_MACHINE)  # simulated
    register(Kind.VIRTUAL_MACHINE, is_active=False)
    lines, ending = doctor()
    assert lines[1] == "WRONG  Components: none is registered. Register them in the admin, with resource id"
    assert ending == "1 to put right."


def test_a_desk_that_is_not_configured_says_which_setting_is_missing(db: None) -> None:
    lines, ending = doctor()
    assert lines == ["WRONG  Sign-in: The Azure adapter is not configured on this desk. Set AZURE_CREDENTIAL"]
    assert ending == "1 to put right."


def test_a_sign_in_that_is_refused_ends_the_examination(azure: Azure) -> None:
    azure.identity_header = "another"
    register(Kind.VIRTUAL_MACHINE)
    lines, ending = doctor()
    assert len(lines) == 1
    assert lines[0].startswith("WRONG  Sign-in: ")
    assert azure.asked == []
    assert ending == "1 to put right."


def test_one_component_that_azure_is_silent_about_does_not_hide_the_others(azure: Azure) -> None:
    register(Kind.APP_SERVICE)
    register(Kind.VIRTUAL_MACHINE)
    for kind in (Kind.APP_SERVICE, Kind.VIRTUAL_MACHINE):
        give(azure, *TIERS, to=estate.IDS[kind])
    azure.fail(Fault.RESET_BEFORE, "GET", ".*/sites/[^/]+", times=9)
    lines, ending = doctor()
    assert lines[1].startswith("WRONG  app-cc8-wexcombe-prod: Azure does not answer")
    assert lines[2] == "ok     vm-wexcombe: read"
    assert ending == "1 to put right."


def test_rights_that_cannot_be_read_are_told_and_not_taken_for_granted(azure: Azure) -> None:
    register(Kind.VIRTUAL_MACHINE)
    lines, ending = doctor()
    assert "its rights cannot be read" in lines[2]
    assert ending == "1 to put right."


def test_nothing_of_what_azure_lets_slip_is_printed(azure: Azure) -> None:
    azure.planted = "planted-secret"
    for kind in READS:
        register(kind)
    lines, _ = doctor()
    assert "planted-secret" not in "\n".join(lines)
