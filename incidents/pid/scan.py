"""Find and mask: run the rules over the plain form, and settle what overlaps."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator

from incidents.pid import births, contacts, machine, numbers, people, records
from incidents.pid.finding import Finding, Level, marker
from incidents.pid.plain import Plain, plain
from incidents.pid.words import any_of

_AtCue = Callable[[Plain, int], Iterator[Finding]]

# A rule looks at each place where one of its cues begins a word; one pass finds the cues of all rules.
_BY_CUE: tuple[tuple[Iterable[str], _AtCue], ...] = (
    (numbers.CUES, numbers.find_labelled),
    (records.CUES, records.find_labelled),
    (births.CUES, births.find_labelled),
    (people.NAMED_CUES, people.find_named),
    (people.FORM_CUES, people.find_in_form),
    (people.CARE_CUES, people.find_cared_for),
    (people.BED_CUES, people.find_in_bed),
    (contacts.PATIENT_CUES, contacts.find_after_patient),
    (contacts.POSSESSIVE_CUES, contacts.find_possessed),
    (contacts.HOME_CUES, contacts.find_home),
    (contacts.STREET_CUES, contacts.find_street),
)
_EVERYWHERE = (births.find_unlabelled, machine.find_segments, machine.find_fields)


def _rules_by_cue() -> dict[str, list[_AtCue]]:
    """Each cue with its rules and those of shorter cues that it begins with."""
    cues = {cue for some, _ in _BY_CUE for cue in some}
    return {cue: [rule for some, rule in _BY_CUE if cue.startswith(tuple(some))] for cue in cues}


_RULES = _rules_by_cue()
_CUE = re.compile(f"(?<![a-z]){any_of(_RULES)}")
_CUE_INSIDE_A_KEY = tuple(re.compile(rf"{cue}(?<=[a-z]{cue})") for cue in ("nhs", "chi", "dob", "birth"))


def find(text: str) -> list[Finding]:
    """Patient data in a text, in order and without overlaps; offsets count its code points.

    Level `block` must be removed; `warn` needs one more click. Pure, and linear in the text.
    """
    folded = plain(text)
    kept: list[Finding] = []
    trimmed = (_trimmed(folded.text, finding) for finding in _candidates(folded))
    for finding in sorted((one for one in trimmed if one), key=_strength):
        at = bisect_left(kept, finding.end, key=_start)
        if at == 0 or kept[at - 1].end <= finding.start:
            kept.insert(at, finding)
    found = [folded.original(finding) for finding in kept]
    # Two findings may come from one character that folds into several, such as a fraction: keep the first.
    return [one for at, one in enumerate(found) if at == 0 or found[at - 1].end <= one.start]


def _candidates(folded: Plain) -> list[Finding]:
    found: list[Finding] = []
    for pattern in (_CUE, *_CUE_INSIDE_A_KEY):
        for match in pattern.finditer(folded.low):
            for rule in _RULES[match[0]]:
                found.extend(rule(folded, match.start()))
    labelled = {finding.start for finding in found}
    found.extend(numbers.find_bare(folded, labelled))
    for everywhere in _EVERYWHERE:
        found.extend(everywhere(folded))
    return found


def _trimmed(text: str, finding: Finding) -> Finding | None:
    """Without markers at its ends, so that none is cut or masked again; None when nothing else is left."""
    found = text[finding.start : finding.end]
    if "\0" not in found:
        return finding
    start = finding.start + len(found) - len(found.lstrip("\0"))
    end = finding.end - len(found) + len(found.rstrip("\0"))
    said = any(char.isalnum() for char in text[start:end])
    return Finding(finding.kind, start, end, finding.level) if said else None


def _strength(finding: Finding) -> tuple[bool, bool, int, int]:
    """Blocks first; then what its own form proves before what only a label says; then the longer one."""
    is_by_label = finding.kind in ("hospital_number", "insurer_number")
    return finding.level != "block", is_by_label, finding.start - finding.end, finding.start


def _start(finding: Finding) -> int:
    return finding.start


def mask(text: str, level: Level = "block") -> str:
    """Put a marker in place of what blocks, or of warnings too with `level="warn"`.

    It ends, since each round takes letters or digits away and a marker is never masked again.
    """
    while wanted := [finding for finding in find(text) if level in ("warn", finding.level)]:
        text = "".join(_masked(text, wanted))  # a shorter text may bring a label nearer: look again
    return text


def _masked(text: str, findings: list[Finding]) -> Iterator[str]:
    done = 0
    for finding in findings:
        yield text[done : finding.start]
        yield marker(finding.kind)
        done = finding.end
    yield text[done:]
