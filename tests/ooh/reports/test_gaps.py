"""Incidents for which no SOP fitted: counted by service and failure, told in page, CSV and API."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

import handover.services
from accounts.models import Team, User
from incidents.models import Incident
from ooh.reports.figures import figures
from ooh.reports.months import Month
from ooh.reports.words import stood_out
from tests.factories import make_incident, make_service
from tests.ooh.reports.calls import LONG_AFTER, call
from tests.ooh.reports.conftest import LONG_NIGHT

Browse = Callable[[User | None], Client]
ADDRESS = "/reports/2026-10/"
WHY = "Renew the certificate"

pytestmark = pytest.mark.usefixtures("night")


@pytest.fixture
def lacking(engineer: User, team: Team) -> Callable[..., Incident]:
    """An incident of October for which somebody said that no SOP fits."""

    def make(reason: str = WHY, **facts: Any) -> Incident:
        with time_machine.travel(LONG_NIGHT, tick=False):
            incident = make_incident(by=engineer, reported_at=LONG_NIGHT, **facts)
            handover.services.state_sop_gap(incident.pk, team=team, reason=reason, by=engineer)
        return incident

    return make


Lacking = Callable[..., Incident]


def text_of(client: Client) -> str:
    answer = client.get(ADDRESS)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_they_are_counted_by_service_and_failure_most_first() -> None:
    calls = [
        call(failure="other", sop_gap="A"), call(failure="cannot_sign_in", sop_gap="B"),
        call(failure="other", sop_gap="C"), call(service="MessageCall", failure="other", sop_gap="D"),
        call(failure="other"),
    ]  # fmt: skip
    found = figures(calls, Month(2026, 10), now=LONG_AFTER, desk_nation="ENG")
    assert found.no_sop_fitted == 4
    assert [(line.service, line.failure, line.count) for line in found.gaps] == [
        ("Compucare 8", "other", 2), ("Compucare 8", "cannot_sign_in", 1), ("MessageCall", "other", 1),
    ]  # fmt: skip
    assert [each.sop_gap for each in found.gaps[0].incidents] == ["A", "C"]


def test_a_month_without_any_says_so(browse: Browse, manager: User, engineer: User) -> None:
    with time_machine.travel(LONG_NIGHT, tick=False):
        make_incident(by=engineer, reported_at=LONG_NIGHT)
    page = text_of(browse(manager))
    assert "Nobody said that no SOP fits." in page
    assert "No SOP fitted 1" not in page


def test_the_page_names_service_failure_reference_and_reason(
    browse: Browse, manager: User, lacking: Lacking
) -> None:
    first, second = lacking(), lacking("Clear the queue", service=make_service("messagecall", "MessageCall"))
    page = text_of(browse(manager))
    assert f"Compucare 8 Nobody can sign in 1 {first.reference} Renew the certificate" in page
    assert f"MessageCall Nobody can sign in 1 {second.reference} Clear the queue All 2" in page
    assert "No SOP fitted 2 incidents. They were escalated. What was missing stands below." in page


def test_of_one_incident_is_spoken_as_of_one() -> None:
    found = figures([call(sop_gap="A")], Month(2026, 10), now=LONG_AFTER, desk_nation="ENG")
    said = [" ".join(each) for each in stood_out(found)]
    assert "No SOP fitted 1 incident. It was escalated. What was missing stands below." in said


def rows(client: Client, table: str) -> list[dict[str, str]]:
    answer = client.get(ADDRESS, {"format": "csv", "table": table})
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_the_csv_has_them_as_a_table_and_beside_their_calls(
    browse: Browse, manager: User, lacking: Lacking
) -> None:
    incident = lacking("=1+1")
    (row,) = rows(browse(manager), "gaps")
    assert (row["Reference"], row["Service"], row["What does not work"]) == (
        incident.reference, "Compucare 8", "Nobody can sign in",
    )  # fmt: skip
    assert row["What an SOP would have had to do"] == "'=1+1"  # text, never a formula
    assert row["Reported, local"] == "2026-10-25 01:30:00 BST"
    (beside,) = rows(browse(manager), "incidents")
    assert beside["No SOP fitted: what one would have had to do"] == "'=1+1"


def test_the_api_has_the_same(api: Any, manager: User, lacking: Lacking) -> None:
    incident = lacking()
    found = api(manager).get("/api/v1/reports/2026-10/").json()
    assert found["no_sop_fitted"] == 1
    assert found["sop_gaps"] == [
        {
            "service": "Compucare 8", "failure": "cannot_sign_in", "count": 1,
            "incidents": [{"reference": incident.reference, "reason": WHY}],
        }
    ]  # fmt: skip


def test_rehearsals_are_never_counted(browse: Browse, api: Any, manager: User, lacking: Lacking) -> None:
    lacking(is_rehearsal=True)
    assert api(manager).get("/api/v1/reports/2026-10/").json()["no_sop_fitted"] == 0
    assert WHY not in text_of(browse(manager))
    assert rows(browse(manager), "gaps") == []


def test_it_belongs_to_the_month_of_its_call(api: Any, manager: User, lacking: Lacking, team: Team) -> None:
    incident = lacking()
    Incident.objects.filter(pk=incident.pk).update(reported_at=LONG_NIGHT - timedelta(days=30))
    assert api(manager).get("/api/v1/reports/2026-10/").json()["no_sop_fitted"] == 0
    assert api(manager).get("/api/v1/reports/2026-09/").json()["no_sop_fitted"] == 1
