"""Readers that others wrote, over a socket: an exporter of Statuspage's interface, and feedparser."""

import importlib
import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import feedparser
import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.models import ServiceGroup, User
from incidents.models import Incident, Maintenance
from incidents.status.services import correct_update
from tests.factories import SUNDAY_NIGHT, make_service
from tests.incidents.status.telling import plan, publish, say, tell

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("night")]


@pytest.fixture
def told(incident: Incident, engineer: User, manager: User) -> Incident:
    """An outage of two services in a group, corrected, and maintenance of a third that is in progress."""
    group = ServiceGroup.objects.create(code="compucare", name="Compucare")
    ward = make_service("ward", "Compucare Ward")
    for service in (incident.service, ward):
        service.group = group
        service.save()
    at = SUNDAY_NIGHT - timedelta(minutes=20)
    wrong = tell(incident, words="Two <mistakes>.", by=engineer, at=at, affected={"ward": "partial_outage"})
    correct_update(wrong.pk, words="None & nothing.", by=engineer)
    publish()
    messages = make_service("messagecall", "MessageCall")
    say(plan(messages, by=manager, begins_in=0), "scheduled", "in_progress", by=manager)
    return incident


@pytest.fixture
def exporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """statuspage-prometheus-exporter, which reads a file of services here and keeps a cache here."""
    (tmp_path / "services.json").write_text(json.dumps({}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERVICES_JSON_PATH", str(tmp_path / "services.json"))
    yield importlib.import_module("statuspage_prometheus_exporter.service_checker")
    for name in [name for name in sys.modules if name.startswith("statuspage_prometheus_exporter")]:
        del sys.modules[name]


def test_a_reader_of_statuspage_understands_components_incidents_and_maintenance(
    told: Incident, live_server: LiveServer, exporter: Any
) -> None:
    found = exporter.check_service_status("desk", {"url": f"{live_server.url}/status/api/v2/summary.json"})
    assert found["success"], found
    assert (found["raw_status"], found["status"]) == ("major", 0)
    assert {each["name"]: each["status"] for each in found["component_metadata"]} == {
        "Compucare": "major_outage", "Compucare 8": "major_outage", "Compucare Ward": "partial_outage",
        "MessageCall": "under_maintenance",
    }  # fmt: skip
    (incident,) = found["incident_metadata"]
    assert (incident["id"], incident["status"], incident["impact"]) == (
        told.public_id, "investigating", "major",
    )  # fmt: skip
    assert incident["started_at"] == "2026-11-22T01:47:12.000Z"
    assert incident["affected_components"] == ["Compucare 8", "Compucare Ward"]
    assert incident["shortlink"].endswith(f"/status/{told.public_id}/")
    (maintenance,) = found["maintenance_metadata"]
    assert (maintenance["name"], maintenance["status"]) == ("Database upgrade", "in_progress")
    assert maintenance["scheduled_end"] == "2026-11-22T03:07:12.000Z"
    assert maintenance["affected_components"] == ["MessageCall"]


def test_a_reader_of_statuspage_sees_that_all_is_well_again(
    told: Incident, engineer: User, live_server: LiveServer, exporter: Any
) -> None:
    tell(told, "resolved", "Over.", by=engineer)
    say(Maintenance.objects.get(), "completed", by=Maintenance.objects.get().planned_by)
    found = exporter.check_service_status("desk", {"url": f"{live_server.url}/status/api/v2/summary.json"})
    assert (found["status"], found["raw_status"], found["details"]) == (
        1,
        "none",
        "All services are available",
    )
    assert (found["incident_metadata"], found["maintenance_metadata"]) == ([], [])


@pytest.mark.parametrize(("kind", "version"), [("atom", "atom10"), ("rss", "rss20")])
def test_feedparser_reads_each_feed_without_a_complaint(
    told: Incident, live_server: LiveServer, kind: str, version: str
) -> None:
    found = feedparser.parse(f"{live_server.url}/status/history.{kind}")
    assert (found.status, found.bozo, found.version) == (200, False, version)
    assert found.headers["content-type"].startswith(f"application/{kind}+xml")
    assert found.feed.title == "Service Status: history"
    assert {entry.title for entry in found.entries} == {
        "Compucare 8: users cannot sign in", "Database upgrade",
    }  # fmt: skip
    outage = next(entry for entry in found.entries if entry.id.endswith(f"Incident/{told.public_id}"))
    assert outage.link.endswith(f"/status/{told.public_id}/")
    changed = outage.updated_parsed if kind == "atom" else outage.published_parsed
    assert tuple(changed)[:5] == (2026, 11, 22, 2, 7)
    words = outage.content[0].value if kind == "atom" else outage.description
    assert "<strong>Investigating</strong> - None &amp; nothing." in words
    assert "<del>Two &lt;mistakes&gt;.</del>" in words
    assert "Corrected 02:07 GMT" in words


def test_a_follower_of_the_feed_is_told_when_nothing_is_new(told: Incident, live_server: LiveServer) -> None:
    address = f"{live_server.url}/status/history.atom"
    first = feedparser.parse(address)
    again = feedparser.parse(address, etag=first.etag)
    assert (again.status, again.entries) == (304, [])
