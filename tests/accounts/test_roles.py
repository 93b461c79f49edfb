"""The table of roles grants what it says, and nothing else grants."""

import pytest
from django.contrib.auth.models import Permission as DjangoPermission

from accounts.models import Customer, User
from accounts.roles import PERMISSIONS, SIDES, VENDOR_ONLY, Permission, Role, Side, permissions_of
from tests import factories

PARTNER_ROLES = [role for role in Role if Side.PARTNER in SIDES[role]]


@pytest.mark.parametrize("role", Role)
def test_each_role_holds_its_row_of_the_table(role: Role) -> None:
    side = sorted(SIDES[role])[-1]
    assert permissions_of({role}, side) >= PERMISSIONS[role]


@pytest.mark.parametrize("role", Role)
def test_a_role_on_the_wrong_side_grants_nothing(role: Role) -> None:
    for side in set(Side) - SIDES[role]:
        assert permissions_of({role}, side) == frozenset()
    assert permissions_of({role}, None) == frozenset()


def test_no_combination_of_partner_roles_reaches_product_data() -> None:
    assert not permissions_of(set(Role), Side.PARTNER) & VENDOR_ONLY


def test_no_role_writes_and_approves_sops() -> None:
    assert not [r for r in Role if {Permission.WRITE_SOP, Permission.APPROVE_SOP} <= PERMISSIONS[r]]


def test_the_auditor_changes_nothing() -> None:
    verbs = {permission.split(".")[1].split("_")[0] for permission in PERMISSIONS[Role.AUDITOR]}
    assert verbs <= {"view", "use"}


def test_a_permission_ticked_by_hand_grants_nothing(db: None) -> None:
    nobody = factories.make_user()
    nobody.user_permissions.add(*DjangoPermission.objects.all())
    assert not User.objects.get(pk=nobody.pk).has_perm("incidents.view_incident")


def test_somebody_who_left_may_do_nothing(engineer: User) -> None:
    assert engineer.has_perm(Permission.BEGIN_TRIAGE)
    engineer.is_active = False
    assert not engineer.has_perm(Permission.BEGIN_TRIAGE)


def test_nobody_without_a_role_sees_customers(customer: Customer) -> None:
    assert not Customer.objects.visible_to(factories.make_user()).exists()
