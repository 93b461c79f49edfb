"""Pieces of patterns that the rules share. All but NAME_WORD are for text in lower case.

Possessive quantifiers keep every pattern linear: what a piece took, it never gives back.
"""

import re
from collections.abc import Iterable

from incidents.pid.vocabulary import OTHER_LABELS, listed


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of these words, longest first, branching by letter: much faster than a list."""
    by_letter: dict[str, list[str]] = {}
    for word in words:
        by_letter.setdefault(word[:1], []).append(word[1:])
    rest = [re.escape(letter) + any_of(tails) for letter, tails in by_letter.items() if letter]
    return f"(?:{'|'.join(rest)}){'?' if '' in by_letter else ''}" if rest else ""


# "number", "no.", "#", "_no", "Number" of nhsNumber: what turns a word into a label.
NUMBER_WORD = (
    r"(?:[ _.'-]{0,2}+(?:numbers?|numb|num|nums|nbr|nr|nos|no|ids|id|identifier|ref|reference|code|rhif|#)"
    r"(?![a-z])\.?){1,2}+"
)

# What may stand between a label and its value: punctuation, markup and a few small words.
_SMALL_WORDS = any_of(
    listed(
        "is was are were being as for of the this that a an it pt's pts pt px patient's patients patient"
        " his her their given quoted read reads out over phone by caller shows showing shown says said on"
        " record records wristband from label screen to in question affected concerned entered typed came"
        " back with eg e.g value extension system use official n y claf yw i think and which should be"
        " appears has have number numbers"
    )
)
FILLER = (
    r"(?:[\s:;=#.,\"'()\[\]{}>|*~_/\\^?&@-]{1,40}+"
    rf"|{_SMALL_WORDS}(?![a-z])|<(?=[0-9])|</?[a-z][^<>\n]{{0,60}}+>){{0,12}}+"
)

# Any words at all on the same line, for labels that are plain: the rule then reads them with `is_elsewhere`.
LOOSE_GAP = r"(?P<gap>[^0-9\n]{1,45}?(?:[0-9]{1,2} digits?[^0-9\n]{1,20}?)?)(?<![a-z0-9])(?<![a-z0-9]-)"
_ELSEWHERE = (OTHER_LABELS - {"as", "phone", "time", "line"}) | frozenset(
    listed(
        "lookup validation service search column columns field fields index tracing box header"
        " null format length varchar nvarchar char characters table sequence generator picker api"
        " cache since error failed fails build version port server host cert certificate rows count after"
        " until every all"
    )
)


def is_elsewhere(gap: str) -> bool:
    """The words between a label and a number speak of something other than its value."""
    return not _ELSEWHERE.isdisjoint(re.findall("[a-z]+", gap))


# A number of nine to twelve digits, however it is cut up; the usual forms first, so that the end is right.
_GAP = r"[ \t\n.\/_-]{0,3}+"
LONG_NUMBER = (
    rf"(?:[0-9]{{3}}{_GAP}[0-9]{{3}}{_GAP}[0-9]{{4}}(?![0-9])|[0-9]{{9,12}}(?![0-9])"
    rf"|[0-9](?:{_GAP}[0-9]){{9}}(?![0-9])|[0-9](?:{_GAP}[0-9]){{10}}(?![0-9])"
    rf"|[0-9](?:{_GAP}[0-9]){{8}}(?![0-9])|[0-9](?:{_GAP}[0-9oil]){{9}}(?![0-9a-z]))"
)

MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"[0-9]{1,2}+(?:st|nd|rd|th)?+"
_DATE_GAP = r"[ ./,-]{1,2}+(?:of )?+"
DATE = (
    rf"(?:{_DAY}{_DATE_GAP}(?:[0-9]{{1,2}}+|{MONTH}){_DATE_GAP}'?(?:[0-9]{{4}}|[0-9]{{2}})(?![0-9])"
    rf"|[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}(?![0-9])"
    rf"|{MONTH} {_DAY},? '?(?:[0-9]{{4}}|[0-9]{{2}})(?![0-9])"
    rf"|{_DAY}{MONTH}(?:[0-9]{{4}}|[0-9]{{2}})(?![0-9]))"
)
LOOKS_LIKE_A_DATE = re.compile(
    r"(?:19|20)[0-9]{2}([-/.])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([/.])[0-9]{1,2}\2[0-9]{2,4}"
    r"|20[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]"
)
LOOKS_LIKE_AN_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9])")

# Somebody who is treated; not the software that is named after them.
PRODUCT = (
    r"admin|administration|portal|access|index|safety|services?|system|search|list|merge|record|data|flow|team"
    r"|api|lookup|demographics|master|registration|journey|summary|experience|transport|advice|liaison|affairs"
    r"|hub|pathway|view|screen|table|module|label|labels|enquir(?:y|ies)|line|helpline|support|help|app|db|facing"
)
PATIENT = rf"(?<![a-z])(?:patient(?:'s)?|pt(?:'?s)?|pnt|px|y claf)(?![a-z])(?! (?:{PRODUCT})(?![a-z]))"
