"""What an adapter answers with, and the three ways in which it fails."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """What was seen or done, in words for people. `is_not_yet`: look again soon, until the step gives up."""

    words: str
    is_bad: bool = False
    is_not_yet: bool = False
    data: dict[str, Any] = field(default_factory=dict)


class Refused(Exception):
    """Nothing was sent: this desk may not or cannot do it. The words say why."""


class Failed(Exception):
    """It was sent, and certainly did not happen."""


class Unsure(Exception):
    """It was sent, and nobody knows whether it happened. It is never sent again by itself."""
