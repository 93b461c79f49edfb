"""The public pages: what they say, what they never say, and what they cost."""

import re
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ServiceGroup, User
from incidents.models import Incident, OutboxRow, StatusUpdate
from incidents.models.incident import public_token
from incidents.status import edition as editions
from incidents.status import snapshot
from incidents.status.services import post_update
from tests.factories import SUNDAY_NIGHT, make_incident, make_service
from tests.incidents.status.telling import WORDS, plan, publish, say, tell, told_before

pytestmark = pytest.mark.django_db
NOW = SUNDAY_NIGHT


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def page(path: str = "/status/") -> str:
    response = Client().get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def told(night: Any, incident: Incident, engineer: User) -> Incident:
    """Two updates on the page, the next one due at 02:19."""
    tell(incident, "investigating", by=engineer, at=ago(46))
    tell(incident, "identified", "We have found the cause.", by=engineer, at=ago(18.2))
    return incident


def test_a_quiet_page_says_that_all_is_well_and_how_old_it_is(night: Any) -> None:
    make_service()
    shown = page()
    assert "<h1>All services are available</h1>" in shown
    assert "As of Sunday 22 November 2026, 02:07 GMT" in shown
    assert "Compucare 8" in shown
    assert "100% in 90 days" in shown


def test_an_update_appears_only_once_it_is_published(night: Any, incident: Incident, engineer: User) -> None:
    due_at = NOW + timedelta(minutes=30)
    post_update(incident.pk, phase="investigating", words=WORDS, next_update_due_at=due_at, by=engineer)
    assert WORDS not in page()
    publish()
    assert WORDS in page()
    assert not OutboxRow.objects.waiting().filter(destination="status").exists()


def test_what_is_wrong_comes_first_with_its_updates_newest_first_and_the_next_one_due(told: Incident) -> None:
    shown = page()
    assert "<h1>Compucare 8 is unavailable for some hospitals</h1>" in shown
    assert "Compucare 8: users cannot sign in" in shown
    assert shown.index("We have found the cause.") < shown.index(WORDS)
    assert re.search(r"Next update by <time [^>]+>02:19 GMT</time>", shown)
    assert "Unavailable for some" in shown


def test_a_promise_that_was_not_kept_is_said_to_be_late(told: Incident, night: Any) -> None:
    night.shift(timedelta(minutes=15))
    assert re.search(r"The update promised for <time [^>]+>02:19 GMT</time> is late", page())


def test_a_service_that_is_back_is_watched_and_then_resolved(told: Incident, engineer: User) -> None:
    tell(told, "monitoring", "It is back.", by=engineer, service_state="operational")
    shown = page()
    assert "<h1>Available again, and watched: Compucare 8</h1>" in shown
    assert "Compucare 8: available again" in shown
    tell(told, "resolved", "It is resolved.", by=engineer)
    shown = page()
    assert "<h1>All services are available</h1>" in shown
    assert "Happening now" not in shown
    assert "46 min. Resolved" in shown


def test_a_relapse_opens_the_incident_again(told: Incident, engineer: User) -> None:
    tell(told, "resolved", "It is resolved.", by=engineer, at=ago(5))
    tell(told, "investigating", "It is down again.", by=engineer)
    assert "It is down again." in page()
    assert "<h1>Compucare 8 is unavailable for some hospitals</h1>" in page()


def test_several_services_are_counted_and_the_worst_comes_first(told: Incident, engineer: User) -> None:
    other = make_incident(by=engineer, service=make_service("ward", "Compucare Ward"), failure="slow")
    tell(other, by=engineer, service_state="degraded_performance")
    third = make_incident(by=engineer, service=make_service("messagecall", "MessageCall"))
    tell(third, by=engineer)
    shown = page()
    assert "<h1>2 services are unavailable for some hospitals</h1>" in shown
    assert shown.index("Compucare 8: users") < shown.index("Compucare Ward: slow")


def test_only_services_on_the_status_page_are_listed(told: Incident) -> None:
    hidden = make_service("internal", "Internal tools")
    hidden.is_public = False
    hidden.save()
    assert "Internal tools" not in page()


@pytest.mark.parametrize("path", ["/status/", "/status/history/", "/status/history.atom", "incident", "api"])
def test_no_customer_reference_person_or_machine_is_on_any_page(
    told: Incident, engineer: User, path: str
) -> None:
    for address in {
        "incident": [f"/status/{told.public_id}/"],
        "api": [f"/status/api/v2/{name}.json" for name in ("summary", "components", "incidents", "status")],
    }.get(path, [path]):
        shown = page(address)
        for secret in ("Wexcombe", "wexcombe", told.reference, str(told.pk).rjust(5, "0"), engineer.email,
                       "OOH engineer", "IT on-call manager", "01632"):  # fmt: skip
            assert secret not in shown, (address, secret)


