"""The wall in PostgreSQL: a query that forgets `visible_to` meets no vendor row, whoever forgot it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.admin import AuditAdmin
from accounts.audit import acting_as
from accounts.chain.verifying import verify
from accounts.models import User
from accounts.wall import connecting, policies
from accounts.wall.identity import Standing, as_system, standing, standing_of
from accounts.wall.middleware import WallMiddleware
from incidents import services
from incidents.freshdesk import conversations
from incidents.freshdesk.rows import conversation_row
from incidents.models import Conversation, Incident, Kind, Ticket, TimelineEntry, Wall
from incidents.models.timeline import TimelineQuerySet
from incidents.tasks import DeskTask
from ooh import checks, packs
from ooh.celery import app
from tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

CANARY = "heliotrope-antimacassar"
OUTSIDE = (Standing.NOBODY, Standing.PARTNER)
INSIDE = (Standing.VENDOR, Standing.SYSTEM)


@pytest.fixture
def vendor_rows(incident: Incident, analyst: User) -> TimelineEntry:
    """A product note, and a private note that was read in the ticket; each with its audit rows."""
    ticket = Ticket.objects.create(incident=incident, number=4001)
    at = timezone.now().isoformat()
    note = {"id": 7001, "private": True, "source": 2, "created_at": at, "updated_at": at, "incoming": False}
    assert conversations.take_in(ticket, [conversation_row({**note, "body": CANARY})]) == 0
    return services.add_product_note(incident.pk, text=f"Schema {CANARY}", by=analyst)


def seen() -> dict[str, int]:
    """How many vendor rows of each kind the database shows to a query that asks for all there are."""
    named = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Conversation))
    return {
        "timeline": TimelineEntry._base_manager.filter(wall=Wall.VENDOR).count(),
        "by its words": TimelineEntry._base_manager.filter(text__contains=CANARY).count(),
        "conversations": Conversation._base_manager.count(),
        "audit": LogEntry.objects.filter(changes__icontains=CANARY).count(),
        "audit of conversations": named.count(),
    }


NOTHING = {"timeline": 0, "by its words": 0, "conversations": 0, "audit": 0, "audit of conversations": 0}


def raw(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def side_in_force() -> str:
    """Beneath everything of ours: what the server itself says."""
    answer = connection.connection.pgconn.exec_(b"SELECT coalesce(current_setting('ooh.side', true), '')")
    return str(answer.get_value(0, 0).decode())


def test_without_visible_to_the_database_shows_vendor_rows_to_the_vendors_side_alone(
    vendor_rows: TimelineEntry,
) -> None:
    for stands in OUTSIDE:
        with standing(stands):
            assert seen() == NOTHING
            assert TimelineEntry._base_manager.count() > 0  # the rest of the timeline is there
            assert LogEntry.objects.filter(changes__icontains="service").exists()
    for stands in INSIDE:
        with standing(stands):
            assert all(seen().values())


def test_nobody_writes_a_vendor_row_from_the_other_side(incident: Incident, engineer: User) -> None:
    with standing(Standing.PARTNER):
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            TimelineEntry.objects.create(
                incident=incident, kind=Kind.PRODUCT_NOTE, wall=Wall.VENDOR, title="x", by=engineer,
                happened_at=timezone.now(),
            )  # fmt: skip
        services.add_note(incident.pk, text="Ours to write", by=engineer)


def test_pages_that_lost_their_visible_to_show_a_partner_no_vendor_row(
    vendor_rows: TimelineEntry, incident: Incident, browse: Callable[[User], Client], engineer: User,
    partner_auditor: User, analyst: User, vendor_auditor: User, api: Callable[[User], APIClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The one test that takes `visible_to` away, and the admin's own filter of the audit trail."""
    monkeypatch.setattr(TimelineQuerySet, "visible_to", lambda rows, user: rows.all())
    monkeypatch.setattr(AuditAdmin, "get_queryset", lambda admin, request: LogEntry.objects.all())
    page, timeline = f"/incidents/{incident.reference}/", f"/api/v1/incidents/{incident.reference}/timeline/"
    audited = LogEntry.objects.get_for_object(vendor_rows).get()
    trail = f"/admin/auditlog/logentry/{audited.pk}/change/"
    for partner in (engineer, partner_auditor):
        assert CANARY.encode() not in browse(partner).get(page).content
        assert CANARY.encode() not in api(partner).get(timeline).content
    assert CANARY.encode() in browse(analyst).get(page).content
    assert CANARY.encode() in api(analyst).get(timeline).content
    assert CANARY.encode() in browse(vendor_auditor).get(trail).content
    assert browse(partner_auditor).get(trail).status_code == 302  # no such entry, says the admin
    assert CANARY.encode() not in browse(partner_auditor).get("/admin/auditlog/logentry/").content


def test_a_task_stands_where_its_actor_does_and_the_desks_own_user_nowhere(
    vendor_rows: TimelineEntry, analyst: User, engineer: User
) -> None:
    class Look(DeskTask):
        name = "tests.look"

        def run(self) -> dict[str, int]:
            return seen()

    Look.bind(app)
    assert Look()() == NOTHING
    for actor, stands in ((User.objects.system(), ""), (engineer, "partner"), (analyst, "vendor")):
        with acting_as(actor, "task"):
            assert (raw("SELECT 1"), side_in_force()) == (1, stands)


