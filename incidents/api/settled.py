"""Pages for whoever keeps a copy: each change once, in order, and none slips in behind the cursor.

Ids and times are given before a transaction ends, and transactions end in any order. So rows are held back
while something older than them may still be on its way into the database.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from incidents.api.fields import Moment
from incidents.api.pages import PageQuery

SIZE = 50
_PLACE = re.compile(r"([0-9T:.+-]{19,40})\|([0-9]{1,18})")
# Sessions of other roles are not shown to us; the desk has one role for all its processes.
_OLDEST_WRITER = """SELECT min(xact_start) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"""


class SettledQuery(PageQuery):
    """`cursor` goes on where an answer stopped; `updated_since` only says where to begin."""

    updated_since = Moment(required=False, help_text="Changed at this instant or later. Not with a cursor.")


@dataclass(frozen=True)
class Place:
    """After which row to go on: its time, then its id."""

    at: datetime
    row_id: int

    @property
    def cursor(self) -> str:
        place = f"{self.at.astimezone(UTC).isoformat()}|{self.row_id}"
        return base64.urlsafe_b64encode(place.encode()).decode()


def place_of(cursor: str) -> Place:
    """Raises NotFound for a cursor that is not ours."""
    try:
        found = _PLACE.fullmatch(base64.b64decode(cursor, altchars=b"-_", validate=True).decode())
        at = parse_datetime(found[1]) if found else None
    except (binascii.Error, ValueError):
        found = at = None
    if found is None or at is None or at.tzinfo is None or not 1975 < at.year < 2199:
        raise NotFound("The cursor is none of ours. Begin again without it, with updated_since.")
    return Place(at, int(found[2]))


def settled_before() -> datetime:
    """Whatever is written from now on, and whatever is being written now, is later than this.

    One query on PostgreSQL: the oldest transaction that writes. SQLite lets one write at a time.
    """
    at = timezone.now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_OLDEST_WRITER)
            at = min(cursor.fetchone()[0] or at, at)
    return at - timedelta(seconds=settings.SYNC_SETTLES_AFTER)


def page(request: Request, rows: "QuerySet[Any]", by: str, asked: dict[str, Any]) -> dict[str, Any]:
    """`results`, `next` while there is more, and a `cursor` that holds for ever: from where to go on."""
    rows, size = rows.filter(**{f"{by}__lte": settled_before()}), asked.get("page_size", SIZE)
    if given := asked.get("cursor"):
        place = place_of(given)
        rows = rows.filter(Q(**{f"{by}__gt": place.at}) | Q(id__gt=place.row_id), **{f"{by}__gte": place.at})
    elif since := asked.get("updated_since"):
        rows = rows.filter(**{f"{by}__gte": since})
    found = list(rows.order_by(by, "id")[: size + 1])
    shown = found[:size]
    cursor = Place(getattr(shown[-1], by), shown[-1].pk).cursor if shown else given
    return {"results": shown, "cursor": cursor, "next": _next(request, cursor) if len(found) > size else None}


def _next(request: Request, cursor: str | None) -> str:
    kept = request.query_params.copy()
    kept["cursor"] = cursor or ""
    return request.build_absolute_uri(f"{request.path}?{kept.urlencode()}")


class SettledPageSerializer(serializers.Serializer[Any]):
    """Each list has its own, with its `results`."""

    next = serializers.URLField(allow_null=True, help_text="While there is more now.")
    cursor = serializers.CharField(
        allow_null=True, help_text="Keep it: asked again with it, the list goes on where this answer stopped."
    )

    @classmethod
    def of(cls, found: dict[str, Any], shape: Any) -> dict[str, Any]:
        """The answer, with its rows in their shape."""
        rows: Sequence[Any] = found["results"]
        return {**found, "results": shape(rows, many=True).data}
