"""Freshdesk's rows, as far as we read them: what we do not know is ignored, what is missing is an error.

Contract: Freshdesk API v2. Times are ISO 8601; a ticket's `deleted` is there only where it is true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

NOTE = 2  # the source of a conversation that an agent wrote as a note
LARGEST = 2**63 - 1
AHEAD = timedelta(days=1)  # a time later than this is a slip, and would keep us from reading what comes


class NotUnderstood(ValueError):
    """A row lacks what we need, or has it in another form. Names the field, never what stands in it."""


@dataclass(frozen=True)
class TicketRow:
    """`is_gone`: deleted, or marked as spam."""

    number: int
    status: int
    updated_at: datetime
    tags: frozenset[str] = frozenset()
    reference: str = ""
    is_gone: bool = False
    is_archived: bool = False


@dataclass(frozen=True)
class ConversationRow:
    """`html` is what anybody may have written; `text` stands in for it where there is none."""

    number: int
    is_private: bool
    is_incoming: bool
    source: int | None
    html: str
    text: str
    attachments: int
    created_at: datetime
    updated_at: datetime


def ticket_row(row: Any, *, is_archived: bool = False) -> TicketRow:
    given, custom = _mapping(row), row.get("custom_fields")
    reference = custom.get(settings.FRESHDESK_REFERENCE_FIELD or "-") if isinstance(custom, dict) else ""
    tags = given.get("tags")
    return TicketRow(
        number=_number(given, "id"),
        status=_number(given, "status", largest=32_767),
        updated_at=_instant(given, "updated_at"),
        tags=frozenset(str(tag).casefold() for tag in tags if tag) if isinstance(tags, list) else frozenset(),
        reference=str(reference or "").strip(),
        is_gone=given.get("deleted") is True or given.get("spam") is True,
        is_archived=is_archived,
    )


def conversation_row(row: Any) -> ConversationRow:
    """Private unless it says that it is public: what is not understood stays with the vendor."""
    given = _mapping(row)
    attachments, created_at = given.get("attachments"), _instant(given, "created_at")
    source = given.get("source")
    return ConversationRow(
        number=_number(given, "id"),
        is_private=given.get("private") is not False,
        is_incoming=given.get("incoming") is True,
        source=source if isinstance(source, int) else None,
        html=_text(given, "body"),
        text=_text(given, "body_text"),
        attachments=len(attachments) if isinstance(attachments, list) else 0,
        created_at=created_at,
        updated_at=max(_instant(given, "updated_at"), created_at) if given.get("updated_at") else created_at,
    )


def _mapping(row: Any) -> Mapping[str, Any]:
    if not isinstance(row, dict):
        raise NotUnderstood("it is not an object")
    return row


def _number(given: Mapping[str, Any], name: str, largest: int = LARGEST) -> int:
    """New accounts give some of their numbers as text."""
    value = given.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= largest:
        raise NotUnderstood(f"{name} is not a number")
    return value


def _instant(given: Mapping[str, Any], name: str) -> datetime:
    try:
        at = parse_datetime(str(given.get(name)))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.year < 2000 or at > timezone.now() + AHEAD:
        raise NotUnderstood(f"{name} is not a time")
    return at.astimezone(UTC)


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise NotUnderstood(f"{name} is not a text")
    return value or ""
