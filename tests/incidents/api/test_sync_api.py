"""`/api/v1/sync/`: each change once and in order, whoever writes meanwhile; and never a vendor row."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.roles import Role
from incidents import services
from incidents.models import Conversation, Incident, Ticket, TimelineEntry, Wall
from incidents.timeline import record
from tests import factories

Api = Callable[[User | None], APIClient]
INCIDENTS, TIMELINE = "/api/v1/sync/incidents/", "/api/v1/sync/timeline/"
CANARY = "heliotrope-antimacassar"


@pytest.fixture(autouse=True)
def _settled(settings: Any) -> None:
    settings.SYNC_SETTLES_AFTER = 0


@pytest.fixture
def sync(ticket_sync: User, api: Api) -> APIClient:
    return api(ticket_sync)


def pages(client: APIClient, address: str, **asked: Any) -> Iterator[dict[str, Any]]:
    """Answer after answer, until there is no more now."""
    answer = client.get(address, asked).json()
    yield answer
    while answer["next"]:
        answer = client.get(answer["next"]).json()
        yield answer


def rows(client: APIClient, address: str, **asked: Any) -> list[dict[str, Any]]:
    return [row for answer in pages(client, address, **asked) for row in answer["results"]]


def queries_of(client: APIClient, address: str, **asked: Any) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, asked).status_code == 200
    return len(captured)


# ---------- What it says ----------


def test_incidents_come_with_their_ticket(sync: APIClient, incident: Incident) -> None:
    Ticket.objects.create(incident=incident, number=4001, merged_into=3900, seen_status=3)
    (row,) = rows(sync, INCIDENTS)
    assert (row["reference"], row["state"], row["ticket"]["number"]) == (incident.reference, "logged", 4001)
    assert (row["ticket"]["current_number"], row["ticket"]["status_seen"]) == (3900, 3)
    Ticket.objects.all().delete()
    (row,) = rows(sync, INCIDENTS)
    assert row["ticket"] is None


def test_the_timeline_says_which_incident_ticket_and_note(
    sync: APIClient, incident: Incident, engineer: User
) -> None:
    ticket = Ticket.objects.create(incident=incident, number=4001)
    ours = services.add_note(incident.pk, text="Ours", by=engineer)
    theirs = record(incident, "note", "Note", "Theirs", by=User.objects.vendors_desk(), announces=False)
    Conversation.objects.create(ticket=ticket, number=7001, entry=ours, is_ours=True)
    Conversation.objects.create(ticket=ticket, number=7002, entry=theirs)
    told = {row["text"]: row for row in rows(sync, TIMELINE)}
    assert (told["Ours"]["conversation"], told["Ours"]["is_from_freshdesk"]) == (7001, False)
    assert (told["Theirs"]["conversation"], told["Theirs"]["is_from_freshdesk"]) == (7002, True)
    assert told["Ours"]["incident"] == incident.reference
    assert told["Ours"]["ticket"] == 4001


def test_a_ticket_leads_to_its_incident_also_by_the_one_that_took_it_in(
    sync: APIClient, incident: Incident, engineer: User
) -> None:
    other = factories.make_incident(by=engineer)
    Ticket.objects.create(incident=incident, number=4001, merged_into=3900)
    Ticket.objects.create(incident=other, number=4002, merged_into=3900)
    one = sync.get("/api/v1/sync/tickets/4001/").json()
    assert [each["reference"] for each in one["incidents"]] == [incident.reference]
    both = sync.get("/api/v1/sync/tickets/3900/").json()
    assert [each["reference"] for each in both["incidents"]] == [incident.reference, other.reference]


@pytest.mark.parametrize("number", ["9", "0", "999999999999999999"])
def test_a_ticket_that_is_not_ours_is_not_found(sync: APIClient, incident: Incident, number: str) -> None:
    assert sync.get(f"/api/v1/sync/tickets/{number}/").status_code == 404


def test_no_vendor_row_and_no_trace_of_one(sync: APIClient, incident: Incident, analyst: User) -> None:
    hidden = services.add_product_note(incident.pk, text=CANARY, by=analyst)
    shared = record(
        incident, "note", "Note", "Shared", by=User.objects.vendors_desk(), supersedes=hidden, announces=False
    )
    told = rows(sync, TIMELINE)
    assert CANARY not in str(told)
    assert hidden.pk not in [row["id"] for row in told]
    (row,) = [row for row in told if row["id"] == shared.pk]
    assert row["supersedes"] is None


def test_a_correction_names_what_it_corrects(sync: APIClient, incident: Incident, engineer: User) -> None:
    first = services.add_note(incident.pk, text="One", by=engineer)
    second = record(incident, "note", "Note", "Two", by=engineer, supersedes=first)
    told = {row["id"]: row["supersedes"] for row in rows(sync, TIMELINE)}
    assert told[second.pk] == first.pk


def test_the_table_alone_opens_vendor_rows(incident: Incident, analyst: User, api: Api) -> None:
    services.add_product_note(incident.pk, text=CANARY, by=analyst)
    both = factories.make_user(Role.TICKET_SYNC, Role.DESK_ANALYST)
    assert CANARY in str(rows(api(both), TIMELINE))


def test_rehearsals_are_no_incidents(sync: APIClient, engineer: User) -> None:
    rehearsal = factories.make_incident(by=engineer, is_rehearsal=True)
    Ticket.objects.create(incident=rehearsal, number=4001)
    assert (rows(sync, INCIDENTS), rows(sync, TIMELINE)) == ([], [])
    assert sync.get("/api/v1/sync/tickets/4001/").status_code == 404


def test_one_incidents_timeline_alone(sync: APIClient, incident: Incident, engineer: User) -> None:
    other = factories.make_incident(by=engineer)
    told = rows(sync, TIMELINE, incident=other.reference)
    assert {row["incident"] for row in told} == {other.reference}
    assert rows(sync, TIMELINE, incident="OOH-2020-99999") == []


# ---------- Cursors ----------


@pytest.mark.parametrize("address", [INCIDENTS, TIMELINE])
def test_every_row_comes_once_and_in_order_whatever_the_size_of_a_page(
    sync: APIClient, engineer: User, address: str
) -> None:
    for _ in range(5):
        factories.make_incident(by=engineer)
    if address == INCIDENTS:  # as an UPDATE of many at once leaves them
        Incident.objects.filter(pk__gt=Incident.objects.earliest("pk").pk).update(changed_at=timezone.now())
    name = "reference" if address == INCIDENTS else "id"
    whole = [row[name] for row in rows(sync, address, page_size=100)]
    assert len(whole) == len(set(whole)) >= 5
    for size in (1, 2, 3):
        assert [row[name] for row in rows(sync, address, page_size=size)] == whole


@pytest.mark.parametrize("address", [INCIDENTS, TIMELINE])
def test_a_cursor_goes_on_for_ever_and_only_with_what_is_new(
    sync: APIClient, incident: Incident, engineer: User, address: str
) -> None:
    *_, last = pages(sync, address)
    assert last["next"] is None
    again = sync.get(address, {"cursor": last["cursor"]}).json()
    assert (again["results"], again["cursor"], again["next"]) == ([], last["cursor"], None)
    services.begin_triage(incident.pk, by=engineer)
    news = sync.get(address, {"cursor": last["cursor"]}).json()["results"]
    assert len(news) == 1


def test_an_incident_that_changes_while_it_is_listed_comes_again_and_none_is_skipped(
    sync: APIClient, engineer: User
) -> None:
    incidents = [factories.make_incident(by=engineer) for _ in range(4)]
    seen = []
    for answer in pages(sync, INCIDENTS, page_size=1):
        seen += [row["reference"] for row in answer["results"]]
        if len(seen) == 2:
            services.begin_triage(incidents[0].pk, by=engineer)  # listed already
            services.begin_triage(incidents[2].pk, by=engineer)  # still to come
    assert sorted(set(seen)) == sorted(str(each) for each in incidents)
    assert seen.count(str(incidents[0])) == 2
    assert seen.count(str(incidents[2])) == 1


def test_updated_since_begins_at_that_instant(sync: APIClient, incident: Incident, engineer: User) -> None:
    entry = services.add_note(incident.pk, text="Now", by=engineer)
    since = entry.written_at.isoformat()
    assert [row["id"] for row in rows(sync, TIMELINE, updated_since=since)] == [entry.pk]
    later = (entry.written_at + timedelta(microseconds=1)).isoformat()
    assert rows(sync, TIMELINE, updated_since=later) == []


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"cursor": "nonsense"}, 404), ({"cursor": "bm9uc2Vuc2U="}, 404), ({"cursor": ""}, 400),
        ({"cursor": "MjAyNi0xMS0yMlQwMjowNzoxMnwx"}, 404), ({"cursor": "é"}, 404),
        ({"updated_since": "yesterday"}, 400), ({"updated_since": "2026-11-22T02:07:12"}, 400),
        ({"page_size": "0"}, 400), ({"page_size": "101"}, 400), ({"page": "2"}, 400),
        ({"wall": "vendor"}, 400), ({"incident": "OOH\0"}, 400),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_named(
    sync: APIClient, incident: Incident, asked: dict[str, str], status: int
) -> None:
    assert sync.get(TIMELINE, asked).status_code == status


def test_what_is_being_written_elsewhere_is_waited_for(
    sync: APIClient, incident: Incident, settings: Any
) -> None:
    settings.SYNC_SETTLES_AFTER = 3600
    assert (rows(sync, TIMELINE), rows(sync, INCIDENTS)) == ([], [])


# ---------- What it costs ----------


def test_queries_do_not_grow_with_the_rows(sync: APIClient, incident: Incident, engineer: User) -> None:
    Ticket.objects.create(incident=incident, number=4001)
    for address in (INCIDENTS, TIMELINE):
        rows(sync, address)  # the roles are read once for each person, and who read is written once an hour
    few = {address: queries_of(sync, address) for address in (INCIDENTS, TIMELINE)}
    for number in range(6):
        other = factories.make_incident(by=engineer)
        Ticket.objects.create(incident=other, number=5000 + number, merged_into=4001)
    assert {address: queries_of(sync, address) for address in few} == few
    horizon = connection.vendor == "postgresql"
    assert few == {INCIDENTS: 2 + horizon, TIMELINE: 3 + horizon}
    assert queries_of(sync, "/api/v1/sync/tickets/4001/") == 2


# ---------- While others write ----------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_is_committed_late_does_not_slip_in_behind_the_cursor(api: Api) -> None:
    """One transaction has its row and its time, another begins later and ends sooner."""
    engineer, reader = factories.make_user(Role.OOH_ENGINEER), factories.make_user(Role.TICKET_SYNC)
    slow, quick = (factories.make_incident(by=engineer) for _ in range(2))
    client = api(reader)
    *_, last = pages(client, TIMELINE)
    *_, before = pages(client, INCIDENTS)
    written, may_end = Event(), Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                services.add_note(slow.pk, text="Slow", by=engineer)
                services.set_next_action(slow.pk, text="Slow", by=engineer)
                written.set()
                assert may_end.wait(20)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write_slowly)
        assert written.wait(20)
        services.add_note(quick.pk, text="Quick", by=engineer)
        services.set_next_action(quick.pk, text="Quick", by=engineer)
        meanwhile = client.get(TIMELINE, {"cursor": last["cursor"]}).json()
        changed = client.get(INCIDENTS, {"cursor": before["cursor"]}).json()
        may_end.set()
        writer.result(20)
    assert (meanwhile["results"], changed["results"]) == ([], [])
    after = rows(client, TIMELINE, cursor=meanwhile["cursor"])
    assert [row["text"] for row in after] == ["Slow", "Slow", "Quick", "Quick"]
    moved = rows(client, INCIDENTS, cursor=changed["cursor"])
    assert [row["reference"] for row in moved] == [str(slow), str(quick)]


@pytest.mark.django_db(transaction=True)
def test_with_four_writers_and_a_reader_each_entry_is_read_once(api: Api) -> None:
    engineer, reader = factories.make_user(Role.OOH_ENGINEER), factories.make_user(Role.TICKET_SYNC)
    incidents = [factories.make_incident(by=engineer) for _ in range(4)]
    client, seen, is_over = api(reader), [], Event()

    def write(incident: Incident) -> None:
        try:
            for number in range(10):
                services.add_note(incident.pk, text=f"Note {number}", by=engineer)
        finally:
            connection.close()

    def read(cursor: str | None) -> str | None:
        asked = {"page_size": 7, **({"cursor": cursor} if cursor else {})}
        for answer in pages(client, TIMELINE, **asked):
            seen.extend(row["id"] for row in answer["results"])
            cursor = answer["cursor"]
        return cursor

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, incident) for incident in incidents]
        cursor = None
        while not is_over.is_set():
            if all(writer.done() for writer in writers):
                is_over.set()
            cursor = read(cursor)
        for writer in writers:
            writer.result()
    written = TimelineEntry.objects.exclude(wall=Wall.VENDOR).values_list("pk", flat=True)
    assert len(seen) == len(set(seen))
    assert sorted(seen) == sorted(written)