def test_the_pages_set_no_cookie_run_no_script_and_may_be_kept_for_five_seconds(
    told: Incident, engineer: User
) -> None:
    signed_in = Client()
    signed_in.force_login(engineer, backend="accounts.backends.RoleBackend")
    for browser in (Client(), signed_in):
        for path in ("/status/", f"/status/{told.public_id}/", "/status/history/"):
            response = browser.get(path)
            shown = response.content.decode()
            assert response["Cache-Control"] == "public, max-age=5"
            assert "Cookie" not in response.get("Vary", "")
            assert not response.cookies
            assert "<script" not in shown
            assert "csrf" not in shown
            assert "style=" not in shown
            assert engineer.name not in shown


def test_no_page_and_no_style_asks_anything_of_another_host(told: Incident, settings: Any) -> None:
    """Names of namespaces are no addresses; what only the desk can do leads to the desk."""
    settings.PUBLIC_URL = "https://desk.example.org"
    known = {"desk.example.org", "www.w3.org"}
    for path in ("", f"{told.public_id}/", "history/", "maintenance/", "style.css", "favicon.svg"):
        hosts = set(re.findall(r"(?:https?:|[\"'(])//([\w.-]+)", page(f"/status/{path}")))
        assert hosts <= known, path
    assert "@import" not in page("/status/style.css")


def test_the_pages_are_only_read(told: Incident) -> None:
    assert Client().post("/status/").status_code == 405
    assert Client().head("/status/").status_code == 200


def test_an_incident_has_an_address_of_its_own_with_all_its_updates(told: Incident, engineer: User) -> None:
    for number in range(5):
        tell(told, "identified", f"Still at it, {number}.", by=engineer, at=ago(10 - number))
    assert "4 earlier updates" in page()
    shown = page(f"/status/{told.public_id}/")
    assert all(f"Still at it, {number}." in shown for number in range(5))
    assert WORDS in shown
    assert "7 updates" in shown


@pytest.mark.parametrize(
    "path", ["bcdfghjk", "history/2026-13", "history/1999-01", "history/2026-12", "history/9999-12"]
)
def test_what_does_not_exist_is_404(told: Incident, path: str) -> None:
    assert Client().get(f"/status/{path}/").status_code == 404


def test_an_incident_that_the_public_was_not_told_of_has_no_page(incident: Incident) -> None:
    response = Client().get(f"/status/{incident.public_id}/")
    assert response.status_code == 404
    assert "No such incident" in response.content.decode()


def test_the_history_goes_month_by_month(told: Incident, engineer: User) -> None:
    older = make_incident(by=engineer)
    tell(older, by=engineer, at=datetime(2026, 9, 30, 23, 30, tzinfo=UTC))  # October on the clocks of the UK
    tell(older, "resolved", "Done.", by=engineer, at=datetime(2026, 10, 1, 1, 0, tzinfo=UTC))
    this_month, october = page("/status/history/"), page("/status/history/2026-10/")
    assert "November 2026" in this_month
    assert told.public_id in this_month
    assert older.public_id not in this_month
    assert "/status/history/2026-10/" in this_month
    assert older.public_id in october
    assert "1 h 30 min. Resolved" in october
    assert "/status/history/2026-11/" in october
    assert "No incidents were published" in page("/status/history/2026-09/")
    assert "/status/history/2026-08/" not in page("/status/history/2026-09/")


def test_each_service_shows_its_90_days_with_the_rule_beside_it(told: Incident, engineer: User) -> None:
    shown = page()
    assert "Compucare 8: 99.96% available in 90 days, 1 day with a problem" in shown
    assert '<path fill="url(#d2)" d="M445 0h5v24h-5z"/>' in shown
    assert "A day is red when the service was unavailable for some at any time of it" in shown


def test_the_pages_cost_the_same_however_much_happened(night: Any, incident: Incident) -> None:
    paths = ("", "history/", "maintenance/", "api/v2/summary.json", "api/v2/incidents.json", "history.atom")

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as taken:
            page(f"/status/{path}")
        return len(taken)

    busy(incident, services=2, incidents=2)
    before = {path: queries(path) for path in paths}
    busy(incident)
    assert {path: queries(path) for path in paths} == before
    assert max(before.values()) <= 15


