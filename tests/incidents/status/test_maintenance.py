"""Planned maintenance: it moves by what is posted, the public sees that, the desk what is late."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Service, User
from incidents.models import Incident, Maintenance, MaintenanceUpdate, OutboxRow
from incidents.status.maintenance import (
    FOLLOWING,
    change_plan,
    plan_maintenance,
    post_maintenance,
)  # fmt: skip
from incidents.status.spreading import register, spread
from tests.factories import SUNDAY_NIGHT, make_service
from tests.incidents.status.telling import plan, publish, say, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night")]
Browse = Callable[[User], Client]
PHASES = [phase.value for phase in MaintenanceUpdate.Phase]


def read(path: str) -> str:
    answer = Client().get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def planned(manager: User) -> Maintenance:
    """From 03:07 to 04:07 GMT, told to nobody."""
    return plan(by=manager)


# ---------- Planning and posting ----------


def test_what_is_planned_is_seen_by_nobody_outside_before_it_is_announced_and_published(
    planned: Maintenance, manager: User
) -> None:
    address = f"/status/maintenance/{planned.public_id}/"
    assert Client().get(address).status_code == 404
    post_maintenance(planned.pk, phase="scheduled", words="We plan work.", by=manager)
    assert "Database upgrade" not in read("/status/")
    publish()
    for path in ("/status/", "/status/maintenance/", address):
        assert "Database upgrade" in read(path)
    assert "We plan work." in read(address)
    assert "03:07 GMT</time> to 04:07 GMT" in read(address).replace("\n", "")


def test_each_phase_is_shown_where_it_belongs(planned: Maintenance, manager: User) -> None:
    say(planned, "scheduled", by=manager)
    assert "<h1>All services are available</h1>" in read("/status/")
    assert "Planned maintenance</h2>" in read("/status/")
    say(planned, "in_progress", by=manager)
    assert "Maintenance in progress</h2>" in read("/status/")
    assert ">In progress</h2>" in read("/status/maintenance/")
    say(planned, "verifying", by=manager)
    assert "<h1>Compucare 8 is under planned maintenance</h1>" in read("/status/")
    say(planned, "completed", by=manager)
    assert "Database upgrade" not in read("/status/")
    shown = read("/status/maintenance/")
    assert shown.index(">Past</h2>") < shown.index("Database upgrade")


@pytest.mark.parametrize("before", ["", *PHASES])
@pytest.mark.parametrize("phase", PHASES)
def test_a_phase_follows_only_those_that_the_table_names(
    planned: Maintenance, manager: User, before: str, phase: str
) -> None:
    if before:
        MaintenanceUpdate.objects.create(
            maintenance=planned, phase=before, words="So far.", posted_by=manager, posted_at=timezone.now()
        )
    if phase in FOLLOWING[before]:
        assert post_maintenance(planned.pk, phase=phase, words="Now.", by=manager).phase == phase
    else:
        with pytest.raises(Conflict, match="after that"):
            post_maintenance(planned.pk, phase=phase, words="Now.", by=manager)


def test_a_double_click_posts_once(planned: Maintenance, manager: User, analyst: User) -> None:
    first = post_maintenance(planned.pk, phase="scheduled", words="We plan work.", by=manager)
    assert post_maintenance(planned.pk, phase="scheduled", words="We plan work.", by=manager) == first
    assert planned.updates.count() == 1
    assert post_maintenance(planned.pk, phase="scheduled", words="We plan work.", by=analyst) != first


def test_the_window_moves_with_the_words_that_say_so(planned: Maintenance, manager: User) -> None:
    later = planned.ends_at + timedelta(hours=2)
    say(planned, "scheduled", by=manager)
    say(planned, "scheduled", by=manager, starts_at=planned.starts_at + timedelta(hours=1), ends_at=later)
    say(planned, "in_progress", by=manager)
    planned.refresh_from_db()
    with pytest.raises(ValidationError, match="Only its end may change"):
        say(planned, "in_progress", by=manager, starts_at=planned.starts_at - timedelta(minutes=9))
    say(planned, "in_progress", by=manager, ends_at=later + timedelta(hours=1))
    planned.refresh_from_db()
    assert planned.ends_at == later + timedelta(hours=1)


@pytest.mark.parametrize("role", ["engineer", "lead", "specialist", "approver", "partner_auditor"])
def test_only_those_with_the_permission_plan_and_post(
    planned: Maintenance, role: str, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(role)
    with pytest.raises(PermissionDenied):
        plan(by=person)
    with pytest.raises(PermissionDenied):
        change_plan(
            planned.pk, title="Mine", services=[make_service()], starts_at=planned.starts_at,
            ends_at=planned.ends_at, by=person,
        )  # fmt: skip
    with pytest.raises(PermissionDenied):
        post_maintenance(planned.pk, phase="scheduled", words="Mine.", by=person)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"), ({"title": "Wexcombe Park Hospital moves"}, "title"),
        ({"title": "Restart of app-cc8-x-prod"}, "title"), ({"title": "NHS number 999 012 3456"}, "title"),
        ({"services": []}, "services"), ({"starts_at": None}, "starts_at"), ({"ends_at": None}, "ends_at"),
        ({"starts_at": SUNDAY_NIGHT + timedelta(days=1)}, "ends_at"),
        ({"ends_at": SUNDAY_NIGHT + timedelta(days=8)}, "ends_at"),
        ({"starts_at": SUNDAY_NIGHT - timedelta(hours=2), "ends_at": SUNDAY_NIGHT}, "ends_at"),
    ],
)  # fmt: skip
def test_a_plan_that_is_wrong_is_refused_by_field(
    customer: Any, manager: User, wrong: dict[str, Any], field: str
) -> None:
    given = {
        "title": "Upgrade", "services": [make_service()], "starts_at": SUNDAY_NIGHT + timedelta(hours=1),
        "ends_at": SUNDAY_NIGHT + timedelta(hours=2), **wrong,
    }  # fmt: skip
    with pytest.raises(ValidationError) as raised:
        plan_maintenance(**given, by=manager)
    assert list(raised.value.message_dict) == [field]


@pytest.mark.parametrize(
    "words", ["", "At Wexcombe Park Hospital.", "See signin.example.org", "Until {end}."]
)
def test_unfit_words_are_not_posted(customer: Any, planned: Maintenance, manager: User, words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        post_maintenance(planned.pk, phase="scheduled", words=words, by=manager)
    assert list(raised.value.message_dict) == ["words"]


def test_every_draft_is_fit_to_be_posted(planned: Maintenance, manager: User) -> None:
    for phase in ("scheduled", "in_progress", "verifying", "completed"):
        say(planned, phase, by=manager)
    say(plan(by=manager), "scheduled", "cancelled", by=manager)


def test_a_plan_changes_until_it_is_announced(planned: Maintenance, manager: User) -> None:
    given = {"services": [make_service("ward", "Ward")], "starts_at": planned.starts_at,
             "ends_at": planned.ends_at}  # fmt: skip
    assert change_plan(planned.pk, title="Another title", **given, by=manager).title == "Another title"
    say(planned, "scheduled", by=manager)
    with pytest.raises(Conflict, match="announced"):
        change_plan(planned.pk, title="A third", **given, by=manager)


def test_what_was_published_is_spread_to_whoever_follows_once(
    planned: Maintenance, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []
    monkeypatch.setattr("incidents.status.spreading._followers", [])
    register(heard.append)
    update = post_maintenance(planned.pk, phase="scheduled", words="We plan work.", by=manager)
    publish()
    assert heard == [update]
    row = OutboxRow.objects.get(destination="status")
    assert (row.lane, row.words) == (f"maintenance:{planned.public_id}", "a maintenance update")
    spread(update)
    assert len(heard) == 2


# ---------- What it does to the pages ----------


def test_maintenance_counts_as_no_outage_and_an_incident_during_it_does(
    planned: Maintenance, incident: Incident, manager: User, engineer: User, night: Any
) -> None:
    say(planned, "scheduled", "in_progress", by=manager)
    night.shift(timedelta(hours=5))
    assert "Compucare 8: 100% available in 90 days, no days with a problem" in read("/status/")
    assert "Planned maintenance counts as neither" in read("/status/history/")
    tell(incident, by=engineer)
    night.shift(timedelta(hours=5))
    assert "Compucare 8: 99.76% available in 90 days, 1 day with a problem" in read("/status/")


def test_the_clock_alone_changes_nothing_for_the_public(
    planned: Maintenance, manager: User, night: Any
) -> None:
    say(planned, "scheduled", by=manager)
    night.shift(timedelta(hours=9))
    assert "<h1>All services are available</h1>" in read("/status/")
    assert Client().get("/status/api/v2/components.json").json()["components"][0]["status"] == "operational"


def test_the_machines_are_told_of_it_in_their_own_lists(planned: Maintenance, manager: User) -> None:
    def listed(name: str) -> list[str]:
        told = Client().get(f"/status/api/v2/{name}.json").json()["scheduled_maintenances"]
        return [one["status"] for one in told]

    names = ("summary", "scheduled-maintenances", "scheduled-maintenances/upcoming",
             "scheduled-maintenances/active")  # fmt: skip
    say(planned, "scheduled", by=manager)
    assert [listed(name) for name in names] == [["scheduled"], ["scheduled"], ["scheduled"], []]
    say(planned, "in_progress", by=manager)
    assert [listed(name) for name in names] == [["in_progress"], ["in_progress"], [], ["in_progress"]]
    summary = Client().get("/status/api/v2/summary.json").json()
    assert summary["status"]["indicator"] == "maintenance"
    (told,) = summary["scheduled_maintenances"]
    assert (told["scheduled_for"], told["scheduled_until"]) == (
        "2026-11-22T03:07:12.000Z", "2026-11-22T04:07:12.000Z",
    )  # fmt: skip
    assert (told["impact"], told["components"][0]["status"]) == ("maintenance", "under_maintenance")
    assert [update["status"] for update in told["incident_updates"]] == ["in_progress", "scheduled"]
    say(planned, "completed", by=manager)
    assert [listed(name) for name in names] == [[], ["completed"], [], []]


def test_a_cancelled_one_is_over_for_readers_who_know_no_such_word(
    planned: Maintenance, manager: User
) -> None:
    say(planned, "scheduled", "cancelled", by=manager)
    (told,) = Client().get("/status/api/v2/scheduled-maintenances.json").json()["scheduled_maintenances"]
    assert (told["status"], told["resolved_at"]) == ("completed", "2026-11-22T02:07:12.000Z")
    assert "does not take place" in told["incident_updates"][0]["body"]
    assert "Cancelled" in read("/status/maintenance/")


# ---------- The desk's own pages ----------


def form_of(at: datetime, name: str) -> dict[str, str]:
    return {name: f"{at:%H:%M}", f"{name}_day": f"{at:%Y-%m-%d}"}


def test_it_is_planned_announced_and_completed_by_forms(
    service: Service, manager: User, browse: Browse
) -> None:
    browser, starts_at = browse(manager), datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
    ends_at = starts_at + timedelta(hours=2)
    window = form_of(starts_at, "starts_at") | form_of(ends_at, "ends_at")
    refused = browser.post("/maintenance/plan/", {"title": "Database upgrade", **window})
    assert refused.status_code == 422
    assert "Choose the services that may be away" in refused.content.decode()
    assert 'value="Database upgrade"' in refused.content.decode()
    sent = browser.post("/maintenance/plan/", {"title": "Database upgrade", "services": service.pk, **window})
    address = sent["Location"]
    found = Maintenance.objects.get()
    assert (found.starts_at, found.ends_at) == (starts_at, ends_at)
    assert "Not announced" in browser.get("/maintenance/").content.decode()
    for phase in ("scheduled", "in_progress", "completed"):
        shown = browser.get(address).content.decode()
        assert f'value="{phase}"' in shown
        posted = browser.post(f"{address}update/", {"phase": phase, "words": f"It is {phase} now."})
        assert posted.status_code == 302
    assert [update.phase for update in found.updates.all()] == ["completed", "in_progress", "scheduled"]
    assert "composer" not in browser.get(address).content.decode()
    assert browser.post(f"{address}update/", {"phase": "verifying", "words": "Again."}).status_code == 409


def test_the_preview_shows_what_stands_in_the_way_and_stores_nothing(
    planned: Maintenance, manager: User, browse: Browse
) -> None:
    address = f"/maintenance/{planned.public_id}/update/"
    given = {"phase": "scheduled", "words": "See {workaround}."}
    shown = browse(manager).post(f"{address}preview/", given).content.decode()
    assert "Cannot be published" in shown
    assert "Fill in “{workaround}”" in shown
    part = browse(manager).post(f"{address}preview/", given, headers={"HX-Request": "true"}).content.decode()
    assert part.startswith('<div class="preview"')
    refused = browse(manager).post(address, given)
    assert refused.status_code == 422
    assert "See {workaround}." in refused.content.decode()
    assert not planned.updates.exists()


def test_an_engineer_reads_and_posts_nothing(planned: Maintenance, engineer: User, browse: Browse) -> None:
    browser, address = browse(engineer), f"/maintenance/{planned.public_id}/"
    assert "Database upgrade" in browser.get("/maintenance/").content.decode()
    assert "composer" not in browser.get(address).content.decode()
    for forbidden in ("/maintenance/plan/", f"{address}plan/"):
        assert browser.get(forbidden).status_code == 403
    for forbidden in ("update/", "update/preview/"):
        assert browser.post(address + forbidden, {"phase": "scheduled", "words": "x"}).status_code == 403


def test_a_specialist_reads_what_is_published_nowhere_but_on_the_public_page(
    planned: Maintenance, specialist: User, browse: Browse
) -> None:
    for path in ("/maintenance/", f"/maintenance/{planned.public_id}/"):
        assert browse(specialist).get(path).status_code == 403


@pytest.mark.parametrize(("phases", "words"), [(("scheduled",), "It was to begin Sun 22 Nov 03:07 GMT"),
    (("scheduled", "in_progress"), "It was to end Sun 22 Nov 04:07 GMT")])  # fmt: skip
def test_what_begins_or_ends_without_a_word_is_overdue_for_the_desk(
    planned: Maintenance, manager: User, engineer: User, browse: Browse, night: Any, phases: tuple[str, ...],
    words: str,
) -> None:  # fmt: skip
    say(planned, *phases, by=manager)
    assert not Maintenance.objects.overdue(timezone.now())
    night.shift(timedelta(hours=3))
    assert list(Maintenance.objects.overdue(timezone.now())) == [planned]
    for path in ("/maintenance/", f"/maintenance/{planned.public_id}/", "/"):
        assert words in browse(engineer).get(path).content.decode(), path


def test_what_is_over_or_was_never_announced_is_not_overdue(
    planned: Maintenance, manager: User, night: Any
) -> None:
    say(plan(by=manager), "scheduled", "cancelled", by=manager)
    say(plan(by=manager), "scheduled", "in_progress", "completed", by=manager)
    night.shift(timedelta(days=1))
    assert not Maintenance.objects.overdue(timezone.now())
