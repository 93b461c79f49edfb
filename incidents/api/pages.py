"""Lists by cursor: stable while rows come in, and never an unbounded answer."""

import re
from typing import Any

from django.utils.dateparse import parse_datetime
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

from incidents.api.fields import Strict

MOST = 100


class PageQuery(Strict):
    """What every list takes."""

    cursor = serializers.CharField(required=False, max_length=500, help_text="From `next` or `previous`.")
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=MOST)


class ByText(CursorPagination):
    """Ordered by a text, such as a name. A cursor that is not ours is not found."""

    page_size = 50
    max_page_size = MOST
    page_size_query_param = "page_size"
    ordering: Any = "name"

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not self.is_position(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def is_position(self, position: str) -> bool:
        return position.isprintable()


class ByChange(ByText):
    """Oldest change first: who follows `next` to its end and asks again from there misses nothing."""

    ordering = ("changed_at", "id")

    def is_position(self, position: str) -> bool:
        try:
            at = parse_datetime(position)
        except ValueError:
            return False
        return at is not None and at.tzinfo is not None and 1975 < at.year < 2199


class ByNumber(ByText):
    """In the order in which rows were written."""

    ordering = "id"

    def is_position(self, position: str) -> bool:
        return bool(re.fullmatch(r"[0-9]{1,18}", position, re.ASCII))
