"""The demo's Service Status: whole, fit to be posted, and the same however often it is seeded."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

import accounts.demo
from accounts.models import Service
from incidents import demo_status
from incidents.models import Maintenance, MaintenanceUpdate, StatusTemplate
from incidents.status.public_words import refuse_unfit
from tests.factories import SUNDAY_NIGHT

pytestmark = pytest.mark.django_db


@pytest.fixture
def seeded(night: Any) -> None:
    accounts.demo.seed()
    demo_status.seed(SUNDAY_NIGHT)


@pytest.mark.usefixtures("seeded")
def test_every_public_service_stands_in_a_group_and_one_maintenance_is_to_come() -> None:
    assert not Service.objects.on_status_page().filter(group=None).exists()
    shown = Client().get("/status/").content.decode()
    assert "<h1>All services are available</h1>" in shown
    assert "Yearly upgrade of the message queue" in shown
    assert "Move to new servers" in Client().get("/status/maintenance/").content.decode()


@pytest.mark.usefixtures("seeded")
def test_seeding_again_adds_nothing_until_the_maintenance_is_over() -> None:
    before = MaintenanceUpdate.objects.count()
    demo_status.seed(SUNDAY_NIGHT)
    assert MaintenanceUpdate.objects.count() == before
    assert StatusTemplate.objects.in_force().count() == 1
    demo_status.seed(SUNDAY_NIGHT + timedelta(weeks=2))
    assert Maintenance.objects.count() == 3


@pytest.mark.usefixtures("seeded")
def test_its_words_could_have_been_posted() -> None:
    for update in MaintenanceUpdate.objects.all():
        refuse_unfit(words=update.words, title=update.maintenance.title)
    for template in StatusTemplate.objects.all():
        refuse_unfit(may_have_blanks=True, words=template.words)
