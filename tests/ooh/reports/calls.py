"""Plain rows for the figures, with what most tests do not care about filled in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ooh.reports.rows import Call, Update

NIGHT = datetime(2026, 10, 7, 1, 0, tzinfo=UTC)  # Wednesday 02:00 BST
LONG_AFTER = datetime(2026, 12, 1, tzinfo=UTC)


def call(reported_at: datetime = NIGHT, **facts: Any) -> Call:
    """Accepted and resolved after an hour, unless said otherwise."""
    given = {
        "reference": "OOH-2026-00001", "customer": "Wexcombe Park Hospital", "service": "Compucare 8",
        "state": "resolved", "restored_at": reported_at + timedelta(hours=1), **facts,
    }  # fmt: skip
    return Call(reported_at=reported_at, **given)


def declined(reported_at: datetime = NIGHT, rule: str = "slow", **facts: Any) -> Call:
    return call(reported_at, state="declined", gate="decline", decline_rule=rule, restored_at=None, **facts)


def update(minutes: float, promise: float | None = None, start: datetime = NIGHT) -> Update:
    """Posted so many minutes after the start, promising the next at so many."""
    due_at = None if promise is None else start + timedelta(minutes=promise)
    return Update(start + timedelta(minutes=minutes), due_at)
