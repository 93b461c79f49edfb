"""People: one e-mail address is one person, and what they may do is on record."""

from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from django.test import Client

from accounts.models import Organisation, User
from accounts.roles import Permission, Role
from incidents.models import Incident
from tests import factories

Browse = Callable[[User | None], Client]


def test_a_change_of_roles_is_on_record(browse: Browse, manager: User, engineer: User) -> None:
    form = {
        "email": engineer.email, "name": engineer.name, "organisation": engineer.organisation_id,
        "roles_chosen": [Role.OOH_ENGINEER, Role.OOH_LEAD], "is_active": "on",
        "identities-TOTAL_FORMS": 0, "identities-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert browse(manager).post(f"/admin/accounts/user/{engineer.pk}/change/", form).status_code == 302
    entry = LogEntry.objects.get_for_object(engineer).latest("id")
    assert (entry.actor, entry.changes["groups"]["operation"]) == (manager, "add")


def test_an_address_in_capitals_is_the_same_person(browse: Browse, manager: User, engineer: User) -> None:
    form = {
        "email": engineer.email.upper(), "name": "A second one", "organisation": engineer.organisation_id,
        "roles_chosen": [], "usable_password": "true",
        "password1": factories.PASSWORD, "password2": factories.PASSWORD,
    }  # fmt: skip
    answer = browse(manager).post("/admin/accounts/user/add/", form)
    assert "email" in answer.context["adminform"].form.errors
    assert User.objects.filter(name="A second one").count() == 0


@pytest.mark.django_db
def test_a_new_person_signs_in_whatever_the_case_of_the_address(browse: Browse, manager: User) -> None:
    house = Organisation.objects.get(side="vendor")
    form = {
        "email": "New.Person@Example.org", "name": "Analyst 9", "organisation": house.pk,
        "roles_chosen": [Role.DESK_ANALYST], "usable_password": "true",
        "password1": factories.PASSWORD, "password2": factories.PASSWORD,
    }  # fmt: skip
    browse(manager).post("/admin/accounts/user/add/", form)
    browser = Client()
    answer = browser.post("/sign-in/", {"username": "NEW.person@example.ORG", "password": factories.PASSWORD})
    assert answer.status_code == 302
    assert User.objects.get(name="Analyst 9").email == "new.person@example.org"


def test_a_superuser_holds_no_grant_of_an_incident(incident: Incident) -> None:
    boss = User.objects.create_superuser("boss@example.org", factories.PASSWORD)
    assert not boss.has_perm("incidents.share_incident", incident)
    assert not boss.has_perm(Permission.VIEW_INCIDENT, incident)
    assert boss.has_perm(Permission.MANAGE_PEOPLE)
