"""Which edition of the public pages holds: what was published last, and the minute.

Whoever builds a page from the same edition gets the same bytes: each web process, and the snapshot.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone

from incidents.models import MaintenanceUpdate, StatusUpdate


@dataclass(frozen=True)
class Edition:
    """`published` counts all updates that were ever published: one more is another edition."""

    minute: datetime
    published: int = 0
    said_at: datetime | None = None
    begun_at: datetime | None = None

    @property
    def as_of(self) -> datetime:
        """The instant that its pages speak of: the minute, or what was said within it."""
        return max(self.minute, self.said_at or self.minute)

    @property
    def changed_at(self) -> datetime:
        """When something was last said, for readers that ask what is new."""
        return self.said_at or self.minute


_known: Edition | None = None
_read_at = 0.0
_is_away = False


def current() -> Edition:
    """The edition, asked of the database at most every `STATUS_CHECK_EVERY` seconds in this process.

    While the database is away it is the last one that is known, whose pages say how old they are.
    """
    global _read_at, _is_away
    if _known is None or monotonic() - _read_at >= settings.STATUS_CHECK_EVERY:
        _read_at = monotonic()  # first, so that other threads go on with what is known
        try:
            return refreshed()
        except DatabaseError:
            _is_away = True
            if _known is None:
                raise
    return _known if _is_away else replace(_known, minute=_minute(timezone.now()))


def refreshed() -> Edition:
    """The edition as the database has it now, which `current` goes on with. Two queries."""
    global _known, _read_at, _is_away
    facts = [_facts(StatusUpdate.objects.published()), _facts(MaintenanceUpdate.objects.published())]
    found = Edition(
        _minute(timezone.now()), sum(each["count"] for each in facts),
        said_at=max((each["last"] for each in facts if each["last"]), default=None),
        begun_at=min((each["first"] for each in facts if each["first"]), default=None),
    )  # fmt: skip
    _known, _read_at, _is_away = found, monotonic(), False
    return found


def _facts(published: "QuerySet[Any]") -> dict[str, Any]:
    return published.order_by().aggregate(count=Count("pk"), last=Max("posted_at"), first=Min("posted_at"))


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
