"""What is wrong with a file, and in which line."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to put right. Lines count from 1; the words never hold patient data."""

    line: int
    words: str


class Refused(ValueError):
    """The file is not taken in, not even in part."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.words}" for each in mistakes))
        self.mistakes = tuple(sorted(set(mistakes)))
