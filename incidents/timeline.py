"""Adding to the timeline. Each entry that both organisations may read also goes to Freshdesk as a note."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from incidents.models import Incident, Kind, OutboxRow, TimelineEntry, Wall
from incidents.outbox.writing import announce_new


def record(
    incident: Incident, kind: str, title: str, text: str = "", *, by: User, at: datetime | None = None,
    wall: str = Wall.SERVICE, is_bad: bool = False, supersedes: TimelineEntry | None = None,
    announces: bool = True, **data: Any,
) -> TimelineEntry:  # fmt: skip
    """Write that it happened, and announce it, in the caller's transaction. `at` is when it happened.

    What was read in Freshdesk does not announce: it must not go back there as a note.
    """
    entry = TimelineEntry.objects.create(
        incident=incident, kind=kind, title=title[:200], text=text, by=by,
        happened_at=at or timezone.now(), wall=wall, is_bad=is_bad, supersedes=supersedes, data=data,
    )  # fmt: skip
    if announces and wall != Wall.VENDOR:
        announce_new(_deliveries(entry))
    return entry


def _deliveries(entry: TimelineEntry) -> list[OutboxRow]:
    """The note; of a move also the new status, and before one that closes the ticket the summary."""
    payloads: dict[str, dict[str, Any]] = {"note": {"entry": entry.pk}}
    if entry.kind == Kind.STATE:
        if not entry.incident.is_open:
            payloads["summary"] = {"entry": entry.pk}
        payloads["state"] = {"state": entry.incident.state}
    return [
        OutboxRow(
            destination=OutboxRow.Destination.FRESHDESK, event=event, key=f"freshdesk:{event}:{entry.pk}",
            incident=entry.incident, payload=payload, due_at=timezone.now(),
        )
        for event, payload in payloads.items()
    ]  # fmt: skip
