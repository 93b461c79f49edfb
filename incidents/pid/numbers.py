"""NHS, CHI and H&C numbers: by their label, by their form, or as any valid ten-digit number."""

import re
from collections.abc import Container, Iterator

from stdnum.gb import nhs

from incidents.pid.finding import Finding, Level
from incidents.pid.plain import Plain
from incidents.pid.vocabulary import KEYED_THINGS, OTHER_LABELS, listed
from incidents.pid.words import (
    FILLER,
    LONG_NUMBER,
    LOOKS_LIKE_A_DATE,
    LOOKS_LIKE_AN_ADDRESS,
    LOOSE_GAP,
    NUMBER_WORD,
    any_of,
    is_elsewhere,
)

_NHS = r"(?:nhs|nsh|n\. ?h\. ?s\.?|n h s|gig|national health(?: service)?|2\.16\.840\.1\.113883\.2\.1\.4\.1)"
CUES = (
    *("nhs", "nsh", "n.h.s", "n. h. s", "n h s", "gig", "national health", "2.16.840.1.113883.2.1.4.1"),
    *("chi", "c.h.i", "c. h. i", "community health"),
    *("hcn", "hc", "h&c", "h+c", "h & c", "h + c", "h and c", "hsc", "health and", "healthand", "health &"),
)
_CHI = r"(?:chis?|c\. ?h\. ?i\.?|community health index)"
_HC = (
    r"(?:hcn|hc(?=[ _-]?n)|h ?[&+] ?c|h and c|hsc(?=[ _.-]{0,2}(?:n|id|ref|#))"
    r"|health ?(?:and|&) ?(?:social ?)?care)"
)
_LABEL = rf"(?:(?P<nhs>{_NHS})|(?P<chi>{_CHI})|(?P<hc>{_HC}))(?: ?/ ?chi)?"
_LABELLED = re.compile(rf"{_LABEL}(?P<word>{NUMBER_WORD})?(?![a-z]){FILLER}(?P<number>{LONG_NUMBER})")
_LOOSELY_LABELLED = re.compile(
    rf"{_LABEL}(?P<word>{NUMBER_WORD})(?![a-z]){LOOSE_GAP}(?P<number>{LONG_NUMBER})"
)
_NEXT_IN_LIST = re.compile(rf"[\s,;/&+]{{1,4}}+(?:(?:and|or|also|then|plus)\s)?+(?P<number>{LONG_NUMBER})")
_BARE = re.compile(
    r"[0-9](?<![0-9a-z][0-9])(?:[0-9]{9}|[0-9]{2}(?P<gap>\s{1,2}|[-./])[0-9]{3}(?:\s{1,2}|[-./])[0-9]{4}"
    r"|[0-9]{5}[ -][0-9]{4}|[0-9]{2}[ -][0-9]{7})(?![0-9a-z])"
)
_NOT_DIGIT = re.compile(r"[^0-9]")

_PATIENT_WORDS = frozenset(
    listed("patient pt pts px nhs chi hcn wristband dob born surname forename mrs claf")
)
_LABEL_AFTER = re.compile(
    r"[\s,\"')-]{0,4}+(?:(?:is|was|being) (?:the|his|her|their|a|an|pt'?s?|patient'?s?) |\()"
    r"(?:(?P<nhs>nhs)|(?P<chi>chi)|(?P<hc>hcn|h ?& ?c|hsc))(?![a-z])(?! spine)"
    r"|\",\s*\"system\":\s*\"[^\"]{0,60}(?:nhs-number|chi|hcn)"
)
_COUNTED_AFTER = re.compile(
    r" ?(?:seconds|secs?|ms|ns|bytes|[kmg]b|rows|messages|ticks|iops)(?![a-z])|\.[0-9]"
)
_OTHER_PREFIXES = ("+44 ", "+44", "+44 (0)", "0044 ", "$", "£")
_WORDS = re.compile(r"[a-z]+|#")
_EMPTY_WORDS = frozenset(
    listed("no nos number num nr is was the of a an our their at on in to from for with raised")
)
_STRONG_LABELS = frozenset(listed("circuit ref reference ticket order serial fault invoice epoch"))
_KEY_OF_ANOTHER = re.compile(
    rf"(?:{any_of((*OTHER_LABELS, *KEYED_THINGS))})(?:id|ref|no|number|serial|seq|key)"
)
_LINK = re.compile(r"://|\w/\w.*/|/\w+/")
_GUID_PART = re.compile(r"[0-9a-f]{4}-[0-9a-f]{4}|[0-9a-f]{16}")
_PLACEHOLDERS = frozenset(("0123456789", "1234567890", "9876543210"))


def find_labelled(plain: Plain, at: int) -> Iterator[Finding]:
    """A labelled number blocks even with a wrong check digit or length: a typo still names somebody."""
    match = _LABELLED.match(plain.low, at) or _loosely_labelled(plain.low, at)
    if match and _is_label(plain, match) and _is_number(match):
        kind = f"{_label(match)}_number"
        yield Finding(kind, *match.span("number"), "block")
        plural = (match["word"] or "").rstrip(".").endswith("s")
        yield from _rest_of_list(plain.low, match.end(), kind, plural)


def _loosely_labelled(low: str, at: int) -> re.Match[str] | None:
    match = _LOOSELY_LABELLED.match(low, at)
    if not match or is_elsewhere(match["gap"]) or _COUNTED_AFTER.match(low, match.end()):
        return None
    return match


def _label(match: re.Match[str]) -> str:
    return next(name for name in ("nhs", "chi", "hc") if match[name])