def test_a_full_page_and_its_style_stay_within_50_kilobytes(
    night: Any, incident: Incident, manager: User
) -> None:
    """12 services in groups, 30 incidents of which eight are open, long words, maintenance of each kind."""
    busy(incident)
    say(plan(by=manager, begins_in=0), "scheduled", "in_progress", by=manager)
    for number in range(8):
        say(plan(by=manager, begins_in=60 * number + 60), "scheduled", by=manager)
    style = len(page("/status/style.css").encode())
    shown = page()
    assert shown.count('class="component"') == 12
    assert shown.count('<article class="outage') == 6
    assert shown.count("</a>, since <time") == 2, "what has no room is a link"
    for path in ("/status/", "/status/history/", "/status/maintenance/"):
        size = len(page(path).encode())
        assert size + style < 50_000, (path, size)


def test_the_pages_of_the_longest_incident_stay_within_50_kilobytes(night: Any, incident: Incident) -> None:
    words = "It’s “long”. " * 150
    long = told_before(incident, [("identified", f"{n}: {words}", ago(60 - n)) for n in range(20)])
    style = len(page("/status/style.css").encode())
    seen, part = "", f"/status/{long.public_id}/"
    while part:
        shown = page(part)
        assert len(shown.encode()) + style < 50_000
        seen += shown
        older = re.search(r'href="([^"]+)">Older updates', shown)
        part = older[1] if older else ""
    assert all(f">{number}: It" in seen for number in range(20))
    assert seen.count("<!doctype html>") > 2
    assert Client().get(f"/status/{long.public_id}/99/").status_code == 404
    assert len(page().encode()) + style < 50_000


def test_a_month_of_hundreds_of_incidents_has_pages_within_50_kilobytes(
    night: Any, incident: Incident
) -> None:
    """Open ones, whose lines are the longest."""
    storm(incident, 260)
    style = len(page("/status/style.css").encode())
    seen, part = [], "/status/history/"
    while part:
        shown = page(part)
        assert len(shown.encode()) + style < 50_000
        seen += re.findall(r'<li><b>[^<]*</b> <a href="/status/([a-z0-9]{8})/">', shown)
        older = re.search(r'href="([^"]+)">Older incidents', shown)
        part = older[1] if older else ""
    assert len(seen) == len(set(seen)) == 260
    assert {"/status/history/2026-11/2/", "/status/history/2026-11/3/"} <= set(
        snapshot.addresses(editions.refreshed())
    )
    assert Client().get("/status/history/2026-11/4/").status_code == 404
    assert len(page().encode()) + style < 50_000


def storm(like: Incident, count: int) -> None:
    """So many open incidents of this hour, told of once each. In bulk."""
    made = []
    for number in range(count):
        one = copy(like)
        one._state = copy(like._state)
        one.pk, one.reference, one.public_id = None, f"OOH-2024-{number:05}", public_token()
        one.public_phase = "identified"
        made.append(one)
    update = {"phase": "identified", "words": WORDS, "posted_by": like.logged_by, "published_at": NOW}
    update |= {"service_state": "major_outage", "next_update_due_at": NOW + timedelta(minutes=30)}
    StatusUpdate.objects.bulk_create(
        StatusUpdate(incident=one, posted_at=ago(number), **update)
        for number, one in enumerate(Incident.objects.bulk_create(made))
    )


def busy(like: Incident, services: int = 12, incidents: int = 30) -> None:
    """As many services in three groups and incidents, the first eight open with six updates each."""
    groups = [
        ServiceGroup.objects.get_or_create(code=f"group-{number}", defaults={"name": f"Group {number}"})[0]
        for number in range(3)
    ]
    made = [make_service(f"service-{number}", f"Compucare part {number}") for number in range(services - 1)]
    for number, service in enumerate([like.service, *made]):
        service.group = groups[number % 3]
        service.save()
    for number in range(incidents):
        begins = 60 + number * 4000
        said = [("identified", WORDS * 5, ago(begins - step)) for step in range(6 if number < 8 else 1)]
        if number >= 8:
            said.append(("resolved", WORDS, ago(begins - 30)))
        told_before(like, said, service=([like.service, *made])[number % services])


def test_the_way_to_get_updates_leads_to_the_desk_from_a_copy_too(night: Any, settings: Any) -> None:
    settings.PUBLIC_URL = "https://desk.example.org"
    make_service()
    shown = page()
    assert '<a href="https://desk.example.org/status/subscribe/">Get updates</a>' in shown
    assert 'href="https://desk.example.org/status/subscribe/webhook/"' in shown
