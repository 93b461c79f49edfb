"""`manage.py sync_roles`: groups follow the table, and what the admin is asked for beyond it is refused."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.models import Permission as DjangoPermission
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import AccessEvent, User
from accounts.roles import Role, Side
from tests import factories

Browse = Callable[[User], Client]


def sync(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("sync_roles", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.django_db
def test_each_role_gets_its_group_and_the_second_time_nothing_changes() -> None:
    Group.objects.all().delete()
    with pytest.raises(CommandError, match="not as in the table"):
        sync("--check")
    assert not Group.objects.exists()  # it only looked
    assert sync()[-1] == f"{len(Role)} put right."
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)
    assert sync() == ["The groups follow the table."]
    assert sync("--check") == ["The groups follow the table."]


def test_what_was_added_beyond_the_table_goes(engineer: User, analyst: User) -> None:
    sync()
    house = Group.objects.create(name="house_admins")
    all_there_is = DjangoPermission.objects.all()[:5]
    Group.objects.get(name=Role.OOH_ENGINEER).permissions.add(*all_there_is)
    engineer.user_permissions.add(*all_there_is)
    engineer.groups.add(house, Group.objects.get(name=Role.DESK_ANALYST))
    assert len(sync()) == 5
    engineer = User.objects.get(pk=engineer.pk)
    assert engineer.roles == {Role.OOH_ENGINEER}
    assert [group.name for group in engineer.groups.all()] == [Role.OOH_ENGINEER]
    assert not engineer.user_permissions.exists()
    assert not Group.objects.get(name=Role.OOH_ENGINEER).permissions.exists()
    assert AccessEvent.objects.get(person=engineer).detail.startswith("Desk analyst was taken away")
    assert User.objects.get(pk=analyst.pk).roles == {Role.DESK_ANALYST}
    assert sync() == ["The groups follow the table."]


def test_the_admin_refuses_what_stands_beyond_the_table(
    browse: Browse, manager: User, engineer: User
) -> None:
    page, address = browse(manager), f"/admin/accounts/user/{engineer.pk}/change/"
    identities = {"identities-TOTAL_FORMS": "0", "identities-INITIAL_FORMS": "0"}
    form = {
        "email": engineer.email, "name": engineer.name, "organisation": engineer.organisation_id,
        "is_active": "on", **identities,
    }  # fmt: skip
    for beyond in (Role.DESK_ANALYST, Role.SERVICE_MANAGER, "root"):
        answer = page.post(address, form | {"roles_chosen": [Role.OOH_ENGINEER, beyond]})
        assert "roles_chosen" in answer.context["adminform"].form.errors, beyond
    group, tick = Group.objects.create(name="house_admins"), DjangoPermission.objects.earliest("pk")
    forged = {"is_superuser": "on", "is_staff": "on", "groups": [group.pk], "user_permissions": [tick.pk]}
    answer = page.post(address, form | forged | {"roles_chosen": [Role.OOH_ENGINEER]})
    assert answer.status_code == 302  # taken without what was forged
    engineer = User.objects.get(pk=engineer.pk)
    assert (engineer.roles, engineer.is_superuser, engineer.side) == (
        {Role.OOH_ENGINEER},
        False,
        Side.PARTNER,
    )
    assert list(engineer.groups.values_list("name", flat=True)) == [Role.OOH_ENGINEER]
    assert not engineer.user_permissions.exists()
    for screen in ("auth/group/", "auth/permission/", "guardian/userobjectpermission/", "knox/authtoken/"):
        assert page.get(f"/admin/{screen}").status_code == 404


def test_the_demo_and_the_tests_people_stand_inside_the_table(engineer: User, manager: User) -> None:
    factories.make_user(Role.AUDITOR, side=Side.PARTNER)
    sync()
    assert sync("--check") == ["The groups follow the table."]
