"""What an event writes to the outbox, and of what Celery is told at once."""

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from auditlog.models import LogEntry
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from incidents import services
from incidents.models import Incident, OutboxRow, TimelineEntry
from incidents.outbox import registry
from incidents.outbox.writing import announce_new
from incidents.timeline import record
from tests.factories import make_incident


@pytest.fixture
def is_there() -> Iterator[None]:
    """A Freshdesk is configured."""
    before = registry._destinations["freshdesk"]
    registry.register("freshdesk", deliver=before.deliver, is_configured=lambda: True)
    yield
    registry._destinations["freshdesk"] = before


def told(capture: DjangoCaptureOnCommitCallbacks, act: Callable[[], Any]) -> list[int]:
    """The rows of which Celery was told when the act was committed."""
    with mock.patch("incidents.outbox.tasks.deliver.apply_async") as queued, capture(execute=True):
        act()
    return [call.args[0][0] for call in queued.call_args_list]


def last_entry(incident: Incident) -> TimelineEntry:
    return incident.timeline.latest("id")


def test_an_entry_is_announced_as_a_note_and_celery_is_told(
    is_there: None, incident: Incident, engineer: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    note = lambda: services.add_note(incident.pk, text="Rang the bridge", by=engineer)  # noqa: E731
    queued = told(django_capture_on_commit_callbacks, note)
    row, entry = incident.deliveries.latest("id"), last_entry(incident)
    assert (row.destination, row.event, row.key) == ("freshdesk", "note", f"freshdesk:note:{entry.pk}")
    assert (row.payload, queued) == ({"entry": entry.pk}, [row.pk])
    assert LogEntry.objects.get_for_object(row).get().changes["key"] == [None, row.key]


@pytest.mark.parametrize(
    ("move", "events"),
    [
        (lambda incident, by: services.begin_triage(incident.pk, by=by), ["note", "state"]),
        (
            lambda incident, by: services.decline(incident.pk, rule="slow", told_caller="Ring at 8", by=by),
            ["note", "summary", "state"],
        ),
    ],
)
def test_a_move_announces_all_that_it_means_in_order_and_celery_is_told_of_the_first(
    is_there: None, incident: Incident, engineer: User, move: Callable[[Incident, User], Any],
    events: list[str], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    before = set(incident.deliveries.values_list("pk", flat=True))
    queued = told(django_capture_on_commit_callbacks, lambda: move(incident, engineer))
    rows, entry = list(incident.deliveries.exclude(pk__in=before).order_by("pk")), last_entry(incident)
    assert [(row.event, row.key) for row in rows] == [
        (event, f"freshdesk:{event}:{entry.pk}") for event in events
    ]
    assert rows[-1].payload == {"state": entry.data["to"]}
    assert queued == [rows[0].pk]


def test_of_rows_that_wait_for_one_another_celery_is_told_the_first(
    is_there: None, incident: Incident, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    rows = [
        OutboxRow(destination="freshdesk", event="note", key=key, incident=incident, due_at=timezone.now())
        for key in ("one", "two")
    ]
    assert told(django_capture_on_commit_callbacks, lambda: announce_new(rows)) == [rows[0].pk]
    assert rows[0].pk < rows[1].pk


def test_while_there_is_nowhere_to_send_to_the_row_waits_and_celery_is_told_nothing(
    incident: Incident, engineer: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    note = lambda: services.add_note(incident.pk, text="Rang the bridge", by=engineer)  # noqa: E731
    assert told(django_capture_on_commit_callbacks, note) == []
    assert OutboxRow.objects.waiting().filter(key=f"freshdesk:note:{last_entry(incident).pk}").exists()


@pytest.mark.parametrize("rest", [{"wall": "vendor"}, {"is_rehearsal": True}])
def test_what_stays_in_the_building_is_not_announced(engineer: User, rest: dict[str, Any]) -> None:
    incident = make_incident(by=engineer)
    incident.is_rehearsal = rest.pop("is_rehearsal", False)
    before = OutboxRow.objects.count()
    record(incident, "note", "Said among ourselves", by=engineer, **rest)
    assert OutboxRow.objects.count() == before
