"""Goes through the retention table: what is due, and letting it go."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from ooh.retention.kinds import KINDS, Kind

MOST = 2000  # rows of a kind in one go: what is left is taken the next night
MOST_INCIDENTS = 50  # each is many rows


@dataclass(frozen=True)
class Line:
    """One kind as it stands: how many are due, how many only a hold keeps, how many were let go."""

    kind: Kind
    due: int
    held: int
    purged: int = 0


def report(now: datetime) -> list[Line]:
    """What a purge would do. Changes nothing."""
    return [Line(kind, kind.due(now).count(), kind.held(now)) for kind in KINDS]


def purge(now: datetime, *, by: User, only: str = "") -> Iterator[Line]:
    """Let go of what is due, kind by kind; each incident and each batch in a transaction of its own."""
    for kind in KINDS:
        if only and kind.name != only:
            continue
        due, held = kind.due(now), kind.held(now)
        most = MOST_INCIDENTS if kind.name == "incidents" else MOST
        ids = list(due.order_by("pk").values_list("pk", flat=True)[:most])
        first = due.model._base_manager.filter(pk__in=ids)
        count = due.count()
        yield Line(kind, count, held, kind.purge(first, kind, by) if count else 0)
