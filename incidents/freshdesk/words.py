"""What Freshdesk is told, as HTML: everything escaped, and patient data masked once more."""

import re
from datetime import timedelta

from django.conf import settings
from django.utils.html import escape

from incidents import pid
from incidents.local_time import format_day_time
from incidents.models import Incident, TimelineEntry

LATER = timedelta(minutes=1)  # an entry written later than this after it happened says so
_MARKER = re.compile(r"\[ooh-entry:([0-9]+)\]")


def subject(incident: Incident) -> str:
    """`P1 OOH-2026-00042: Compucare 8: nobody can sign in (Wexcombe Park Hospital)`."""
    return pid.mask(f"P1 {incident.reference}: {incident.title} ({incident.customer.name})")[:255]


def description(incident: Incident) -> str:
    """The facts of the call, one to a line."""
    began = format_day_time(incident.unavailable_since)
    continuity = incident.get_continuity_display()
    facts = [
        ("Incident", f"{incident.reference}, P1, out of hours"),
        ("Customer", incident.customer.name),
        ("Service", incident.service.name),
        ("What fails", f"{incident.get_failure_display()}. {incident.get_who_affected_display()}"),
        ("Since", f"about {began}" if incident.is_began_approximate else began),
        ("Error shown", incident.error_text),
        ("Impact", incident.impact),
        ("Patient safety at risk", incident.get_patient_safety_display()),
        ("Business continuity", continuity),
        ("Changes on their side", incident.customer_changes),
        ("Caller", incident.caller_name),
        ("Call back", incident.call_back_number),
        ("Their reference", incident.customer_reference),
        ("Reported", format_day_time(incident.reported_at)),
        ("Gate", incident.get_gate_outcome_display()),
        ("Out-of-hours desk", f"{settings.PUBLIC_URL}/incidents/{incident.reference}/"),
    ]
    lines = (f"<b>{escape(label)}:</b> {_html(text)}" for label, text in facts if text)
    return f"<div>{'<br>'.join(lines)}</div>"


def note(entry: TimelineEntry) -> str:
    """One entry: what, when, who, the words, and the line by which it is found again."""
    head = f"{entry.get_kind_display()}: {entry.title}"
    is_late = entry.written_at - entry.happened_at > LATER
    written = f", written {format_day_time(entry.written_at)}" if is_late else ""
    lines = [
        f"<b>{_html(head)}</b>",
        _html(f"{format_day_time(entry.happened_at)}, {entry.by}{written}"),
        *([_html(entry.text)] if entry.text else []),
        escape(marker(entry.pk)),
    ]
    return "".join(f"<div>{line}</div>" for line in lines)


def marker(entry_id: int) -> str:
    """The last line of each note of ours: the answer to "is it there already?" when no answer came."""
    return f"[ooh-entry:{entry_id}]"


def is_marked(body_text: str, entry_id: int) -> bool:
    """Whether a note is this entry's. Only its last marker counts: what people typed may hold any other."""
    return _MARKER.findall(body_text)[-1:] == [str(entry_id)]


def _html(text: str) -> str:
    return str(escape(pid.mask(text))).replace("\r\n", "\n").replace("\n", "<br>")
