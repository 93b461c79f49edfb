"""Several querysets in one statement come back as they would one by one."""

from datetime import UTC
from typing import Any

import pytest
from django.db.models import F, Max

from accounts.models import Customer, Organisation, Team, User
from accounts.roles import Role
from accounts.together import together
from tests import factories

pytestmark = pytest.mark.django_db


def test_rows_of_several_models_come_back_whole_in_one_query(django_assert_num_queries: Any) -> None:
    person = factories.make_user(Role.OOH_LEAD, phone="01632 960113")
    User.objects.filter(pk=person.pk).update(last_login=factories.MONDAY_NOON)
    team = factories.make_team()
    with django_assert_num_queries(1):
        found = together(
            people=User.objects.filter(pk=person.pk).annotate(
                organisation_name=F("organisation__name"), seen_at=Max("last_login")
            ),
            teams=Team.objects.all(),
            nobody=User.objects.none(),
            customers=Customer.objects.filter(pk=0),
        )
    (read,), (team_read,) = found["people"], found["teams"]
    person.refresh_from_db()
    assert vars(read).keys() - {"_state", "organisation_name", "seen_at"} <= vars(person).keys()
    columns = [field.attname for field in User._meta.concrete_fields]
    assert [getattr(read, name) for name in columns] == [getattr(person, name) for name in columns]
    assert read.last_login.tzinfo is UTC
    assert read.seen_at == factories.MONDAY_NOON
    assert read.organisation_name == person.organisation.name
    assert (team_read, team_read.name) == (team, team.name)
    assert (found["nobody"], found["customers"]) == ([], [])


def test_what_only_leaves_out_does_not_travel(django_assert_num_queries: Any) -> None:
    factories.make_user(Role.OOH_LEAD)
    (read,) = together(leads=User.objects.with_role(Role.OOH_LEAD).only("name"))["leads"]
    assert read.get_deferred_fields() == {
        field.attname for field in User._meta.concrete_fields if field.name not in ("id", "name")
    }
    with django_assert_num_queries(1):
        assert read.password


def test_nothing_to_read_is_no_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert together(people=User.objects.none()) == {"people": []}


@pytest.mark.parametrize("rows", [
    lambda: User.objects.select_related("team"), lambda: Organisation.objects.all()[:3],
])  # fmt: skip
def test_what_would_be_lost_is_refused(rows: Any) -> None:
    with pytest.raises(ValueError, match="people"):
        together(people=rows())
