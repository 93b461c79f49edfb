"""How the logs tell an error: where it broke off and of what kind, never its text."""

import logging
import traceback
from collections.abc import Iterator
from typing import Any


class PlainFormatter(logging.Formatter):
    """The text of an error may quote what was sent, answered or stored: secrets, and what people typed."""

    def formatException(self, ei: Any) -> str:
        parts = [
            f"{''.join(traceback.format_tb(each.__traceback__))}{kind_of(each)}" for each in causes(ei[1])
        ]
        return "\nafter\n".join(parts)


def kind_of(error: BaseException) -> str:
    """`django.db.utils.IntegrityError`."""
    return f"{type(error).__module__}.{type(error).__qualname__}"


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it came from, the last first."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
