"""What the guard reports: a kind, where it stands, how serious it is. Never what it says."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["block", "warn"]

KIND_WORDS: dict[str, str] = {
    "nhs_number": "NHS number",
    "chi_number": "CHI number",
    "hc_number": "H&C number",
    "hospital_number": "hospital number",
    "insurer_number": "insurer's number",
    "patient_name": "patient's name",
    "date_of_birth": "date of birth",
    "ward_and_bed": "patient's name with a bed",
    "address": "patient's address",
    "phone": "patient's phone number",
    "email": "patient's e-mail address",
    "hl7_segment": "HL7 patient segment",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`start` and `end` count code points of the text as it was typed, end excluded."""

    kind: str
    start: int
    end: int
    level: Level


def describe(finding: Finding) -> str:
    """Say what stands where, counted from 1, without repeating it."""
    words = KIND_WORDS[finding.kind]
    first = finding.start + 1
    place = f"character {first}" if finding.end == first else f"characters {first} to {finding.end}"
    return f"{_article(words)} {words}, {place}"


def marker(kind: str) -> str:
    """What stands in a masked text instead of what was found."""
    return f"[{KIND_WORDS[kind]} removed]"


def _article(words: str) -> str:
    # "An NHS number", but "A hospital number": capitals are spelled out when spoken.
    spoken_with_vowel = "AEFHILMNORSX" if words[1].isupper() or words[1] == "&" else "AEIOUaeiou"
    return "An" if words[0] in spoken_with_vowel else "A"
