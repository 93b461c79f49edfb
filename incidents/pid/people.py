"""Names with dates of birth, names that a patient's cue introduces, and names in beds."""

import re
from collections.abc import Iterator

from incidents.pid.finding import Finding
from incidents.pid.names import Name, names_in
from incidents.pid.plain import Plain
from incidents.pid.vocabulary import listed
from incidents.pid.words import FILLER, PATIENT

NAMED_CUES = ("patient", "pt", "px", "pnt", "y claf", "next of kin", "nok", "n.o.k")
FORM_CUES = ("surname", "forename", "family name", "first name", "last name", "given name")
CARE_CUES = listed(
    "discharge blood result biopsy scan medic meds allerg observation obs admission record notes appointment"
    " operation procedure prescription drug referral ecg x-ray xray mri consent chart"
)
BED_CUES = (
    "bed",
    "bay",
    "side",
    "room",
    "rm",
    "cubicle",
    "sr",
    "ward",
    "wd",
    *(f"w{digit}" for digit in range(1, 10)),
)

_NAMED = re.compile(
    rf"(?P<label>(?:patient|pt|px)(?:'?s)?[ _.]?(?:full[ _]?|sur|fore|last[ _]?|first[ _]?|family[ _]?"
    rf"|given[ _]?)?name)s?{FILLER}(?=[a-z])"
    rf"|(?:{PATIENT}|next of kin|n\.?o\.?k(?![a-z]))"
    r"(?:[\s:,(-]{1,4}+(?:(?:is|was|are|called|named|name|a|her|his|the|son|daughter|wife|husband|mother|father"
    r"|in bed [0-9]{1,2}|on ward [0-9]{1,2})(?![a-z]))?+){1,4}+(?=[a-z])"
)
_FORM_FIELD = re.compile(
    r"(?:surname|forenames?|family name|first name|last name|given name)s?[\"']?\s?[:=]\s?[\"']?"
)
_STAFF_FORM = re.compile(r"(?<![a-z])(?:user|staff|account|caller|contact|upn|engineer)(?![a-z])")
_BED = re.compile(
    r"(?:bed(?:space)?|bay|side ?ro?o?m|ro?o?m|cubicle|sr)[ -]?(?:no\.? ?)?[0-9]{1,2}(?![0-9])"
    r"|w(?:ard|d)? ?[0-9]{1,2}[a-z]?,? ?b(?:ed)? ?[0-9]{1,2}(?![0-9])"
)
_CARE = re.compile(r"(?<![a-z])(?:ward|wd|theatre|itu|icu|hdu|bed|obs|w[0-9]|ro?o?m)")
_STAFF_BEFORE = re.compile(
    r"(?:nurse|sister|matron|dr|doctor|prof|professor|engineer|consultant|registrar|spoke (?:to|with)"
    r"|reported by|per|by|caller|called|rang|ring|ask for|contact|from|told|with|manager|lead|clerk|porter"
    r"|hca|it|estates|charge)[\s.:,]*$"
)
_STAFF_AFTER = re.compile(
    r"[\s,]*(?:\((?!ward|bed|w[0-9])|(?:it|on call|nurse|manager|night|clerk|rang|reported|called|calls|says"
    r"|said|confirmed|confirms|advised|phoned|asked|asks|will|ext|bleep|0[0-9]{4}|\+44)(?![a-z]))"
)


def find_named(plain: Plain, at: int) -> Iterator[Finding]:
    """A name right after "patient", "pt" or "next of kin" warns; after "patient name" it blocks."""
    match = _NAMED.match(plain.low, at)
    if match and (name := _name_at(plain.text, match.end(), 40)):
        yield Finding("patient_name", name.start, name.end, "block" if match["label"] else "warn")


def find_in_form(plain: Plain, at: int) -> Iterator[Finding]:
    """A filled field such as "Surname: …", unless the form is about staff."""
    match = _FORM_FIELD.match(plain.low, at)
    if match and not _STAFF_FORM.search(plain.low, max(0, at - 60), at):
        name = _name_at(plain.text, match.end(), 30)
        if name:
            yield Finding("patient_name", name.start, name.end, "warn")


def find_cared_for(plain: Plain, at: int) -> Iterator[Finding]:
    """Somebody whose discharge, results or prescription it is."""
    start = max(0, at - 40)
    if not plain.low.endswith(("'s ", "s' "), start, at):
        return
    for name in names_in(plain.text, start, at):
        if at - name.end <= 3 and name.words > 1 and not _STAFF_BEFORE.search(plain.low, start, name.start):
            yield Finding("patient_name", name.start, name.end, "warn")


def _name_at(text: str, start: int, reach: int) -> Name | None:
    first = next(names_in(text, start, min(len(text), start + reach)), None)
    return first if first and first.start == start else None


def find_in_bed(plain: Plain, at: int) -> Iterator[Finding]:
    """A name beside a bed, bay or room number warns, unless it is a member of staff."""
    match = _BED.match(plain.low, at)
    if not match:
        return
    start, end = max(plain.low.rfind("\n", 0, at) + 1, at - 40), match.end() + 40
    end = min(len(plain.low), end, plain.low.find("\n", match.end(), end) % (end + 1))
    if not _CARE.search(plain.low, start, end):
        return
    for name in (*names_in(plain.text, match.end(), end), *names_in(plain.text, start, at)):
        if _is_patient(plain.low, name, at, match.end()):
            yield Finding("ward_and_bed", name.start, name.end, "warn")
            return


def _is_patient(low: str, name: Name, start: int, end: int) -> bool:
    beside = -4 <= name.start - end <= 4 or -4 <= start - name.end <= 8
    staff = _STAFF_BEFORE.search(low, max(0, name.start - 24), name.start) or _STAFF_AFTER.match(
        low, name.end
    )
    return (name.words > 1 or beside) and not staff
