"""What machines write: HL7 segments and fields, FHIR and other keys with a patient's values."""

import re
from collections.abc import Iterator

from incidents.pid.finding import Finding
from incidents.pid.plain import Plain
from incidents.pid.words import FILLER

_SEGMENT = re.compile(r"(?:pid|nk1|mrg|in1|gt1)\|[^\r\n]*+")
_NEXT_SEGMENT = re.compile(r"(?<![a-z0-9])(?:evn|pv1|pv2|obr|obx|nk1|al1|dg1|in1|orc|msh|zpi)\|")
_DATA = re.compile(r"[0-9]{4}|\^|[A-Z]{2}")
_NO_DATA = re.compile(r"(?:redacted|removed|masked|null|xxx+|test)", re.IGNORECASE)

_FIELD = re.compile(
    rf"pid[-.](?:3|5|7|11|13|14|18|19)(?:\.[0-9])?(?![0-9]){FILLER}(?P<value>[a-z0-9][^\s,;|]*+)"
)
_FIVE_DIGITS = re.compile(r"(?:[0-9][^0-9]*){5}")
_IDENTIFIER = re.compile(r"\^{3}[a-z&.0-9]{0,20}+\^(?:mr|nh|nhs|pi|pt|vn|an)(?![a-z])")
_IDENTIFIER_BEFORE = re.compile(r"[a-z0-9]{4,14}$")

_FAMILY = re.compile(r"\"(?:family|given)\":\s?\[?\s?\"(?P<value>[^\"\n]{1,60}+)")
_PATIENT_RESOURCE = re.compile(r"\"resourcetype\":\s?\"patient\"|\"birthdate\"")


def find_segments(plain: Plain) -> Iterator[Finding]:
    """HL7 segments about the patient or the family, when a field holds something."""
    if "|" not in plain.low:
        return
    for match in _SEGMENT.finditer(plain.low):
        start, end = match.span()
        if start and plain.low[start - 1].isalnum():
            continue
        following = _NEXT_SEGMENT.search(plain.low, start + 4, end)
        end = following.start() if following else end
        if _has_content(plain.text[start:end]):
            yield Finding("hl7_segment", start, start + len(plain.text[start:end].rstrip()), "block")


def _has_content(segment: str) -> bool:
    """Empty segments and sentences about segments hold none."""
    fields = segment.split("|")[1:]
    if segment[:3].upper() != "MRG" and len(fields) < 2:
        return False
    data = fields if segment[:3].upper() == "MRG" else fields[1:]
    return any(
        field[:1].strip() and _DATA.search(field) and not _NO_DATA.match(field.lstrip("<[")) for field in data
    )


def find_fields(plain: Plain) -> Iterator[Finding]:
    """One field of a segment (PID-3: …), an HL7 identifier, and names in a FHIR patient."""
    if "pid" in plain.low:
        for match in _FIELD.finditer(plain.low):
            if "^" in match["value"] or _FIVE_DIGITS.search(match["value"]):
                yield Finding("hl7_segment", *match.span("value"), "block")
    if "^^^" in plain.low:
        for match in _IDENTIFIER.finditer(plain.low):
            before = _IDENTIFIER_BEFORE.search(plain.low, max(0, match.start() - 14), match.start())
            if before and re.search(r"[0-9]{4}", before[0]):
                yield Finding("hospital_number", before.start(), match.end(), "block")
    if '"family"' in plain.low or '"given"' in plain.low:
        yield from _resource_names(plain.low)


def _resource_names(low: str) -> Iterator[Finding]:
    for match in _FAMILY.finditer(low):
        around = low[max(0, match.start() - 400) : match.end() + 200]
        if _PATIENT_RESOURCE.search(around):
            yield Finding("patient_name", *match.span("value"), "block")
