"""The content of a handover as it is frozen, and its fingerprint. Pure over rows that are there already."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from handover.models import SECTIONS, Handover, HandoverItem


def content(handover: Handover, items: Iterable[HandoverItem]) -> dict[str, Any]:
    """All that was offered and answered. The call is apart: it may end after the last answer."""
    return {
        "handover": handover.pk,
        "direction": handover.direction,
        "call_at": _time(handover.call_at),
        "from": handover.from_user_id,
        "to": handover.to_user_id,
        "offered_at": _time(handover.offered_at),
        "closed_at": _time(handover.closed_at),
        "statement": handover.statement,
        "items": [_item(item) for item in sorted(items, key=lambda item: (item.position, item.pk))],
    }


def fingerprint(handover: Handover, items: Iterable[HandoverItem]) -> str:
    """SHA-256 over the canonical JSON: sorted keys, no spaces, UTF-8."""
    words = json.dumps(
        content(handover, items), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(words.encode()).hexdigest()


def _item(item: HandoverItem) -> dict[str, Any]:
    return {
        "incident": item.incident_id,
        "position": item.position,
        "severity": item.severity,
        **{name: getattr(item, name) for name in SECTIONS},
        "state": item.state,
        "read_back": item.read_back,
        "refuse_reason": item.refuse_reason,
        "outcome": item.outcome,
        "by": item.answered_by_id,
        "at": _time(item.answered_at),
    }


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else None
