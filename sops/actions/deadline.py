"""How much time an action still has: all that is asked and sent for it ends by then."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

SPAN = 40.0  # seconds for a call that nobody gave a limit
_ends_at: ContextVar[float | None] = ContextVar("ends_at", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All calls in here together take no longer, sign-in and waiting included. An outer one counts too."""
    outer, ends_at = _ends_at.get(), monotonic() + seconds
    given = _ends_at.set(ends_at if outer is None else min(outer, ends_at))
    try:
        yield
    finally:
        _ends_at.reset(given)


def seconds_left() -> float:
    ends_at = _ends_at.get()
    return SPAN if ends_at is None else ends_at - monotonic()
