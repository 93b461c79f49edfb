"""The same for machines, in the shape that readers of Statuspage and of Atom know."""

import re
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from accounts.models import User
from incidents.models import Incident
from tests.factories import SUNDAY_NIGHT, make_service
from tests.incidents.status.telling import tell, told_before

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def read(name: str) -> Any:
    response = Client().get(f"/status/api/v2/{name}.json")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cache-Control"] == "public, max-age=5"
    return response.json()


@pytest.fixture
def told(night: Any, incident: Incident, engineer: User) -> Incident:
    tell(incident, by=engineer, at=SUNDAY_NIGHT - timedelta(minutes=20))
    tell(incident, "identified", "We have found it.", by=engineer, service_state="partial_outage")
    return incident


def test_the_summary_has_page_components_open_incidents_and_status(told: Incident) -> None:
    seen = read("summary")
    assert set(seen) == {"page", "components", "incidents", "scheduled_maintenances", "status"}
    assert seen["status"] == {"indicator": "minor", "description": "Compucare 8 is partly available"}
    (component,) = seen["components"]
    assert (component["id"], component["name"], component["status"]) == (
        "compucare8", "Compucare 8", "partial_outage",
    )  # fmt: skip
    assert seen["page"]["updated_at"] == "2026-11-22T02:07:12.000Z"
    assert [one["id"] for one in seen["incidents"]] == [told.public_id]


def test_an_incident_tells_its_updates_newest_first_and_what_each_changed(told: Incident) -> None:
    (incident,) = read("incidents/unresolved")["incidents"]
    assert (incident["name"], incident["status"], incident["impact"]) == (
        "Compucare 8: users cannot sign in", "identified", "major",
    )  # fmt: skip
    newest, oldest = incident["incident_updates"]
    assert (newest["body"], newest["id"]) == ("We have found it.", f"{told.public_id}-2")
    assert newest["affected_components"] == [
        {
            "code": "compucare8", "name": "Compucare 8", "old_status": "major_outage",
            "new_status": "partial_outage",
        }
    ]  # fmt: skip
    assert oldest["created_at"] == "2026-11-22T01:47:12.000Z"
    assert incident["resolved_at"] is None
    assert incident["shortlink"].endswith(f"/status/{told.public_id}/")


def test_resolved_incidents_stay_in_the_list_and_leave_what_is_unresolved(
    told: Incident, engineer: User
) -> None:
    tell(told, "resolved", "Done.", by=engineer)
    assert read("incidents/unresolved")["incidents"] == []
    (incident,) = read("incidents")["incidents"]
    assert (incident["status"], incident["resolved_at"]) == ("resolved", "2026-11-22T02:07:12.000Z")
    assert read("status")["status"] == {"indicator": "none", "description": "All services are available"}
    assert read("components")["components"][0]["status"] == "operational"


def test_at_most_50_incidents_are_listed_the_newest_first(told: Incident) -> None:
    for _ in range(51):
        told_before(told, [("investigating", "We look.", SUNDAY_NIGHT)])
    listed = read("incidents")["incidents"]
    assert len(listed) == 50
    assert told.public_id not in [one["id"] for one in listed]


def test_the_feed_has_one_entry_for_each_incident_rewritten_as_updates_come(
    told: Incident, engineer: User
) -> None:
    tell(told, "monitoring", "Sign in <again> & tell us.", by=engineer, service_state="operational")
    response = Client().get("/status/history.atom")
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(response.content)  # noqa: S314  (our own)
    assert re.fullmatch(r"tag:[^,]+,2005:/history", feed.findtext(f"{ATOM}id") or "")
    (entry,) = feed.findall(f"{ATOM}entry")
    assert (entry.findtext(f"{ATOM}id") or "").endswith(f"Incident/{told.public_id}")
    content = entry.findtext(f"{ATOM}content") or ""
    assert "<strong>Monitoring</strong> - Sign in &lt;again&gt; &amp; tell us." in content
    assert content.index("Monitoring") < content.index("Investigating")


def test_no_time_is_empty_where_a_strict_reader_reads_one(told: Incident) -> None:
    """Some parse `created_at` and `updated_at` of everything, and stop at a null."""
    seen = read("summary")
    things = [*seen["components"], *seen["incidents"], *seen["incidents"][0]["incident_updates"]]
    assert all(STAMP.fullmatch(each[name]) for each in things for name in ("created_at", "updated_at"))
    assert STAMP.fullmatch(seen["page"]["updated_at"])


def test_before_anything_was_ever_told_the_shapes_are_whole(night: Any) -> None:
    make_service()
    (component,) = read("components")["components"]
    assert component["created_at"] == component["updated_at"] == "2026-11-22T02:07:00.000Z"
    for name in ("incidents", "incidents/unresolved"):
        assert read(name)["incidents"] == []
    for name in ("", "/active", "/upcoming"):
        assert read(f"scheduled-maintenances{name}")["scheduled_maintenances"] == []
    for kind in ("atom", "rss"):
        assert Client().get(f"/status/history.{kind}").status_code == 200


def test_what_xml_cannot_hold_is_left_out_of_the_feeds(
    night: Any, incident: Incident, engineer: User
) -> None:
    tell(incident, words="Before\x0cafter\x1b.", by=engineer)
    for kind in ("atom", "rss"):
        content = Client().get(f"/status/history.{kind}").content
        ElementTree.fromstring(content)  # noqa: S314  (our own)
        assert b"Beforeafter." in content