def _is_label(plain: Plain, match: re.Match[str]) -> bool:
    """`machine no` is not CHI: a letter before the label is fine only in a key such as ptNhsNo."""
    at = match.start()
    if at == 0 or not plain.low[at - 1].isalnum():
        return True
    inside_a_key = plain.text[at].isupper() and plain.text[at - 1].islower()
    return inside_a_key or (match["word"] is not None and match["nhs"] is not None)


def _is_number(match: re.Match[str]) -> bool:
    number = match["number"]
    if LOOKS_LIKE_A_DATE.match(number) and not nhs_valid(_NOT_DIGIT.sub("", number)):
        return False
    if LOOKS_LIKE_AN_ADDRESS.match(number):
        return False
    # "NHS helpdesk" lines: without the word number, eleven digits from 0 are a telephone.
    telephone = number[0] == "0" and len(_NOT_DIGIT.sub("", number)) == 11
    return match["word"] is not None or not telephone


def _rest_of_list(low: str, at: int, kind: str, plural: bool) -> Iterator[Finding]:
    while match := _NEXT_IN_LIST.match(low, at):
        digits = _NOT_DIGIT.sub("", match["number"])
        if not nhs_valid(digits) and not (plural and len(digits) == 10):
            return
        yield Finding(kind, *match.span("number"), "block")
        at = match.end()


def find_bare(plain: Plain, labelled: Container[int]) -> Iterator[Finding]:
    """Valid ten-digit numbers: block in 3-3-4 form or near a patient, else warn; silent for other ids.

    `labelled` holds where labelled findings start: those are settled.
    """
    for match in _BARE.finditer(plain.low):
        if match.start() in labelled:
            continue
        digits = _NOT_DIGIT.sub("", match[0])
        start, end = match.span()
        if not nhs_valid(digits):
            after = _LABEL_AFTER.match(plain.low, end)
            if after and not _is_recent_epoch(digits):
                kind = after.lastgroup or "nhs"
                yield Finding(f"{kind}_number", start, end, "block")
        elif level := _level(plain.low, start, end, digits, match["gap"]):
            yield Finding(kind_of(digits), start, end, level)


def _level(low: str, start: int, end: int, digits: str, gap: str | None) -> Level | None:
    grouped = gap is not None and gap not in ("/", ".")
    before, after = low[max(0, start - 48) : start], low[end : end + 40]
    words = _WORDS.findall(before)
    if digits in _PLACEHOLDERS or before.endswith(_OTHER_PREFIXES):
        return None
    if _is_something_else(before, words, after):
        return "warn" if grouped and is_issued(digits) else None
    if is_issued(digits) and (grouped or _has_patient_near(words, before, after)):
        return "block"
    if grouped:
        return "warn"
    if gap is None and (_in_resource(low, start, end) or _is_recent_epoch(digits) or _is_stamp(digits)):
        return None
    return "warn" if is_issued(digits) else None


def _has_patient_near(words: list[str], before: str, after: str) -> bool:
    near = _PATIENT_WORDS.intersection(words) or _PATIENT_WORDS.intersection(_WORDS.findall(after))
    return bool(near) or before.endswith(("patient/", "patients/"))


def _is_something_else(before: str, words: list[str], after: str) -> bool:
    """The nearest word before says that this counts, times, telephones or numbers another thing."""
    if _COUNTED_AFTER.match(after):
        return True
    said = next((at for at in range(len(words) - 1, -1, -1) if words[at] not in _EMPTY_WORDS), -1)
    if said < 0 or len(before) - before.rfind(words[said]) > len(words[said]) + 14:
        return False
    last = words[said]
    if last in OTHER_LABELS or _KEY_OF_ANOTHER.fullmatch(last):
        return True
    # "circuit BTNET 4471882093": a name may stand between.
    return said > 0 and words[said - 1] in _STRONG_LABELS and last not in _PATIENT_WORDS


def _in_resource(low: str, start: int, end: int) -> bool:
    """Inside a URL, a resource path or a GUID."""
    first = max(low.rfind(" ", max(0, start - 120), start), low.rfind("\n", max(0, start - 120), start)) + 1
    token = low[max(first, start - 120) : end + 30].split(None, 1)[0]
    return bool(_LINK.search(token) or _GUID_PART.search(token.replace(low[start:end], "", 1)))


def _is_recent_epoch(digits: str) -> bool:
    return digits.startswith(("16", "17", "18")) and not "01" <= digits[2:4] <= "12"


def _is_stamp(digits: str) -> bool:
    """DDMMYYHHMM of these years, as in the names of files."""
    return is_chi(digits) and "20" <= digits[4:6] <= "35" and digits[6:8] < "24" and digits[8:] < "60"


def nhs_valid(digits: str) -> bool:
    """Ten digits, not all the same, with the check digit of modulus 11."""
    return len(digits) == 10 and digits.isdigit() and digits != digits[0] * 10 and nhs.checksum(digits) == 0


def is_chi(digits: str) -> bool:
    """A CHI number starts with a date of birth, DDMMYY."""
    return "01" <= digits[:2] <= "31" and "01" <= digits[2:4] <= "12"


def is_issued(digits: str) -> bool:
    """In a range of NHS (3, 4, 6, 7, and 9 for tests), H&C (320 to 399) or CHI numbers; not 5 and 8."""
    return digits[0] in "34679" or is_chi(digits)


def kind_of(digits: str) -> str:
    if is_chi(digits):
        return "chi_number"
    return "hc_number" if "320" <= digits[:3] <= "399" else "nhs_number"
