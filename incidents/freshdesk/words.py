"""What Freshdesk is told, as HTML: everything escaped, and patient data masked once more."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.html import escape

from incidents import pid
from incidents.local_time import format_day_time
from incidents.models import Incident, TimelineEntry

LATER = timedelta(minutes=1)  # an entry written later than this after it happened says so
_MARKER = re.compile(r"\[ooh-(entry|summary):([0-9]{1,18})\]")


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
    lines = (f"<b>{escape(label)}:</b> {html(text)}" for label, text in facts if text)
    return f"<div>{'<br>'.join(lines)}</div>"


def note(entry: TimelineEntry) -> str:
    """One entry: what, when, who, the words, and the line by which it is found again."""
    head = f"{entry.get_kind_display()}: {entry.title}"
    is_late = entry.written_at - entry.happened_at > LATER
    written = f", written {format_day_time(entry.written_at)}" if is_late else ""
    lines = [
        f"<b>{html(head)}</b>",
        html(f"{format_day_time(entry.happened_at)}, {entry.by}{written}"),
        *([html(entry.text)] if entry.text else []),
        escape(marker(entry.pk)),
    ]
    return "".join(f"<div>{line}</div>" for line in lines)


def marker(entry_id: int, kind: str = "entry") -> str:
    """The last line of each note of ours: the answer to "is it there already?" when no answer came.

    `summary` is the closing summary of the move that this entry tells.
    """
    return f"[ooh-{kind}:{entry_id}]"


def marker_in(conversation: Mapping[str, Any]) -> str:
    """The marker of the note of ours that this is, or that it quotes; else nothing.

    Only the last one counts: what people typed may hold any other before it.
    """
    return _last_marker(conversation)[0]


def is_echo(conversation: Mapping[str, Any]) -> bool:
    """Whether it is a note of ours as we wrote it: its marker at the end, and nobody's words after it."""
    marked, rest = _last_marker(conversation)
    return bool(marked) and not re.sub(r"<[^>]*>|&nbsp;|\s", "", rest)


def _last_marker(conversation: Mapping[str, Any]) -> tuple[str, str]:
    """The last marker of a conversation, and what stands after it."""
    text = str(conversation.get("body_text") or conversation.get("body") or "")
    found = list(_MARKER.finditer(text))
    return (found[-1][0], text[found[-1].end() :]) if found else ("", "")


def html(text: str) -> str:
    """Masked, escaped, with its lines."""
    return str(escape(pid.mask(text))).replace("\r\n", "\n").replace("\n", "<br>")
