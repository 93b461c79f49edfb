"""Which code delivers to which destination. A destination's own module registers itself when its app is ready."""

from collections.abc import Callable
from dataclasses import dataclass

from incidents.models import OutboxRow


class RetryLater(Exception):
    """The receiver did not take it, or asked us to wait. Nothing happened there.

    `after` is in seconds, from the receiver's `Retry-After`, or None for our own back-off.
    """

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Unsure(RetryLater):
    """It was sent and no answer came: the next attempt must ask the receiver before it sends again."""


class CannotDeliver(Exception):
    """It will never be taken as it is: it is parked, and people see why."""


@dataclass(frozen=True)
class Destination:
    """`deliver(row)` sends one row or raises; `is_configured()` says whether there is anywhere to send to."""

    deliver: Callable[[OutboxRow], None]
    is_configured: Callable[[], bool]


_destinations: dict[str, Destination] = {}


def register(name: str, *, deliver: Callable[[OutboxRow], None], is_configured: Callable[[], bool]) -> None:
    _destinations[name] = Destination(deliver, is_configured)


def destination(name: str) -> Destination | None:
    return _destinations.get(name)
