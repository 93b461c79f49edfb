"""Who did it and in which request, for the audit trail and the logs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import uuid4

from auditlog.context import auditlog_value, set_actor

if TYPE_CHECKING:
    from accounts.models import User

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_id() -> str | None:
    """The number of the request, task or command that runs; the audit trail's correlation id."""
    return _request_id.get()


@contextmanager
def numbered(number: str | None = None) -> Iterator[str]:
    """Give what runs inside a number of its own. A client's number is never taken over."""
    number = number or uuid4().hex[:12]
    token = _request_id.set(number)
    try:
        yield number
    finally:
        _request_id.reset(token)


@contextmanager
def acting_as(user: "User") -> Iterator[None]:
    """Audit what a task or command writes under this person. Outermost only: auditlog cannot nest actors."""
    token = auditlog_value.set({})
    try:
        with numbered(), set_actor(user):
            yield
    finally:
        auditlog_value.reset(token)


def correct_actor(user: object) -> None:
    """Name the person in the audit context of this request: DRF knows them later than the middleware does."""
    if (context := auditlog_value.get(None)) is not None:
        context["actor"] = user


class RequestIdFilter(logging.Filter):
    """Puts the request's number on each line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get() or "-"
        return True
