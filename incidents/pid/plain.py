"""One plain form of a text to search in, and the way back to where each character stood."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from incidents.pid.finding import KIND_WORDS, Finding, marker
from incidents.pid.slips import MEANT, WORD
from incidents.pid.words import any_of

_DIGIT_WORDS = {
    word: str(value)
    for value, words in enumerate(
        ("zero oh nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
    for word in words.split()
}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_DIGIT_WORD = any_of(_DIGIT_WORDS)
_SPOKEN_PART = rf"(?:(?:double|triple|treble)[ -])?(?:{_DIGIT_WORD}(?![a-z])|[0-9]{{1,4}}(?![0-9a-z]))"
_SPOKEN = re.compile(
    rf"(?<![a-z])(?:(?:double|triple|treble)[ -](?:[0-9]|{_DIGIT_WORD})|{_DIGIT_WORD})(?![a-z])"
    rf"(?:[ ,.\n-]{{1,3}}+{_SPOKEN_PART}){{2,12}}+"
)
_TWO_SPOKEN = re.compile(
    rf"[ ,.\n-](?:double|triple|treble|{_DIGIT_WORD})[ ,.\n-]{{1,3}}(?:double|triple|treble|{_DIGIT_WORD})"
)  # a quick look before the thorough one
_SPOKEN_WORD = re.compile(r"[a-z]+|[0-9]")
_ENTITY_OR_PERCENT = re.compile(r"&(?:nbsp|#160|#x[aA]0);|%[2-7][0-9A-Fa-f]")
_MARKER = re.compile("|".join(re.escape(marker(kind)) for kind in KIND_WORDS))
_ESCAPE = re.compile(r"\\([\"nrt])")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SPECIAL = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\uff0d", "-"),
    **dict.fromkeys("\u2018\u2019\u201a\u2032`\u00b4", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u2033\u00ab\u00bb", '"'),
    **dict.fromkeys("\u00b7\u2022", "."),
    **dict(zip("\u00f8\u00d8\u0142\u0141\u0111\u0110\u00df", "oOlLdDs", strict=True)),
}

Replace = Callable[[re.Match[str]], str]


class Edits(NamedTuple):
    """What one pass replaced, in order: where it stands now, and where it stood before."""

    starts: list[int]
    ends: list[int]
    old_starts: list[int]
    old_ends: list[int]

    def before(self, start: int, end: int) -> tuple[int, int]:
        """A span before the pass; a replaced character stands for the whole of what it replaced."""
        first, last = bisect_right(self.ends, start), bisect_right(self.ends, end - 1)
        return (
            self.old_starts[first] if self._is_inside(first, start) else start + self._offset(first),
            self.old_ends[last] if self._is_inside(last, end - 1) else end + self._offset(last),
        )

    def _is_inside(self, index: int, at: int) -> bool:
        return index < len(self.starts) and self.starts[index] <= at

    def _offset(self, index: int) -> int:
        return self.old_ends[index - 1] - self.ends[index - 1] if index else 0


class Plain(NamedTuple):
    """`text` is folded, `low` is the same in lower case; both have the same length."""

    text: str
    low: str
    passes: tuple[Edits, ...]

    def original(self, finding: Finding) -> Finding:
        """The same finding where it stands in the text as it was typed."""
        if not self.passes:
            return finding
        start, end = finding.start, finding.end
        for edits in reversed(self.passes):
            start, end = edits.before(start, end)
        return Finding(finding.kind, start, end, finding.level)


def plain(original: str) -> Plain:
    """Fold compatibility forms, accents, dashes, spaces, foreign digits, escapes and spoken digits.

    A label with a slip of the finger in it becomes the label that was meant.
    """
    text, passes = original, []
    if not text.isascii():
        text, edits = _rewrite(text, _NOT_ASCII, lambda match: fold(match[0]))
        passes.append(edits)
    if " removed]" in text:
        text = _MARKER.sub(lambda match: "\0" * len(match[0]), text)
    if "\\" in text:
        text = _ESCAPE.sub(lambda match: ' "' if match[1] == '"' else " \n", text)
    if "%" in text or "&" in text:
        text, edits = _rewrite(text, _ENTITY_OR_PERCENT, _open_entity)
        passes.append(edits)
    low = text.lower()
    if _TWO_SPOKEN.search(low) and _SPOKEN.search(low):
        text, edits = _rewrite(low, _SPOKEN, _spoken_digits, text)
        passes.append(edits)
        low = text.lower()
    if slips := MEANT.keys() & WORD.findall(low):
        mistyped = re.compile(rf"(?<![a-z]){any_of(sorted(slips))}(?![a-z])")
        text, edits = _rewrite(low, mistyped, lambda match: MEANT[match[0]], text)
        passes.append(edits)
        low = text.lower()
    return Plain(text, low, tuple(edits for edits in passes if edits.starts))


@lru_cache(maxsize=4096)
def fold(char: str) -> str:
    """One character in its plain form: none for what cannot be seen, digits of any script as 0 to 9."""
    if char in _SPECIAL:
        return _SPECIAL[char]
    return "".join(_fold_part(part) for part in unicodedata.normalize("NFKD", char))


def _fold_part(char: str) -> str:
    category = unicodedata.category(char)
    if category in ("Mn", "Cf"):  # accents, zero-width characters, soft hyphens, direction marks
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(char))
    folded = _SPECIAL.get(char, char)
    return folded if len(folded.lower()) == 1 else "?"


def _open_entity(match: re.Match[str]) -> str:
    return " " if match[0][0] == "&" else chr(int(match[0][1:], 16))


def _spoken_digits(match: re.Match[str]) -> str:
    """ "triple nine oh one" becomes 99901, when all of it makes nine to twelve digits."""
    digits, times = "", 1
    for word in _SPOKEN_WORD.findall(match[0]):
        digits += (_DIGIT_WORDS.get(word, word) * times) if word not in _TIMES else ""
        times = _TIMES.get(word, 1)
    return digits if 9 <= len(digits) <= 12 else match[0]


def _rewrite(where: str, pattern: re.Pattern[str], replace: Replace, text: str = "") -> tuple[str, Edits]:
    """Replace what matches in `where` (by default the text itself), noting only changes of length."""
    text = text or where
    pieces: list[str] = []
    edits = Edits([], [], [], [])
    done = length = 0
    for match in pattern.finditer(where):
        new, (start, end) = replace(match), match.span()
        pieces += (text[done:start], new)
        length += start - done + len(new)
        if len(new) != end - start:
            for column, value in zip(edits, (length - len(new), length, start, end), strict=True):
                column.append(value)
        done = end
    pieces.append(text[done:])
    return "".join(pieces), edits
