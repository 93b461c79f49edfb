"""Who did it, from where and in which request, for the audit trail and the logs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING
from uuid import uuid4

from auditlog.context import auditlog_value, set_actor

from accounts.wall.identity import standing, standing_of

if TYPE_CHECKING:
    from accounts.models import User

_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
_source: ContextVar[str] = ContextVar("source", default="command")


def request_id() -> str | None:
    """The number of the request, task or command that runs; the audit trail's correlation id."""
    return _request_id.get()


def source() -> str:
    """Where what runs comes from: web, api, admin, task or command."""
    return _source.get()


@contextmanager
def numbered(source: str) -> Iterator[str]:
    """Give what runs inside a number of its own. A client's number is never taken over.

    Whom auditlog names as actor inside is forgotten afterwards: the library leaves the name standing.
    """
    number = uuid4().hex[:12]
    tokens = _request_id.set(number), _source.set(source), auditlog_value.set({})
    try:
        yield number
    finally:
        _request_id.reset(tokens[0])
        _source.reset(tokens[1])
        auditlog_value.reset(tokens[2])


@contextmanager
def acting_as(user: "User", source: str = "command") -> Iterator[None]:
    """Do it as this person, in the audit trail and before the wall. Outermost only: actors cannot be nested.

    The desk's own user is of no organisation, so that no task meets a vendor row unless it says `as_system`.
    """
    with numbered(source), set_actor(user), standing(standing_of(user)):
        yield


def correct_actor(user: object) -> None:
    """Name the person in the audit context of this request: DRF knows them later than the middleware does."""
    if (context := auditlog_value.get(None)) is not None:
        context["actor"] = user


class RequestIdFilter(logging.Filter):
    """Puts the request's number on each line of the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _request_id.get() or "-"
        return True
