"""The board: what is most urgent, for whom, and what somebody without a role may read of the list."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.roles import Side
from incidents import services
from incidents.models import Incident
from ooh import board
from tests import factories

Browse = Callable[[User | None], Client]
NOBODY = "Nobody has this incident yet"


def urgent(user: User) -> str:
    found = board.facts(user, timezone.now())["urgent"]
    return found["title"] if found else ""


@pytest.mark.usefixtures("night")
def test_a_new_incident_waits_for_the_partner(incident: Incident, engineer: User, analyst: User) -> None:
    assert urgent(engineer) == NOBODY
    assert urgent(analyst) == ""


def test_what_came_back_in_the_day_waits_for_the_desk(
    engineer: User, analyst: User, time_machine: Any
) -> None:
    time_machine.move_to(factories.MONDAY_NOON, tick=False)
    incident = factories.make_incident(by=engineer, state="triaging")
    services.resolve(incident.pk, resolution="Back", restored_at=timezone.now(), by=engineer)
    services.reopen(incident.pk, reason="Down again", by=engineer)
    assert urgent(analyst) == NOBODY
    assert urgent(engineer) == ""


def test_an_auditor_is_asked_to_take_nothing(incident: Incident, partner_auditor: User) -> None:
    assert urgent(partner_auditor) == ""


def test_the_list_names_no_hospital_to_somebody_without_a_role(incident: Incident, browse: Browse) -> None:
    stranger = factories.make_user(side=Side.PARTNER)
    answer = browse(stranger).get("/incidents/")
    assert incident.customer.name not in answer.content.decode()


def test_the_list_offers_every_hospital_to_an_engineer(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    assert incident.customer.name in browse(engineer).get("/incidents/").content.decode()
