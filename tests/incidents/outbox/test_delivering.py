"""Claims, order, back-off and parking, whatever the destination."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from incidents.models import Heartbeat, Incident, OutboxRow
from incidents.outbox import registry, tasks
from incidents.outbox.tasks import LEASE, PARK_AFTER, deliver, sweep
from incidents.outbox.writing import announce, announce_many
from tests.factories import make_incident

pytestmark = pytest.mark.django_db


class Place:
    """A destination that keeps what it is given, and fails as it is told."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.error: Exception | None = None
        self.is_there = True
        self.keep: registry.Keep | None = None
        self.on_deliver: Callable[[OutboxRow], None] = lambda row: None

    def deliver(self, row: OutboxRow) -> registry.Keep | None:
        self.on_deliver(row)
        if self.error:
            raise self.error
        self.taken.append(row.key)
        return self.keep


@pytest.fixture
def place() -> Iterator[Place]:
    place = Place()
    before = registry._destinations.get("people")
    registry.register("people", deliver=place.deliver, is_configured=lambda: place.is_there)
    yield place
    if before:
        registry._destinations["people"] = before
    else:
        del registry._destinations["people"]


def write(incident: Incident | None, key: str) -> OutboxRow:
    row = announce("people", "mail", key=key, incident=incident)
    assert row is not None
    return row


def fresh(row: OutboxRow) -> OutboxRow:
    return OutboxRow.objects.get(pk=row.pk)


def test_a_row_delivered_twice_is_sent_once(place: Place, incident: Incident) -> None:
    row = write(incident, "one")
    deliver(row.pk)
    deliver(row.pk)
    assert place.taken == ["one"]
    assert fresh(row).done_at is not None


def test_the_same_key_is_the_same_delivery(place: Place, incident: Incident) -> None:
    assert write(incident, "one").pk == write(incident, "one").pk


def test_rows_of_one_incident_keep_their_order_and_others_go_beside_them(
    place: Place, incident: Incident, engineer: User
) -> None:
    first, second = write(incident, "first"), write(incident, "second")
    other = write(make_incident(by=engineer), "other")
    deliver(second.pk)
    deliver(other.pk)
    assert place.taken == ["other"]
    deliver(first.pk)
    deliver(second.pk)
    assert place.taken == ["other", "first", "second"]


def test_rows_of_no_incident_wait_for_none(place: Place) -> None:
    first, second = write(None, "first"), write(None, "second")
    deliver(second.pk)
    assert place.taken == ["second"]
    assert fresh(first).done_at is None


def test_rows_of_one_lane_keep_their_order_and_another_lane_goes_beside_it(place: Place) -> None:
    first, second, other = (
        announce("people", "mail", key=key, incident=None, lane=key[0]) for key in ("a1", "a2", "b1")
    )
    assert first is not None
    assert second is not None
    assert other is not None
    deliver(second.pk)
    deliver(other.pk)
    assert place.taken == ["b1"]
    deliver(first.pk)
    deliver(second.pk)
    assert place.taken == ["b1", "a1", "a2"]


def test_a_lane_that_cannot_be_delivered_holds_up_itself_alone(place: Place) -> None:
    rows = [announce("people", "mail", key=key, incident=None, lane=key[0]) for key in ("a1", "a2", "b1")]
    place.on_deliver = lambda row: _refuse(row, "a1")
    for row in rows:
        deliver(row.pk)  # type: ignore[union-attr]
    assert place.taken == ["b1"]
    assert [row.attempts for row in map(fresh, rows)] == [1, 0, 1]  # type: ignore[arg-type]


def _refuse(row: OutboxRow, key: str) -> None:
    if row.key == key:
        raise registry.CannotDeliver("No such thing")


def test_the_same_lane_of_two_destinations_is_two_lanes(place: Place) -> None:
    announce("status", "publish", key="there", incident=None, lane="a")
    row = announce("people", "mail", key="here", incident=None, lane="a")
    assert row is not None
    deliver(row.pk)
    assert place.taken == ["here"]


