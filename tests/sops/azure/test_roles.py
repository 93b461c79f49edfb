"""The roles for Azure are made from the allow-list, and what a role lacks is counted as Azure counts."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import ComponentKind as Kind
from sops.actions.azure.operations import OPERATIONS
from sops.actions.azure.resource_ids import parse
from sops.actions.azure.role_definitions import TIERS, is_given, missing, role_definition
from tests import factories
from tests.sops.azure import estate
from tests.standins.azure import SUBSCRIPTION, VM

OTHER_GROUP = VM.replace("rg-wexcombe-prod", "rg-harbour-prod")
RESTART = "Microsoft.Compute/virtualMachines/restart/action"


def roles(*arguments: str) -> tuple[Any, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("azure", "roles", *arguments, stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def register(kind: Kind, resource_id: str, **fields: Any) -> None:
    factories.make_component(kind=kind, resource_id=resource_id, **{"is_simulated": False, **fields})


@pytest.fixture
def registered(db: None) -> None:
    register(Kind.VIRTUAL_MACHINE, VM)
    register(Kind.APP_SERVICE, estate.IDS[Kind.APP_SERVICE].replace("rg-wexcombe", "RG-Wexcombe"))
    register(Kind.VIRTUAL_MACHINE, OTHER_GROUP)
    register(Kind.REGION, f"/subscriptions/{SUBSCRIPTION}")
    register(Kind.VIRTUAL_MACHINE, VM.replace("rg-wexcombe-prod", "rg-old"), is_active=False)
    register(Kind.VIRTUAL_MACHINE, VM.replace("rg-wexcombe-prod", "rg-demo"), is_simulated=True)
    register(Kind.VIRTUAL_MACHINE, "not an id")


def test_there_are_three_roles_and_each_action_name_of_the_allow_list_is_in_its_own(registered: None) -> None:
    definitions, _ = roles()
    assert [each["Name"] for each in definitions] == [
        "OOH desk checks", "OOH desk restarts", "OOH desk elevated",
    ]  # fmt: skip
    for tier, definition in zip(TIERS, definitions, strict=True):
        wanted = {name for row in OPERATIONS.values() if row.tier == tier for name in row.rbac}
        assert set(definition["Actions"]) == wanted
        assert definition["NotActions"] == definition["DataActions"] == definition["NotDataActions"] == []
        assert definition["IsCustom"] is True


def test_the_role_for_checks_changes_nothing() -> None:
    actions = role_definition("checks", [])["Actions"]
    changing = {name for name in actions if not name.lower().endswith("/read")}
    assert changing == {"Microsoft.Network/applicationGateways/backendhealth/action"}


def test_roles_are_assignable_where_real_components_are_and_nowhere_else(registered: None) -> None:
    definitions, told = roles()
    sub = f"/subscriptions/{SUBSCRIPTION}"
    groups = [f"{sub}/resourceGroups/rg-harbour-prod", f"{sub}/resourceGroups/{'RG-Wexcombe'}-prod"]
    scopes = [[scope.lower() for scope in each["AssignableScopes"]] for each in definitions]
    lowered = [group.lower() for group in groups]
    assert scopes == [[sub, *lowered], lowered, lowered]
    assert told == ""


def test_one_role_is_printed_as_azures_own_tool_takes_it(registered: None) -> None:
    definition, _ = roles("restarts")
    assert definition["Name"] == "OOH desk restarts"
    assert RESTART in definition["Actions"]


def test_without_components_it_says_that_the_scopes_are_to_be_filled_in(db: None) -> None:
    definitions, told = roles()
    assert [each["AssignableScopes"] for each in definitions] == [[], [], []]
    assert "fill in AssignableScopes" in told


# ---------- What a role lacks ----------


@pytest.mark.parametrize(
    ("held", "is_held"),
    [
        ([], False),
        ([{"actions": [RESTART], "notActions": []}], True),
        ([{"actions": [RESTART.upper()]}], True),
        ([{"actions": ["*"], "notActions": []}], True),
        ([{"actions": ["*"], "notActions": [RESTART.lower()]}], False),
        ([{"actions": ["*"], "notActions": ["Microsoft.Compute/*"]}], False),
        ([{"actions": ["*"], "notActions": ["Microsoft.Compute/*"]}, {"actions": [RESTART]}], True),
        ([{"actions": ["microsoft.compute/*/action"]}], True),
        ([{"actions": ["Microsoft.Compute/virtualMachines/*"], "notActions": ["*/write", "*/delete"]}], True),
        ([{"actions": ["Microsoft.Compute/virtualMachines/*/read", "*/read"]}], False),
        ([{"actions": ["MicrosoftXCompute/virtualMachines/restart/action"]}], False),
        ([{"actions": [f"{RESTART}s", RESTART[:-1]]}], False),
        ([{"dataActions": ["*"]}], False),
        ([{"actions": None}, {"actions": [None, 7]}, {}], False),
    ],
)
def test_wildcards_and_what_is_taken_away_count_as_azure_counts_them(held: Any, is_held: bool) -> None:
    assert is_given(RESTART, held) is is_held


@given(st.text(alphabet="*/aB.[]?+^$\\(", max_size=12))
def test_a_pattern_is_text_and_stars_and_nothing_else(pattern: str) -> None:
    name = pattern.replace("*", "x/y")
    assert is_given(name, [{"actions": [pattern]}])
    assert is_given(name.swapcase(), [{"actions": [pattern]}])


def test_only_what_is_needed_for_this_kind_of_resource_is_missed() -> None:
    lacking = missing("restarts", parse(VM), [{"actions": ["*/read"]}])
    assert lacking == [
        "Microsoft.Compute/virtualMachines/redeploy/action", RESTART,
        "Microsoft.Compute/virtualMachines/start/action",
    ]  # fmt: skip
    assert missing("checks", parse(VM), [{"actions": ["*/read"]}]) == []
    assert "Microsoft.Insights/eventtypes/values/read" in missing("checks", parse(VM), [])
