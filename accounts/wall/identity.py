"""For whom the code that runs now asks the database. Nobody, until somebody says so.

A request stands where its person's organisation stands, a task where its actor's does. What has to see every
row, such as proving the chains, says `as_system` and why.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

logger = logging.getLogger(__name__)


class Standing(StrEnum):
    """What the database is told. The two sides bear the names of `accounts.roles.Side`."""

    NOBODY = ""
    PARTNER = "partner"
    VENDOR = "vendor"
    SYSTEM = "system"


BEHIND_THE_WALL = (Standing.VENDOR, Standing.SYSTEM)

Asks = Standing | Callable[[], Standing]
_asks: ContextVar[Asks] = ContextVar("asks", default=Standing.NOBODY)


def standing_of(person: Any) -> Standing:
    """That of the organisation; nobody for who is not signed in, has left, or belongs to none."""
    if not person.is_authenticated or not person.is_working or person.side is None:
        return Standing.NOBODY
    return Standing(str(person.side))


@contextmanager
def standing(asks: Asks) -> Iterator[None]:
    """Ask the database as this, inside. A function is asked each time: a request learns late who it is."""
    token = _asks.set(asks)
    try:
        yield
    finally:
        _asks.reset(token)


@contextmanager
def as_system(why: str) -> Iterator[None]:
    """Ask as the desk itself, which meets every row. A test names each place that may."""
    logger.debug("As the desk itself: %s", why)
    with standing(Standing.SYSTEM):
        yield


def current() -> Standing:
    """Where what runs now stands. What finding out asks of the database, it asks as nobody."""
    asks = _asks.get()
    if isinstance(asks, Standing):
        return asks
    with standing(Standing.NOBODY):
        return asks()
