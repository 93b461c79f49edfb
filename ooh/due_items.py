"""What was promised and waits: the calls that somebody has to make, and the status updates that are near."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from accounts.templatetags.desk import due_words
from handover.cadence import WARN_BEFORE
from incidents.local_time import format_time
from incidents.models import Incident, PhoneCall

SHOWN = 20


@dataclass(frozen=True)
class DueItem:
    """One promise, as the board shows it to whoever may see its incident."""

    at: datetime
    incident: Incident
    words: str
    detail: str
    url: str
    label: str
    number: str = ""
    is_call: bool = False
    is_ours: bool = True

    def is_late(self, now: datetime) -> bool:
        return self.at < now

    def is_soon(self, now: datetime) -> bool:
        """In its last five minutes, when the owner is warned too."""
        return now <= self.at <= now + WARN_BEFORE


def due_items(user: User, incidents: Iterable[Incident], now: datetime) -> list[DueItem]:
    """The soonest first: every promised call of an open incident, and each update that is near or late.

    One query. An update farther away stands with its incident on the board.
    """
    found = PhoneCall.objects.visible_to(user).waiting().select_related(
        "by", "incident__customer", "incident__service", "incident__owner"
    )  # fmt: skip
    items = [_of_call(call, call.next_call_at) for call in found[:SHOWN] if call.next_call_at]
    near = now + WARN_BEFORE
    items += [
        _of_update(incident, incident.next_update_due_at)
        for incident in incidents
        if incident.next_update_due_at is not None and incident.next_update_due_at <= near
    ]
    return sorted(items, key=lambda item: item.at)


def _of_call(call: PhoneCall, at: datetime) -> DueItem:
    address = reverse("log_call_on", args=[call.incident.reference])
    said = f"Promised {format_time(call.at)} by {call.by if call.next_call_by_us else call.who}."
    return DueItem(
        at, call.incident, call.next_call_words, said, f"{address}?keeps={call.pk}", "Log this call",
        call.number, is_call=True, is_ours=call.next_call_by_us,
    )  # fmt: skip


def _of_update(incident: Incident, at: datetime) -> DueItem:
    address = reverse("incident", args=[incident.reference])
    detail = f"Promised for {format_time(at)}."
    return DueItem(at, incident, "Status update", detail, f"{address}#update", "Post update")


def notice(item: DueItem, now: datetime) -> dict[str, str]:
    """The item as the one thing that cannot wait."""
    late = item.is_late(now)
    about = f"{item.incident.service}, {item.incident.customer}."
    return {
        "kind": "bad" if late else "warn", "icon": "late" if late else "clock",
        "title": f"{item.words}{':' * item.is_call} {due_words(item.at, now).headline}",
        "text": f"{about} {item.detail}", "url": item.url, "label": item.label,
        "number": item.number,
    }  # fmt: skip
