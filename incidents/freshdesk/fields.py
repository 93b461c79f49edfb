"""The fields of a ticket as the account wants them: configured, with blanks that the incident fills in.

`{"custom_fields": {"cf_hospital": "{customer}"}}`: a text in braces stands for what `BLANKS` names. Numbers
stay numbers where the blank is the whole text.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from incidents import pid
from incidents.local_time import local
from incidents.models import Incident

URGENT, PHONE = 4, 3
_BLANK = re.compile(r"\{([a-z_]*)\}")
LONGEST_TAG = 32
# What the desk itself says of a ticket.
OWN_FIELDS = frozenset({"email", "requester_id", "subject", "description", "status"})

BLANKS: Mapping[str, Callable[[Incident], str | int]] = {
    "reference": lambda incident: incident.reference,
    "customer": lambda incident: incident.customer.name,
    "customer_code": lambda incident: incident.customer.short_name,
    "service": lambda incident: incident.service.name,
    "service_code": lambda incident: incident.service.code,
    "what_fails": lambda incident: incident.get_failure_display(),
    "who_is_affected": lambda incident: incident.get_who_affected_display(),
    "caller": lambda incident: incident.caller_name,
    "call_back_number": lambda incident: incident.call_back_number,
    "customer_reference": lambda incident: incident.customer_reference,
    "began_on": lambda incident: _day(incident.unavailable_since),
    "reported_on": lambda incident: _day(incident.reported_at),
}
# Known when it is over, so in FRESHDESK_CLOSING_FIELDS alone.
CLOSING_BLANKS: Mapping[str, Callable[[Incident], str | int]] = {
    "outcome": lambda incident: incident.get_state_display(),
    "resolution": lambda incident: incident.resolution or incident.told_caller,
    "restored_on": lambda incident: _day(incident.restored_at),
    "minutes_down": lambda incident: _minutes_down(incident),
    "decline_rule": lambda incident: incident.decline_rule,
}


def creation(incident: Incident) -> dict[str, Any]:
    """What `FRESHDESK_TICKET_FIELDS` and our own key say of a new ticket, filled in; tags besides ours."""
    fields: dict[str, Any] = {"priority": URGENT, "source": PHONE} | _filled(
        settings.FRESHDESK_TICKET_FIELDS, incident, BLANKS
    )
    custom = dict(fields.pop("custom_fields", {}))
    if settings.FRESHDESK_REFERENCE_FIELD:
        custom[settings.FRESHDESK_REFERENCE_FIELD] = incident.reference
    tags = ["ooh", tag(incident), *fields.pop("tags", [])]
    return fields | {"tags": list(dict.fromkeys(tags))} | ({"custom_fields": custom} if custom else {})


def closing(incident: Incident, there: Mapping[str, Any]) -> dict[str, Any]:
    """What `FRESHDESK_CLOSING_FIELDS` says, of the fields that nobody has filled in over there yet."""
    fields = _filled(settings.FRESHDESK_CLOSING_FIELDS, incident, {**BLANKS, **CLOSING_BLANKS})
    theirs = there.get("custom_fields") or {}
    custom = {
        name: value for name, value in fields.pop("custom_fields", {}).items() if _is_empty(theirs, name)
    }
    fields = {name: value for name, value in fields.items() if _is_empty(there, name)}
    return fields | ({"custom_fields": custom} if custom else {})


def tag(incident: Incident) -> str:
    return f"ooh-{incident.reference}"


def mistakes() -> Iterator[str]:
    """What is wrong with the settings by themselves, in words. `manage.py freshdesk doctor` asks more."""
    given = {
        "FRESHDESK_TICKET_FIELDS": (settings.FRESHDESK_TICKET_FIELDS, set(BLANKS)),
        "FRESHDESK_CLOSING_FIELDS": (settings.FRESHDESK_CLOSING_FIELDS, {*BLANKS, *CLOSING_BLANKS}),
    }
    for name, (fields, blanks) in given.items():
        if not isinstance(fields, dict) or not isinstance(fields.get("custom_fields", {}), dict):
            yield f"{name} is not an object with, if any, an object of custom_fields."
            continue
        for own in sorted(OWN_FIELDS & set(fields)):
            yield f"{name} names {own}, which the desk fills in itself. Remove it."
        for blank in sorted(blanks_in(fields) - blanks):
            yield f"{name} has the blank {{{blank}}}. Known are {', '.join(sorted(blanks))}."
        if not _are_tags(fields.get("tags", [])):
            yield f"{name} has tags that are not a list of texts of {LONGEST_TAG} characters or fewer."


def blanks_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {blank for each in value.values() for blank in blanks_in(each)}
    if isinstance(value, list):
        return {blank for each in value for blank in blanks_in(each)}
    return set(_BLANK.findall(value)) if isinstance(value, str) else set()


def chosen(field: str, value: Any) -> Any:
    """What the account calls this value of this field, by `FRESHDESK_CHOICES`; else the value itself."""
    choices = settings.FRESHDESK_CHOICES.get(field, {})
    return choices.get(value, value) if isinstance(value, str) else value


Blanks = Mapping[str, Callable[[Incident], str | int]]


def _filled(value: Any, incident: Incident, blanks: Blanks, field: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, incident, blanks, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, incident, blanks, field) for each in value]
    if not isinstance(value, str):
        return value
    if (whole := _BLANK.fullmatch(value)) and isinstance(number := blanks[whole[1]](incident), int):
        return number
    return chosen(field, pid.mask(_BLANK.sub(lambda found: str(blanks[found[1]](incident)), value)))


def _is_empty(fields: Mapping[str, Any], name: str) -> bool:
    return fields.get(name) in (None, "", [])


def _are_tags(tags: Any) -> bool:
    return isinstance(tags, list) and all(isinstance(each, str) and len(each) <= LONGEST_TAG for each in tags)


def _day(at: datetime | None) -> str:
    """As the account wants its date fields: 2026-11-22, by the clocks of Europe/London."""
    return local(at).date().isoformat() if at else ""


def _minutes_down(incident: Incident) -> int:
    until = incident.restored_at
    return int((until - incident.unavailable_since).total_seconds() // 60) if until else 0
