"""Which code delivers to which destination. `IncidentsConfig.ready` and upper floors register theirs."""

from collections.abc import Callable
from dataclasses import dataclass

from incidents.models import OutboxRow


class RetryLater(Exception):
    """The receiver did not take it, or asked us to wait. Nothing happened there, and the row is not to blame.

    `after` is in seconds, from the receiver's `Retry-After`, or None for our own back-off. With `for_all` the
    receiver means everything of its destination, not this row alone. The words are shown: never typed text.
    """

    def __init__(self, reason: str, after: float | None = None, *, for_all: bool = False) -> None:
        super().__init__(reason)
        self.after, self.for_all = after, for_all


class Unsure(Exception):
    """It was sent and no answer came: the next attempt must ask the receiver before it sends again."""


class CannotDeliver(Exception):
    """It will never be taken as it is: it is parked, and people see why."""


Keep = Callable[[], None]
Deliver = Callable[[OutboxRow], Keep | None]


@dataclass(frozen=True)
class Destination:
    """`deliver(row)` sends one row or raises; `is_configured()` says whether there is anywhere to send to.

    What is to be written because it arrived, such as its number over there, `deliver` returns as a function:
    it is called in the transaction that records the success, so neither is written without the other.
    """

    deliver: Deliver
    is_configured: Callable[[], bool]


_destinations: dict[str, Destination] = {}


def register(name: str, *, deliver: Deliver, is_configured: Callable[[], bool]) -> None:
    _destinations[name] = Destination(deliver, is_configured)


def destination(name: str) -> Destination | None:
    """Where to send, or None while there is nowhere: then the rows wait, and nothing is lost."""
    place = _destinations.get(name)
    return place if place and place.is_configured() else None


def configured() -> list[str]:
    return [name for name, place in _destinations.items() if place.is_configured()]
