"""How a person's name looks in a short stretch of text. Used only near a cue: names alone prove nothing."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from incidents.pid.vocabulary import FORENAMES, NOT_NAMES, listed

_TITLES = frozenset(listed("mr mrs ms miss mx master lady sir baby"))
_WORD = re.compile(r"[A-Za-z]+(?:['-][A-Za-z]+)*+")
_CAPITALS = re.compile(r"(?:Mc|Mac|O'|D')?[A-Z][a-z]+(?:['-][A-Z]?[a-z]+)*(?:'s)?|[A-Z'-]+(?:'s)?")
_SPACES = re.compile(r"[ .,^_]{1,3}")


class Name(NamedTuple):
    start: int
    end: int
    sure: bool  # a title, a usual forename, or a surname set before a forename
    words: int


_Word = tuple[int, int, str, str]  # start, end, in lower case, and what it looks like


def names_in(text: str, start: int, end: int) -> Iterator[Name]:
    """Runs of words that look like a name; single words too, for the caller to judge."""
    run: list[_Word] = []
    for match in _WORD.finditer(text, start, end):
        low = match[0].lower().removesuffix("'s")
        looks = _looks(match[0], low)
        if run and not _continues(text, run, match.start(), low, looks):
            yield from _name(text, run)
            run = []
        if run or looks in ("title", "initial", "name") or low in FORENAMES:
            run.append((match.start(), match.start() + len(low), low, looks))
    yield from _name(text, run)


def _looks(word: str, low: str) -> str:
    if low in NOT_NAMES:
        return "title" if low in _TITLES else ""
    if low in _TITLES:
        return "title"
    if len(word) == 1:
        return "initial" if word.isupper() else ""
    return "name" if word[0].isupper() and _CAPITALS.fullmatch(word) else "low"


def _continues(text: str, run: list[_Word], start: int, low: str, looks: str) -> bool:
    """Up to four words; words in lower case only after a title or beside a usual forename."""
    last = run[-1]
    if not looks or looks == "title" or len(run) == 4:
        return last[2] == "baby" and low == "of"
    if start != last[1] + 1 and not _SPACES.fullmatch(text, last[1], start):
        return False
    if looks == "low":
        return low in FORENAMES or (len(run) == 1 and (last[3] == "title" or last[2] in FORENAMES))
    return True


def _name(text: str, run: list[_Word]) -> Iterator[Name]:
    if any(looks in ("name", "low") for *_, looks in run):
        start, end = run[0][0], run[-1][1]
        sure = run[0][3] == "title" or "," in text[start:end] or any(word[2] in FORENAMES for word in run)
        yield Name(start, end, sure, len(run))
