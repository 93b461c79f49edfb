"""The board's list of what is due: promised calls and near updates, the soonest first, the late above all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.calls import log_call
from incidents.models import Incident
from ooh import board
from tests import factories

Browse = Callable[[User | None], Client]
MINUTES = timedelta(minutes=1)
IT = "IT on-call manager"


@pytest.fixture
def owned(night: Any, incident: Incident, engineer: User) -> Incident:
    """In triage, owned by the engineer, with no update promised."""
    services.begin_triage(incident.pk, by=engineer)
    Incident.objects.update(next_update_due_at=None)
    incident.refresh_from_db()
    return incident


def promise(incident: Incident, by: User, minutes: int, who: str = IT) -> None:
    due = timezone.now() + minutes * MINUTES
    log_call(incident.pk, direction="in", who=who, outcome="spoke", next_call_at=due, by=by)


def due(user: User) -> list[str]:
    return [item.words for item in board.facts(user, timezone.now())["due_items"]]


def urgent(user: User) -> str:
    found = board.facts(user, timezone.now())["urgent"]
    return found["title"] if found else ""


def test_promised_calls_are_listed_the_soonest_first(owned: Incident, engineer: User) -> None:
    promise(owned, engineer, 45, "Ward")
    promise(owned, engineer, 20, "IT")
    assert due(engineer) == ["Ring IT", "Ring Ward"]


def test_an_update_joins_them_five_minutes_before(owned: Incident, engineer: User, night: Any) -> None:
    Incident.objects.update(next_update_due_at=timezone.now() + 15 * MINUTES)
    promise(owned, engineer, 30, "IT")
    assert due(engineer) == ["Ring IT"]
    night.shift(10 * 60)
    assert (urgent(engineer), due(engineer)) == ("Status update in 5 min", ["Ring IT"])
    night.shift(25 * 60)
    assert (urgent(engineer), due(engineer)) == ("Status update 20 min late", ["Ring IT"])


def test_a_late_call_is_the_one_thing_that_cannot_wait_for_everybody(
    owned: Incident, engineer: User, analyst: User, night: Any
) -> None:
    promise(owned, engineer, 2)
    night.shift(6 * 60)
    for person in (engineer, analyst):
        assert urgent(person) == f"Ring {IT}: 4 min late"
    assert due(engineer) == []


def test_a_near_promise_asks_the_side_that_owns_it(
    owned: Incident, engineer: User, analyst: User, partner_auditor: User
) -> None:
    promise(owned, engineer, 4)
    assert urgent(engineer) == f"Ring {IT}: in 4 min"
    for reader in (analyst, partner_auditor):
        assert (urgent(reader), due(reader)) == ("", [f"Ring {IT}"])


def test_it_survives_the_hand_over_and_names_the_owner_of_now(
    owned: Incident, engineer: User, other_engineer: User, browse: Browse
) -> None:
    promise(owned, engineer, 20)
    services.change_owner(owned.pk, reason="", by=other_engineer)
    page = browse(other_engineer).get("/").content.decode()
    assert f"Ring {IT}" in page
    assert "OOH engineer 2 <span" in page  # (you)


def test_what_was_made_or_whose_incident_is_closed_is_not_due(owned: Incident, engineer: User) -> None:
    promise(owned, engineer, 20)
    log_call(owned.pk, direction="out", who=IT, outcome="spoke", by=engineer)
    other = factories.make_incident(by=engineer, next_update_due_at=None)
    promise(other, engineer, 20, "Ward")
    services.decline(other.pk, rule="slow", told_caller="Ring at 08:00", by=engineer)
    assert due(engineer) == []


def test_each_item_leads_to_the_form_that_keeps_it(owned: Incident, engineer: User, browse: Browse) -> None:
    promise(owned, engineer, 20)
    (item,) = board.facts(engineer, timezone.now())["due_items"]
    page = browse(engineer).get(item.url)
    assert page.context["form"]["who"].value() == IT


def test_a_reader_sees_what_is_due_and_no_button(
    owned: Incident, engineer: User, partner_auditor: User, browse: Browse
) -> None:
    promise(owned, engineer, 20)
    page = browse(partner_auditor).get("/?part=do-now", headers={"HX-Request": "true"}).content.decode()
    assert f"Ring {IT}" in page
    assert "Log this call" not in page


def test_what_is_due_costs_the_same_however_much_it_is(
    owned: Incident, engineer: User, browse: Browse, django_assert_num_queries: Any
) -> None:
    browser = browse(engineer)
    promise(owned, engineer, 20)
    browser.get("/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/")
    for number in range(10):
        promise(factories.make_incident(by=engineer), engineer, 20 + number, f"Person {number}")
    with django_assert_num_queries(len(few)):
        browser.get("/")
