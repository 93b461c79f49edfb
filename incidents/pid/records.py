"""Hospital, PAS and episode numbers, insurers' membership and pre-authorisation: all only by label."""

import re
from collections.abc import Iterator

from incidents.pid.finding import Finding, Level
from incidents.pid.numbers import nhs_valid
from incidents.pid.plain import Plain
from incidents.pid.vocabulary import listed
from incidents.pid.words import (
    FILLER,
    LOOKS_LIKE_A_DATE,
    LOOKS_LIKE_AN_ADDRESS,
    LOOSE_GAP,
    NUMBER_WORD,
    PATIENT,
    is_elsewhere,
)

# Solid (W204816, 48213-01), or in short groups (204 816, U44 1208 812).
_VALUE = (
    r"(?:[a-z]{1,4}+[-/ ]?+|[a-z]{1,3}/)?+(?:[0-9]{2,4}(?:[ /-][0-9]{2,4}){1,3}(?: [a-z](?![a-z]))?"
    r"|[0-9]{3,14}+[a-z]{0,2}+(?:[-/][0-9]{1,4})?+)(?![0-9a-z])"
)
_INSURER = (
    r"(?:bupa|axa(?: ppp)?|aviva|vitality(?:health)?|wpa|cigna|allianz|healix|simplyhealth|benenden|westfield"
    r"|exeter(?: family)?(?: friendly)?|freedom health|national friendly|insur(?:er|ance)(?:'s)?)"
)
_PAPER = r"(?:mem(?:b|ber(?:ship)?)?|policy|plan|cover|scheme|claim|(?:pre-?)?auth(?:oris?z?ation)?)"
CUES = listed(
    "mrn|ubrn|medical|hosp|patient|pat|inpatient|outpatient|pt|px|pas|episode|spell|case"
    "|encounter|visit|admission|attendance|district|wristband|unit|k number|k no|compucare"
    "|registration|reg|cris|accession|record|account|claim|policy|auth|pre-auth|pre_auth|preauth|pre auth"
    "|member|referral|appointment|booking|theatre case|bupa|axa|aviva|vitality|wpa|cigna|allianz|healix"
    "|simplyhealth|benenden|westfield|exeter|freedom|national friendly|insur"
)
_LABEL = (
    rf"(?:(?P<always>(?:mrns?|ubrn)(?:{NUMBER_WORD})?|medical[ _]?record{NUMBER_WORD})"
    rf"|(?P<numbered>(?:(?:patient[ _-]?)?hosp(?:ital)?|(?:in|out)?patient(?:'s| with| whose)?|pat"
    r"|appointment|booking|pt'?s?|px|pas|episode|spell|case ?notes?"
    rf"|encounter|visit|admission|attendance|district|wristband|unit|k|compucare(?: patient)?"
    rf"|(?:patient )?registration|cris|accession|referral){NUMBER_WORD})"
    rf"|(?P<insurer>{_INSURER}(?: (?:global|health|healthcare|uk))?(?:[ _:-]{{0,2}}{_PAPER})?(?: card)?"
    rf"(?:{NUMBER_WORD})?|pre[-_ ]?auth(?:oris?z?ation)?(?:{NUMBER_WORD})?"
    rf"|member(?:ship)?(?: card)?{NUMBER_WORD}|policy_?n(?:umber|o))"
    rf"|(?P<vague>(?:(?:record|reg|registration|(?:theatre )?case|account|claim|policy"
    rf"|auth(?:oris?z?ation)?){NUMBER_WORD}|claim|policy|membership)(?: (?:from|with|for) {_INSURER})?)"
    rf"|(?P<naked>patient|pt|px|episode|spell|encounter|admission)"
    r"(?=[ :#(]{1,3}[a-z]{0,3}[0-9]))(?![a-z])"
)
_LABELLED = re.compile(rf"{_LABEL}{FILLER}(?P<value>{_VALUE})")
_LOOSELY_LABELLED = re.compile(rf"{_LABEL}{LOOSE_GAP}(?P<value>{_VALUE})")
_COUNTED = re.compile(
    r" ?(?:ms|ns|seconds|secs?|minutes|mins?|hours|bytes|[kmgt]b|rows|records|messages|msgs|%|users|patients"
    r"|characters|chars|pages|x|requests|errors|events|times|failures)(?![a-z])|:[0-9]{2}|\.[0-9]|%"
)
_INSURED_NEAR = re.compile(rf"{_INSURER}|{PATIENT}|pre-?auth|insured|self-pay")
_DIGIT = re.compile(r"[0-9]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?![0-9])")
_TELEPHONE = re.compile(r"0[1-9][0-9]{3} ?[0-9]{3} ?[0-9]{3}(?![0-9])|0[1-9][0-9]{1,2} [0-9]{3,4} [0-9]{3,4}")
_NOT_PREFIXES = ("ext", "tel", "job", "vm", "kb", "on", "at", "in", "id", "to", "sop", "ooh", "chg", "inc")
_FEWEST_DIGITS = {"always": 4, "numbered": 4, "insurer": 5, "vague": 5, "naked": 5}


