"""Fields and bases of the API's serializers. Strict: what is not understood is named, not dropped."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

UNKNOWN = "This is not a field here. Remove it, or correct its name."
SHOWN_UNKNOWN = 20


class Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know, naming them."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"request": ["Send a JSON object with the fields named here."]})
        writable = {name for name, field in self.fields.items() if not field.read_only}
        unknown = [str(name)[:60] for name in data if name not in writable]
        if unknown:
            raise serializers.ValidationError({name: [UNKNOWN] for name in unknown[:SHOWN_UNKNOWN]})
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field[datetime, Any, str, Any]):
    """An instant with its offset. A time without one is refused: nobody can know which it means."""

    default_error_messages = {
        "invalid": "Send a time with its offset, such as 2026-11-22T02:07:12Z. In an address write + as %2B.",
        "naive": "Say the offset: 2026-11-22T02:07:12Z, or +00:00. In an address write + as %2B.",
        "range": "Send a time of the years 1975 to 2199.",
        "future": "This is in the future. Send when it was.",
        "past": "This has passed. Send a time to come.",
    }

    def __init__(self, *, must_be: str = "", **kwargs: Any) -> None:
        self.must_be = must_be
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> datetime:
        at = self._parsed(data)
        if at is None:
            self.fail("invalid")
        if at.tzinfo is None:
            self.fail("naive")
        if not 1975 < at.year < 2199:
            self.fail("range")
        now = timezone.now()
        if self.must_be == "past" and at > now:
            self.fail("future")
        if self.must_be == "future" and at <= now:
            self.fail("past")
        return at.astimezone(UTC)

    def _parsed(self, data: Any) -> datetime | None:
        try:
            return parse_datetime(data) if isinstance(data, str) else None
        except ValueError:
            return None

    def to_representation(self, value: datetime) -> str:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class ByCode(serializers.SlugRelatedField[Any]):
    """One of the rows that the person may see, by its code. `only` narrows them, such as to active ones."""

    default_error_messages = {
        "does_not_exist": "There is none with the code “{value}”. The list of codes is at {path}.",
        "invalid": "Send the code as text. The list of codes is at {path}.",
    }

    def __init__(self, *, path: str, **kwargs: Any) -> None:
        self.path = path
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\0" in data:
            self.fail("invalid", path=self.path)
        found = self.get_queryset().filter(**{str(self.slug_field): data}).first()
        if found is None:
            self.fail("does_not_exist", value=data[:60], path=self.path)
        return found

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        request: Request | None = self.context.get("request")
        if request is not None and hasattr(rows, "visible_to"):
            rows = rows.visible_to(request.user)
        return rows


class CallBackNumber(serializers.CharField):
    """A telephone number as it was said: at least six digits, and whatever stands between them."""

    default_error_messages = {"digits": "Send a telephone number with at least 6 digits."}

    def to_internal_value(self, data: Any) -> str:
        number = str(super().to_internal_value(data))
        if len(re.sub(r"[^0-9]", "", number)) < 6:
            self.fail("digits")
        return number