def test_a_request_leaves_nothing_on_its_connection(analyst: User, rf: RequestFactory) -> None:
    asked = []

    def view(request: Any) -> Any:
        asked.append((raw("SELECT 1"), side_in_force()))

    for person in (analyst, factories.make_user()):  # the second has no role, and is of the partner
        request = rf.get("/")
        request.user = person
        WallMiddleware(view)(request)
    assert asked == [(1, "vendor"), (1, "partner")]
    with standing(Standing.NOBODY):
        assert (raw("SELECT 1"), side_in_force()) == (1, "")


def test_who_has_left_or_is_of_no_organisation_stands_nowhere(analyst: User) -> None:
    homeless = factories.make_user()
    homeless.organisation = None
    assert (standing_of(analyst), standing_of(homeless)) == (Standing.VENDOR, Standing.NOBODY)
    analyst.is_active = False
    assert standing_of(analyst) == Standing.NOBODY


@pytest.mark.django_db(transaction=True)
def test_what_the_connection_was_told_outlives_no_rollback_unnoticed() -> None:
    """A rolled back transaction takes back what was told in it: the next statement must not trust it."""
    with standing(Standing.SYSTEM):
        raw("SELECT 1")
    with standing(Standing.PARTNER):
        with suppress(ZeroDivisionError), transaction.atomic():
            assert (raw("SELECT 1"), side_in_force()) == (1, "partner")
            with as_system("a part of it"):
                assert (raw("SELECT 1"), side_in_force()) == (1, "system")
            assert (raw("SELECT 1"), side_in_force()) == (1, "partner")
            raise ZeroDivisionError
        assert (raw("SELECT 1"), side_in_force()) == (1, "partner")
        with transaction.atomic():
            raw("SELECT 1")
            with suppress(ZeroDivisionError), transaction.atomic(), as_system("a part of it"):
                raw("SELECT 1")
                raise ZeroDivisionError
            assert (raw("SELECT 1"), side_in_force()) == (1, "partner")
            with as_system("a part of it"), transaction.atomic():
                raw("SELECT 1")
        assert side_in_force() == "partner"
        with pytest.raises(DatabaseError), transaction.atomic():
            raw("SELECT 1 / 0")
        assert (raw("SELECT 1"), side_in_force()) == (1, "partner")


@pytest.mark.django_db(transaction=True)
def test_one_round_trip_tells_and_no_query_is_counted(
    django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Standing] = []
    send = connecting._send

    def count(told: Any, wanted: Standing, *, is_passing: bool) -> None:
        sent.append(wanted)
        send(told, wanted, is_passing=is_passing)

    monkeypatch.setattr(connecting, "_send", count)
    with django_assert_num_queries(6):
        for stands in (Standing.PARTNER, Standing.VENDOR):
            with standing(stands):
                for _ in range(3):
                    raw("SELECT 1")
    assert sent == [Standing.PARTNER, Standing.VENDOR]


# ---------- Whether it stands ----------


@pytest.fixture
def breached() -> Iterator[Callable[[str], list[str]]]:
    """Does something to the tables as their owner may, and tells which stand open then."""

    def breach(sql: str) -> list[str]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, None)
            found = policies.open_tables()
            assert verify().broken
            policies.install()
            assert policies.open_tables() == []
            transaction.set_rollback(True)
        return found

    return breach


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        "CREATE POLICY more ON {table} USING (true)",
        "ALTER POLICY {policy} ON {table} RENAME TO other",
    ],
)
def test_a_wall_with_a_hole_is_found_and_mended(sql: str, breached: Callable[[str], list[str]]) -> None:
    table = TimelineEntry._meta.db_table
    policy = policies._wanted()[table][0]
    assert breached(sql.format(table=table, policy=policy)) == [table]


def test_the_role_of_the_desk_cannot_walk_past_the_wall() -> None:
    assert policies.role_weaknesses() == []
    assert policies.open_tables() == []
    assert set(policies._wanted()) == {
        "accounts_productdetail", "incidents_timelineentry", "incidents_conversation", "auditlog_logentry"
    }  # fmt: skip


def test_checks_and_readiness_tell_of_a_hole(
    client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    assert checks.database_role_is_held_to_the_wall(databases=["default"]) == []
    assert checks.wall_stands_in_the_database(databases=["default"]) == []
    monkeypatch.setattr(policies, "role_weaknesses", lambda: ["is a superuser"])
    monkeypatch.setattr(policies, "open_tables", lambda: ["auditlog_logentry"])
    monkeypatch.setattr(policies, "is_pooled", lambda: True)
    role = checks.database_role_is_held_to_the_wall
    assert [each.id for each in role(databases=["default"])] == ["ooh.W050"]
    settings.PRODUCTION = True
    assert [each.id for each in role(databases=["default"])] == ["ooh.E050"]
    assert role(databases=None) == []  # `check` alone connects to nothing
    assert [each.id for each in checks.wall_stands_in_the_database(databases=["default"])] == [
        "ooh.E051", "ooh.W052"
    ]  # fmt: skip
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["wall"]) == (503, "open")


def test_a_pack_for_the_partner_is_written_on_the_partners_side(
    vendor_rows: TimelineEntry, incident: Incident, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "Wall", SimpleNamespace(VENDOR="no wall"))  # the filter is gone
    told = packs.write_incident(tmp_path / "p.zip", incident, with_vendor_rows=False)
    assert told["files"]["timeline.jsonl"]["rows"] == incident.timeline.for_outside().count()
    whole = packs.write_incident(tmp_path / "v.zip", incident, with_vendor_rows=True)
    assert whole["files"]["timeline.jsonl"]["rows"] == incident.timeline.count()