def find_labelled(plain: Plain, at: int) -> Iterator[Finding]:
    """A number after its label; how many digits it needs depends on how plain the label is."""
    match = _LABELLED.match(plain.low, at) or _loosely_labelled(plain.low, at)
    label = next((name for name in _FEWEST_DIGITS if match and match[name]), None)
    if match and label and _is_label(plain.low, match, label) and _is_value(plain, match, label):
        insured = label == "insurer" or (label == "vague" and not match[label].startswith(("re", "ca", "th")))
        kind = "insurer_number" if insured else "hospital_number"
        yield Finding(kind, *match.span("value"), _level(match))


def _loosely_labelled(low: str, at: int) -> re.Match[str] | None:
    match = _LOOSELY_LABELLED.match(low, at)
    if (
        not match
        or not (match["always"] or match["numbered"] or match["insurer"])
        or is_elsewhere(match["gap"])
    ):
        return None
    return match if len(_DIGIT.findall(match["value"])) > 5 else None


def _is_label(low: str, match: re.Match[str], label: str) -> bool:
    start, end = match.span()
    near = low[max(0, start - 60) : start] + " " + low[match.start(label) : match.end(label)]
    return label != "vague" or bool(_INSURED_NEAR.search(near) or _INSURED_NEAR.search(low[end : end + 40]))


def _is_value(plain: Plain, match: re.Match[str], label: str) -> bool:
    start, end = match.span("value")
    value = match["value"]
    digits = len(_DIGIT.findall(value))
    few = digits < (6 if match[label].startswith("unit") else _FEWEST_DIGITS[label])
    if label == "naked" and nhs_valid(value):  # "pt 9990010021" is an NHS number
        return False
    if few or _YEAR.fullmatch(value) or _COUNTED.match(plain.low, end):
        return False
    if LOOKS_LIKE_A_DATE.match(value) or LOOKS_LIKE_A_DATE.match(plain.low, start):
        return False
    if LOOKS_LIKE_AN_ADDRESS.match(plain.low, start) or _TELEPHONE.match(value):
        return False
    return _is_prefix(plain.text[start:end])


def _is_prefix(value: str) -> bool:
    """Letters before the digits belong to the number when glued to it or in capitals."""
    prefix = re.match(r"[A-Za-z]*", value)
    letters = prefix[0] if prefix else ""
    if letters.lower() in _NOT_PREFIXES:
        return False
    return value[len(letters)] != " " or not letters or letters.isupper()


def _level(match: re.Match[str]) -> Level:
    return (
        "warn"
        if match["naked"] in ("patient", "pt", "px") and match["value"].isdigit() and len(match["value"]) < 6
        else "block"
    )
