"""Where a patient lives and how to reach them; never staff's call-back numbers or a site's postcode."""

import re
from collections.abc import Iterator

from incidents.pid.finding import Finding
from incidents.pid.names import names_in
from incidents.pid.plain import Plain
from incidents.pid.vocabulary import listed
from incidents.pid.words import PATIENT, any_of

PATIENT_CUES = listed(
    "patient|pt|pnt|px|y claf|next of kin|nok|n.o.k|mother|father|daughter|son|wife|husband|carer|mum|dad"
    "|neighbour|guardian|relative"
)
POSSESSIVE_CUES = ("her ", "his ", "their ")
HOME_CUES = ("lives", "live at", "living at", "resid", "home address", "of no")
_KIN = (
    r"(?<![a-z])(?:next of kin|n\.?o\.?k|mother|father|daughter|son|wife|husband|carer|mum|dad"
    r"|neighbour|guardian|relative)(?![a-z])"
)
_CUE = re.compile(rf"{PATIENT}|patient(?=[a-z_]*(?:phone|mobile|tel|email|address|postcode))|{_KIN}")
_HOME_CUE = re.compile(
    r"(?<![a-z])(?:lives? (?:at|in)|living at|resid(?:es|ent|ing) (?:at|of)|home address|of no\.? )"
)
_HIS_OR_HERS = re.compile(
    r"(?:her|his|their) (?:own |home )?(?:e-?mail|phone|mobile|mob|address|number)(?: address| number)?"
    r"(?: is|:)? "
)
_ONE_PATIENT_AFTER = re.compile(r"[^\n.]{0,12}(?:the patient|pt|px)(?![a-z])")
_REACH = 60

_STREET_TYPES = listed(
    "road rd street st avenue ave lane ln close cl drive dr way court ct crescent cres gardens gdns terrace"
    " place grove hill row walk green park square mews view rise parade loan brae wynd"
)
STREET_CUES = tuple(f"{street}{end}" for street in _STREET_TYPES for end in " ,\n")
_BEFORE_STREET = r"(?:flat [0-9]{1,3}[a-z]?,? )?[0-9]{1,4}[a-z]?,? (?:[a-z']{2,20} ){1,3}?"
_STREET = rf"{_BEFORE_STREET}{any_of(_STREET_TYPES)}(?![a-z])"
_POSTCODE = r"[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}(?![a-z0-9])"
_ADDRESS = re.compile(
    rf"(?<![a-z0-9])(?:{_STREET}(?:[\s,]{{1,2}}[a-z ,]{{0,30}}?{_POSTCODE})?"
    rf"|{_POSTCODE}|[0-9]{{1,3}} the green)"
)
_PHONE = re.compile(
    r"(?<![0-9a-z])(?:\+44 ?(?:\(0\) ?)?|0044 ?|0)[1-9][0-9]{1,4}[ -]?[0-9]{3,6}(?:[ -]?[0-9]{3,4})?(?![0-9])"
)
_EMAIL = re.compile(r"(?<![a-z0-9])[a-z0-9][a-z0-9._+-]{0,60}+@[a-z0-9][a-z0-9.-]{2,60}")
_DESK = re.compile(
    r"(?<![a-z])(?:desk|switchboard|helpline|support|engineer|nurse|sister|dr|it|on call|manager|call ?back"
    r"|ward [0-9]|site|hospital|clinic|surgery|caller|helpdesk|reception|secretary|lead|rota|bleep"
    r"|data centre)(?![a-z])"
)
_ROLE_MAILBOX = re.compile(
    r"(?:it|info|help|support|service|desk|no-?reply|admin|team|alert|patient|duty|oncall)[a-z._-]*@"
)
_HOUSE = re.compile(rf"(?<![a-z0-9]){_BEFORE_STREET}$")
_ENDS_IN_POSTCODE = re.compile(rf"{_POSTCODE}$")
_SITE = re.compile(
    r"(?<![a-z])(?:hospital|clinic|surgery|cent(?:re|er)|site|unit|office|depot|engineer|courier|attend"
    r"|deliver|park,)"
)
_KINDS = (
    ("address", re.compile("[0-9]"), _ADDRESS),
    ("phone", re.compile("[0+]"), _PHONE),
    ("email", re.compile("@"), _EMAIL),
)


def find_after_patient(plain: Plain, at: int) -> Iterator[Finding]:
    """An address, telephone or e-mail address after a cue that it is a patient's or their kin's."""
    match = _CUE.match(plain.low, at)
    if not match:
        return
    start, end = match.end(), min(len(plain.low), match.end() + _REACH)
    for kind, needed, pattern in _KINDS:
        found = needed.search(plain.low, start, end) and pattern.search(plain.low, start, end)
        if found and not _is_desk(plain.low, start, found, kind):
            yield Finding(kind, *found.span(), "warn")


def find_possessed(plain: Plain, at: int) -> Iterator[Finding]:
    """Her e-mail address or his mobile, when the same line goes on about one patient."""
    match = _HIS_OR_HERS.match(plain.low, at)
    if not match:
        return
    end = min(len(plain.low), match.end() + _REACH)
    for kind, _, pattern in _KINDS:
        found = pattern.match(plain.low, match.end(), end)
        if found and _ONE_PATIENT_AFTER.match(plain.low, found.end()):
            yield Finding(kind, *found.span(), "warn")


def find_home(plain: Plain, at: int) -> Iterator[Finding]:
    """An address where somebody lives."""
    match = _HOME_CUE.match(plain.low, at)
    found = match and _ADDRESS.search(plain.low, match.end(), min(len(plain.low), match.end() + _REACH))
    if found:
        yield Finding("address", *found.span(), "warn")


def find_street(plain: Plain, at: int) -> Iterator[Finding]:
    """A house in a street with its postcode, or after a person's name, unless it is a site's address."""
    first = max(0, at - 46)
    house = _HOUSE.search(plain.low, first, at)
    street = house and _ADDRESS.match(plain.low, house.start(), min(len(plain.low), at + 60))
    if not street or _SITE.search(
        plain.low, max(0, street.start() - 80), min(len(plain.low), street.end() + 40)
    ):
        return
    named = any(name.words > 1 for name in names_in(plain.text, max(0, street.start() - 30), street.start()))
    if named or _ENDS_IN_POSTCODE.search(street[0]):
        yield Finding("address", *street.span(), "warn")


def _is_desk(low: str, start: int, found: re.Match[str], kind: str) -> bool:
    if kind == "email" and _ROLE_MAILBOX.match(found[0]):
        return True
    return _DESK.search(low, start, found.start()) is not None
