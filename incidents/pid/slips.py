"""Slips of the finger in the words that label an identifier: a typo in a label hides nothing."""

import re
from collections.abc import Iterator

from incidents.pid.vocabulary import listed

_LABELS = listed(
    "patient patients hospital number numbers membership member episode wristband admission insurance"
    " surname forename birth name authorisation authorization registration"
)
_NEIGHBOURS = {
    letter: near
    for letter, near in zip(
        "abcdefghijklmnopqrstuvwxyz",
        (
            *("qwsz", "vghn", "xdfv", "serfcx", "wsdr", "drtgvc", "ftyhbv", "gyujnb", "ujko", "huikmn"),
            *("jiolm", "kop", "njk", "bhjm", "iklp", "ol", "wa", "edft", "awedxz", "rfgy", "yhji", "cfgb"),
            *("qase", "zsdc", "tghu", "asx"),
        ),
        strict=True,
    )
}
_REAL_WORDS = frozenset(listed("patent patents numbed manes mane amen"))
_FEWEST_LETTERS = 6  # a shorter word is only known with two letters swapped
WORD = re.compile(r"[a-z]{4,}")


def _slips(word: str) -> Iterator[str]:
    """What a hurried hand makes of a word: two letters swapped, one lost, one twice, one key beside."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if len(word) < _FEWEST_LETTERS:
        return
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
        yield from (word[:at] + near + word[at + 1 :] for near in _NEIGHBOURS[word[at]])


MEANT = {
    slip: word for word in _LABELS for slip in _slips(word) if slip not in _REAL_WORDS and slip not in _LABELS
}
