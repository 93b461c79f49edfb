"""What an adapter answers with, and the four ways in which it fails."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """What was seen or done, in words for people. `is_not_yet`: look again soon, until the step gives up."""

    words: str
    is_bad: bool = False
    is_not_yet: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Underway:
    """It was accepted and goes on over there. `operation` is what is kept to ask again, in JSON.

    It may hold an address with a signature in it, and does not show when this is printed.
    """

    words: str
    operation: dict[str, Any] = field(repr=False)
    look_again_in: float = 5.0  # seconds


class Refused(Exception):
    """Nothing was sent: this desk may not or cannot do it. The words say why."""


class Failed(Exception):
    """It was sent, and certainly did not happen, or the other side says that it failed."""


class Throttled(Exception):
    """It was sent and turned away before anything happened: it may be sent again in `seconds`."""

    def __init__(self, words: str, seconds: float) -> None:
        super().__init__(words)
        self.seconds = seconds


class Unsure(Exception):
    """It was sent, and nobody knows whether it happened. It is never sent again by itself."""