def test_many_are_written_at_once_each_key_one_time_in_their_order(
    place: Place,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    rows = [(f"key {number}", "lane", {"number": number}) for number in range(20)]
    with django_capture_on_commit_callbacks() as callbacks, django_assert_max_num_queries(4):
        announce_many("people", "mail", rows)
    announce_many("people", "mail", rows)
    made = OutboxRow.objects.filter(lane="lane")
    assert [row.payload["number"] for row in made] == list(range(20))
    assert len(callbacks) == 1


def test_a_row_held_by_another_worker_is_left_alone(place: Place, incident: Incident) -> None:
    row = write(incident, "one")
    OutboxRow.objects.filter(pk=row.pk).update(locked_until=timezone.now() + LEASE)
    deliver(row.pk)
    assert place.taken == []
    assert fresh(row).attempts == 0


def test_a_row_of_a_worker_that_died_is_taken_over_as_unsure_and_counts_against_it(
    place: Place, incident: Incident
) -> None:
    row, seen = write(incident, "one"), []
    place.on_deliver = lambda taken: seen.append((taken.is_unsure, taken.failures))
    OutboxRow.objects.filter(pk=row.pk).update(locked_until=timezone.now() - timedelta(seconds=1))
    deliver(row.pk)
    assert seen == [(True, 1)]
    assert place.taken == ["one"]


def test_a_row_that_kills_each_worker_is_parked_without_another_try(place: Place, incident: Incident) -> None:
    row = write(incident, "poison")
    past = timezone.now() - timedelta(seconds=1)
    OutboxRow.objects.filter(pk=row.pk).update(locked_until=past, failures=PARK_AFTER - 1)
    deliver(row.pk)
    assert fresh(row).parked_at is not None
    assert fresh(row).last_error == "8 workers stopped while they had it"
    assert place.taken == []


def test_a_worker_that_lost_its_lease_cannot_put_back_what_another_took(
    place: Place, incident: Incident
) -> None:
    row = write(incident, "one")
    taken_over = timezone.now() + timedelta(minutes=5)

    def lose_the_lease(taken: OutboxRow) -> None:
        OutboxRow.objects.filter(pk=taken.pk).update(locked_until=taken_over)
        raise registry.RetryLater("too late")

    place.on_deliver = lose_the_lease
    deliver(row.pk)
    assert fresh(row).locked_until == taken_over
    assert fresh(row).last_error == ""


def test_a_receiver_that_is_away_is_tried_later_and_later_and_never_parked(
    place: Place, incident: Incident
) -> None:
    row = write(incident, "one")
    place.error, waits = registry.RetryLater("Nobody there"), []
    for _ in range(30):
        OutboxRow.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=1))
        began = timezone.now()
        deliver(row.pk)
        waits.append((fresh(row).due_at - began).total_seconds())
    assert (fresh(row).parked_at, fresh(row).failures) == (None, 0)
    assert 2 <= waits[0] < 3
    assert 4 <= waits[1] < 6
    assert all(300 <= wait < 376 for wait in waits[-5:])


def test_a_receiver_s_own_wait_is_kept(place: Place, incident: Incident) -> None:
    row, now = write(incident, "one"), timezone.now()
    place.error = registry.RetryLater("Asked us to wait", after=42)
    deliver(row.pk)
    assert 42 <= (fresh(row).due_at - now).total_seconds() < 45


def test_a_wait_for_all_holds_every_row_of_the_destination_and_no_other(
    place: Place, incident: Incident, engineer: User
) -> None:
    row, other = write(incident, "one"), write(make_incident(by=engineer), "other")
    place.error = registry.RetryLater("Asked us to wait", after=42, for_all=True)
    deliver(row.pk)
    place.error = None
    deliver(other.pk)
    assert place.taken == []
    assert not OutboxRow.objects.filter(destination="freshdesk", last_error="Asked us to wait").exists()


def test_a_defect_of_ours_parks_after_8_tries_and_its_words_are_never_shown_or_logged(
    place: Place, incident: Incident, caplog: pytest.LogCaptureFixture
) -> None:
    row = write(incident, "one")
    place.error = ValueError("what somebody typed")
    with caplog.at_level(logging.DEBUG):
        for _ in range(PARK_AFTER):
            OutboxRow.objects.filter(pk=row.pk).update(due_at=timezone.now() - timedelta(seconds=1))
            deliver(row.pk)
    assert fresh(row).parked_at is not None
    assert fresh(row).is_unsure
    assert fresh(row).last_error == "It failed on our side (ValueError)"
    assert "somebody typed" not in caplog.text
    assert "test_delivering.py" in caplog.text


def test_what_is_kept_because_it_arrived_is_written_with_the_success(
    place: Place, incident: Incident
) -> None:
    row = write(incident, "one")
    place.keep = lambda: Heartbeat.objects.create(name=f"done {fresh(row).done_at}", beat_at=timezone.now())
    deliver(row.pk)
    assert Heartbeat.objects.get().name == f"done {fresh(row).done_at}"


