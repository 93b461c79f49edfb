"""Resource ids: read in any letter case, and nothing else is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sops.actions.azure.resource_ids import parse, same
from sops.actions.outcomes import Refused
from tests.sops.azure.estate import IDS
from tests.standins.azure import SUBSCRIPTION, VM

SUB = f"/subscriptions/{SUBSCRIPTION}"


def test_an_id_is_taken_apart() -> None:
    database = parse(f"{SUB}/resourcegroups/RG-One/providers/Microsoft.Sql/servers/s1/databases/d1/")
    assert (database.subscription, database.group, database.name) == (SUBSCRIPTION, "RG-One", "d1")
    assert database.type == "microsoft.sql/servers/databases"
    assert str(database.parent) == f"{SUB}/resourceGroups/RG-One/providers/Microsoft.Sql/servers/s1"
    assert database.group_path == f"{SUB}/resourceGroups/RG-One"
    assert str(parse(SUB)) == parse(SUB).group_path == parse(SUB).subscription_path == SUB


def test_ids_that_differ_by_letter_case_are_the_same() -> None:
    assert same(VM, VM.upper())
    assert hash(parse(VM)) == hash(parse(VM.lower()))
    assert not same(VM, f"{VM}x")
    assert not same("", "")


def test_a_resource_holds_itself_and_what_is_below_it_and_no_namesake() -> None:
    machine = parse(VM)
    assert machine.holds(VM.upper())
    assert machine.holds(f"{VM}/extensions/script1")
    assert not machine.holds(f"{VM}0")
    assert not machine.holds(machine.group_path)
    assert not machine.holds("")


@pytest.mark.parametrize("text", IDS.values())
def test_an_id_of_each_kind_is_read_and_written_back(text: str) -> None:
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "/", "vm-1", "https://management.azure.com" + VM, VM[1:], f"/{VM}", f"{SUB}/resourceGroups",
        "/subscriptions/not-a-guid", f"{SUB}/resourceGroups/..", f"{SUB}/resourceGroups/a/providers",
        f"{SUB}/resourceGroups/a/providers/Microsoft.Compute", f"{VM}/extensions", f"{VM}/..//x",
        f"{VM}/providers/Microsoft.Authorization/roleAssignments/x", f"{VM}?api-version=1", f"{VM}#x",
        f"{VM}%2f..", f"{SUB}/resourceGroups/a/providers/Evil.Corp/things/x",
        f"{SUB}/resourceGroups/a/providers/Microsoft.Compute/virtual machines/x",
        f"{SUB}/resourceGroups/a/providers/Microsoft.Compute/virtualMachines/{'x' * 200}",
        f"{SUB}/resourceGroups/ä/providers/Microsoft.Compute/virtualMachines/x",
        f"{SUB}/providers/Microsoft.Compute/virtualMachines/x",
    ],
)  # fmt: skip
def test_what_is_no_id_is_refused_and_says_where_to_correct_it(text: str) -> None:
    with pytest.raises(Refused, match="Correct it in the register"):
        parse(text)


def test_spaces_around_an_id_do_no_harm() -> None:
    assert str(parse(f" {VM}\n")) == VM


@given(st.text(max_size=200))
def test_no_text_gets_through_that_could_lead_elsewhere(text: str) -> None:
    try:
        read = str(parse(f"{VM}/databases/{text}"))
    except Refused:
        return
    assert not set(read) & set("?#%\\&=: \n\t@")
    assert "//" not in read
    assert "/../" not in f"{read}/"


def test_a_subscription_has_no_parent_and_a_child_needs_a_name() -> None:
    with pytest.raises(Refused):
        _ = parse(SUB).parent
    with pytest.raises(Refused):
        parse(VM).child("extensions", "../x")
