"""The demo's history where it begins in one year and is seeded in the next."""

from datetime import UTC, datetime

import time_machine

import accounts.demo
from incidents import demo
from incidents.models import Incident


def test_on_the_first_of_january_the_old_year_is_numbered_in_its_own_counter(db: None) -> None:
    with time_machine.travel(datetime(2027, 1, 1, 0, 10, tzinfo=UTC), tick=False):
        accounts.demo.seed()
        demo.seed()
    assert not Incident.objects.exclude(reference__startswith="OOH-2026-").exists()
    assert Incident.objects.count() > 20