def test_a_success_that_cannot_be_written_whole_is_not_written_and_asks_first(
    place: Place, incident: Incident
) -> None:
    row = write(incident, "one")

    def keep_and_break() -> None:
        Heartbeat.objects.create(name="half", beat_at=timezone.now())
        raise IntegrityError("the other half")

    place.keep = keep_and_break
    deliver(row.pk)
    assert not Heartbeat.objects.exists()
    assert (fresh(row).done_at, fresh(row).is_unsure, fresh(row).failures) == (None, True, 1)


def test_what_can_never_be_delivered_is_parked_at_once_and_holds_what_is_behind(
    place: Place, incident: Incident
) -> None:
    row, behind = write(incident, "one"), write(incident, "behind")
    place.error = registry.CannotDeliver("No such thing")
    deliver(row.pk)
    place.error = None
    deliver(behind.pk)
    assert (fresh(row).last_error, fresh(row).parked_at is not None) == ("No such thing", True)
    assert place.taken == []


def test_a_destination_that_is_not_configured_makes_rows_wait_untouched(
    place: Place, incident: Incident
) -> None:
    row = write(incident, "one")
    place.is_there = False
    deliver(row.pk)
    sweep()
    assert (fresh(row).attempts, fresh(row).dispatched_at, fresh(row).last_error) == (0, None, "")
    place.is_there = True
    deliver(row.pk)
    assert place.taken == ["one"]


def test_a_row_that_is_gone_is_no_error(place: Place) -> None:
    deliver(10**9)
    assert place.taken == []


# ---------- The sweep ----------


def test_the_sweep_hands_each_due_row_to_celery_once_a_minute(place: Place, incident: Incident) -> None:
    row = write(incident, "one")
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        sweep()
        handed = fresh(row).dispatched_at
        clock.shift(30)
        sweep()
        assert fresh(row).dispatched_at == handed == timezone.now() - timedelta(seconds=30)
        clock.shift(31)
        sweep()
        assert fresh(row).dispatched_at == timezone.now()


def test_the_sweep_leaves_alone_what_is_parked_dropped_done_held_or_not_due(
    place: Place, incident: Incident, engineer: User
) -> None:
    now = timezone.now()
    for key, fields in {
        "parked": {"parked_at": now}, "done": {"done_at": now}, "held": {"locked_until": now + LEASE},
        "dropped": {"dropped_at": now, "decision_reason": "x"}, "later": {"due_at": now + LEASE},
    }.items():  # fmt: skip
        OutboxRow.objects.filter(pk=write(make_incident(by=engineer), key).pk).update(**fields)
    sweep()
    assert not OutboxRow.objects.filter(destination="people", dispatched_at__isnull=False).exists()


def test_the_sweep_says_that_it_was_here_without_filling_the_audit_trail() -> None:
    from auditlog.models import LogEntry

    sweep()
    before = LogEntry.objects.count()
    sweep()
    assert timezone.now() - Heartbeat.objects.get(name="outbox-sweep").beat_at < timedelta(seconds=10)
    assert LogEntry.objects.count() == before


def test_a_delivery_is_hurried_on_commit_only(
    place: Place, incident: Incident, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        write(incident, "one")
        write(incident, "one")
    assert len(callbacks) == 1


def test_an_event_that_is_taken_back_announces_nothing(place: Place, incident: Incident) -> None:
    with transaction.atomic():
        write(incident, "one")
        transaction.set_rollback(True)
    assert not OutboxRow.objects.filter(key="one").exists()


def test_a_new_ticket_goes_before_what_is_added_to_others(
    incident: Incident, engineer: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY = "https://example.freshdesk.com", "key"
    OutboxRow.objects.filter(event="ticket").update(done_at=timezone.now())
    make_incident(by=engineer)
    handed: list[int] = []
    monkeypatch.setattr(tasks, "hurry", lambda row_id: handed.append(row_id) or True)
    sweep()
    assert [OutboxRow.objects.get(pk=row_id).event for row_id in handed] == ["ticket", "note"]


# ---------- Two workers ----------


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_gets_the_row(place: Place, incident: Incident) -> None:
    row = write(incident, "one")
    start = threading.Barrier(6)

    def work() -> None:
        try:
            start.wait(10)
            deliver(row.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert place.taken == ["one"]
    assert fresh(row).attempts == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waited_for_another_sees_that_it_came_too_late(place: Place, incident: Incident) -> None:
    """PostgreSQL checks the conditions of the UPDATE again, and would not check those of a subquery."""
    row = write(incident, "one")
    late = threading.Thread(target=lambda: (deliver(row.pk), connection.close()))
    with transaction.atomic():
        OutboxRow.objects.filter(pk=row.pk).update(locked_until=timezone.now() + LEASE)
        late.start()
        late.join(1)  # it waits for our lock
    late.join(10)
    assert place.taken == []
