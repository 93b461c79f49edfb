"""Dates of birth, by label or because they are long past, and the names beside them."""

import re
from collections.abc import Iterator

from incidents.pid.finding import Finding, Level
from incidents.pid.names import Name, names_in
from incidents.pid.plain import Plain
from incidents.pid.vocabulary import NOT_NAMES
from incidents.pid.words import DATE, FILLER, PATIENT

CUES = ("dob", "d.o", "d. o", "d_o", "d/o", "d o b", "date", "birth", "born", "b.", "dyddiad")

_LABELLED = re.compile(
    r"(?P<label>d(?:obs?(?![a-z])|\. ?o\. ?b|_o_b|/o/b| o b(?![a-z])|ate ?of ?birth|ate_of_birth)"
    r"|birth[ _-]?date|birthday|born|b\.(?= ?[0-9])|dyddiad geni)"
    rf"{FILLER}(?P<date>{DATE}|[0-9]{{2}} [0-9]{{2}} [0-9]{{2,4}}(?![0-9])"
    r"|(?:[0-9]{8}|[0-9]{6})(?![0-9]))"
)
_MACHINE_KEY = re.compile(r"[a-z_]*(?:\"?\s?(?:=|>)|\":| value=)|: '|: ?[0-9]{4}-")
_DEFAULT_DATE = re.compile(
    r"0?1[/.-]0?1[/.-](?:1900|1970|1753|1899|0001)|(?:1900|1970|1753|1899|0001|9999)[/.-]|31.12.9999"
)
_NAME_BEFORE, _NAME_AFTER = 64, 44

_OLD_DATE = re.compile(
    r"[0-9](?<![0-9a-z./-][0-9])(?:"
    r"[0-9]?[/.-][0-9]{1,2}[/.-](?:19[0-9]{2}|20[01][0-9]|[3-9][0-9]|[01][0-9])"
    r"|[0-9]?(?:st|nd|rd|th)?[ -](?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6},?[ -]"
    r"(?:19[0-9]{2}|20[01][0-9]|[3-9][0-9])"
    r"|[0-9][01][0-9](?:19[0-9]{2}|20[01][0-9])"
    r"|(?<=1)9[0-9]{2}-[01][0-9]-[0-3][0-9]|(?<=2)0[01][0-9]-[01][0-9]-[0-3][0-9])(?![0-9]|[./-][0-9])"
)
_GAP_TO_DATE = re.compile(r"[\s,;:(|'\"-]{0,5}_?(?:(?:f|m|female|male|mrs?|ms|miss)[\s,)|'\"]{1,4})?")
_PATIENT_OR_BORN = re.compile(rf"{PATIENT}|(?<![a-z])(?:born|birth)(?![a-z])")


def find_labelled(plain: Plain, at: int) -> Iterator[Finding]:
    """A date of birth with a name blocks, both of them; alone it warns, in a machine's field it blocks."""
    match = _LABELLED.match(plain.low, at)
    if not match or _DEFAULT_DATE.match(match["date"]) or not _is_label(plain.low, at):
        return
    start, end = match.span("date")
    name = _name_before(plain, at) or _name_after(plain, end)
    machine = _MACHINE_KEY.match(plain.low, match.end("label"))
    yield Finding("date_of_birth", start, end, "block" if name or machine else "warn")
    if name:
        yield Finding("patient_name", name.start, name.end, "block")


def _is_label(low: str, at: int) -> bool:
    """Not inside a word, save in a key such as patientDob."""
    return at == 0 or not low[at - 1].isalpha() or low.endswith(("patient", "pt"), max(0, at - 7), at)


def _name_before(plain: Plain, at: int) -> Name | None:
    names = list(names_in(plain.text, max(0, at - _NAME_BEFORE), at))
    whole = [name for name in names if name.words > 1 or at - name.end <= 4]
    return whole[-1] if whole else _unusual_name_before(plain, at)


_UNUSUAL = re.compile(r"(?<![a-z'-])(?P<first>[a-z]{3,15}) (?P<last>[a-z'-]{3,20})[\s,(-]{1,3}$")


def _unusual_name_before(plain: Plain, at: int) -> Name | None:
    """Two words in lower case that are no usual words, right before the label."""
    first = max(0, at - 42)
    pair = _UNUSUAL.search(plain.text[first:at])
    if not pair or pair["first"] in NOT_NAMES or pair["last"] in NOT_NAMES:
        return None
    return Name(first + pair.start("first"), first + pair.end("last"), False, 2)


def _name_after(plain: Plain, end: int) -> Name | None:
    names = names_in(plain.text, end, min(len(plain.text), end + _NAME_AFTER))
    return next((name for name in names if name.words > 1), None)


def find_unlabelled(plain: Plain) -> Iterator[Finding]:
    """A date long past beside a name is a date of birth; near a patient's cue it may be one."""
    for match in _OLD_DATE.finditer(plain.low):
        start, end = match.span()
        if _DEFAULT_DATE.match(plain.low, start):
            continue
        first = max(0, start - 40)
        if name := _name_beside(plain, first, start):
            level: Level = "block" if name.sure else "warn"
            yield Finding("patient_name", name.start, name.end, level)
            yield Finding("date_of_birth", start, end, level)
        elif _PATIENT_OR_BORN.search(plain.low, first, min(len(plain.low), end + 25)):
            yield Finding("date_of_birth", start, end, "warn")


def _name_beside(plain: Plain, first: int, start: int) -> Name | None:
    names = [name for name in names_in(plain.text, first, start) if name.words > 1]
    return names[-1] if names and _GAP_TO_DATE.fullmatch(plain.low, names[-1].end, start) else None
