"""Adding to the timeline. Each entry that both organisations may read also goes to Freshdesk as a note."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents.models import Incident, OutboxRow, TimelineEntry, Wall
from incidents.outbox.writing import announce_new


def record(
    incident: Incident, kind: str, title: str, text: str = "", *, by: User, at: datetime | None = None,
    wall: str = Wall.SERVICE, is_bad: bool = False, **data: Any,
) -> TimelineEntry:  # fmt: skip
    """Write that it happened, and announce it, in the caller's transaction. `at` is when it happened."""
    entry = TimelineEntry.objects.create(
        incident=incident, kind=kind, title=title[:200], text=text, by=by,
        happened_at=at or timezone.now(), wall=wall, is_bad=is_bad, data=data,
    )  # fmt: skip
    if wall != Wall.VENDOR:
        announce_new([_note(entry)])
    return entry


def _note(entry: TimelineEntry) -> OutboxRow:
    return OutboxRow(
        destination=OutboxRow.Destination.FRESHDESK, event="note", key=f"freshdesk:note:{entry.pk}",
        incident=entry.incident, payload={"entry": entry.pk}, due_at=timezone.now(),
    )  # fmt: skip
