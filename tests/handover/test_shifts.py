"""The rota's rows, and the demo's rota."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

import accounts.demo
from accounts.errors import Conflict
from accounts.models import User
from handover import demo, services
from handover.models import ShiftPattern
from incidents.local_time import local
from tests import factories
from tests.handover.making import make_shift

SATURDAY_EVENING = datetime(2026, 11, 21, 21, 0, tzinfo=UTC)


def test_who_is_on_is_listed_once_each_leads_first(engineer, lead):
    make_shift(engineer, 5, time(20), time(8))
    make_shift(engineer, 5, time(19), time(23))
    make_shift(lead, 5, time(20), time(2))
    found = services.on_shift(SATURDAY_EVENING)
    assert [person for person, _ in found] == [lead, engineer]
    assert found[1][1].ends_at == datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize("left", [{"is_active": False}, {"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}])
def test_somebody_who_left_is_on_no_shift_and_leaves_a_gap(engineer, left):
    make_shift(engineer, 5, time(20), time(8))
    User.objects.filter(pk=engineer.pk).update(**left)
    assert services.on_shift(SATURDAY_EVENING) == []
    assert services.gaps_ahead(SATURDAY_EVENING, timedelta(hours=2))


def test_the_desks_people_cover_no_night(analyst):
    make_shift(analyst, 5, time(20), time(8))
    assert services.gaps_ahead(SATURDAY_EVENING, timedelta(hours=2))


def test_a_shift_that_starts_and_ends_at_once_is_refused_by_save_and_by_the_database(engineer):
    with pytest.raises(ValueError, match="starts and ends at the same time"):
        make_shift(engineer, 5, time(8), time(8))
    pattern = make_shift(engineer, 5)
    with pytest.raises(IntegrityError), transaction.atomic():
        ShiftPattern.objects.filter(pk=pattern.pk).update(ends=time(7))


def test_a_shift_is_never_rewritten_or_deleted(engineer, other_engineer):
    pattern = make_shift(engineer, 5)
    pattern.person = other_engineer
    with pytest.raises(TypeError):
        pattern.save()
    with pytest.raises(TypeError):
        pattern.delete()


def test_only_people_who_work_shifts_are_put_on_the_rota(night, lead, manager, engineer):
    given = {"weekday": 5, "starts": time(20), "ends": time(8), "valid_from": date(2026, 11, 28), "by": lead}
    with pytest.raises(ValidationError, match="Choose an engineer or lead"):
        services.add_shift(person=manager, **given)
    with pytest.raises(PermissionDenied):
        services.add_shift(person=engineer, **(given | {"by": engineer}))


def test_a_shift_that_has_ended_is_not_ended_again(night, lead, engineer):
    pattern = make_shift(engineer, 5)
    ShiftPattern.objects.filter(pk=pattern.pk).update(valid_until=date(2026, 11, 1))
    with pytest.raises(Conflict, match="ended already"):
        services.end_shift(pattern.pk, last_day=date(2026, 12, 1), by=lead)


def test_the_next_change_is_told(engineer):
    make_shift(engineer, 5, time(20), time(8))
    assert services.next_change(SATURDAY_EVENING) == datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", ["author", "integration", "alert_source"])
def test_who_sees_no_handovers_sees_no_rota(request, name, engineer):
    make_shift(engineer, 5)
    assert not ShiftPattern.objects.visible_to(request.getfixturevalue(name)).exists()


def test_the_demos_rota_covers_every_hour_out_of_hours_for_a_year_and_seeding_again_changes_nothing(db):
    accounts.demo.seed()
    demo.seed()
    rows = ShiftPattern.objects.count()
    demo.seed()
    assert ShiftPattern.objects.count() == rows
    start = datetime(2026, 10, 1, tzinfo=UTC)
    assert services.gaps_ahead(start, timedelta(days=366)) == []


def test_the_demos_desk_works_from_eight_to_six_on_working_days(db):
    accounts.demo.seed()
    demo.seed()
    for at, is_on in (
        (datetime(2026, 11, 23, 8, tzinfo=UTC), True), (datetime(2026, 11, 23, 18, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 12, tzinfo=UTC), False), (datetime(2026, 12, 25, 12, tzinfo=UTC), False),
    ):  # fmt: skip
        sides = {person.side for person, _ in services.on_shift(at)}
        assert ("vendor" in sides) is is_on, local(at)


def test_seeding_without_the_demos_people_does_nothing(db):
    factories.make_user()
    demo.seed()
    assert not ShiftPattern.objects.exists()
