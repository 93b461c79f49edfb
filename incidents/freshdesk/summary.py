"""The closing summary: what the vendor's desk reads first in the morning, as one private note of its own.

It is made of the timeline as it stood when the incident was closed, however late it is sent.
"""

from collections import Counter
from datetime import datetime

from django.db.models import Q

from accounts.models import User
from accounts.templatetags.desk import duration_words
from incidents.freshdesk import words
from incidents.local_time import format_day_time, format_time
from incidents.models import Incident, Kind, TimelineEntry

# What somebody did, of the moves that open or close something, and of the acts that are counted.
MOVES = {
    "begin_triage": "took it", "start_sop": "started an SOP", "resume_triage": "went back to triage",
    "escalate": "escalated it", "hand_over": "accepted it", "hand_back": "took it back",
    "reopen": "reopened it", "resolve": "resolved it", "decline": "declined it",
}  # fmt: skip
COUNTED = {
    Kind.STATUS: ("status update", "status updates"), Kind.CALL: ("call", "calls"),
    Kind.ESCALATION: ("page", "pages"), Kind.NOTE: ("note", "notes"),
}  # fmt: skip


def summary(closing: TimelineEntry) -> str:
    """The note for the move that closed the incident: never a vendor row, all of it masked and escaped."""
    incident = closing.incident
    in_force = Q(superseded_by=None) | Q(superseded_by__gt=closing.pk)
    until = incident.timeline.for_outside().filter(in_force, pk__lte=closing.pk)
    entries = list(until.select_related("by").order_by("pk"))
    facts = [*_what_failed(incident), *_ending(closing), *_overriding(incident), _counts(entries)]
    lines = [
        f"<b>Closing summary of {incident.reference}</b>",
        *(f"<b>{label}:</b> {words.html(text)}" for label, text in facts if text),
        *(f"<b>{words.html(str(by))}:</b> {words.html(did)}" for by, did in _who_did_what(entries)),
        words.marker(closing.pk, "summary"),
    ]
    return "".join(f"<div>{line}</div>" for line in lines)


def _what_failed(incident: Incident) -> list[tuple[str, str]]:
    since = format_day_time(incident.unavailable_since)
    return [
        ("What failed", f"{incident.title}. {incident.get_who_affected_display()}. {incident.customer.name}"),
        ("Since", f"about {since}" if incident.is_began_approximate else since),
        ("Reported", format_day_time(incident.reported_at)),
    ]


def _ending(closing: TimelineEntry) -> list[tuple[str, str]]:
    incident, data = closing.incident, closing.data
    if data.get("transition") == "decline":
        return [
            ("Declined", f"{format_day_time(closing.happened_at)}, by the rule “{incident.decline_rule}”"),
            ("The caller was told", closing.text),
        ]
    restored_at = datetime.fromisoformat(data["restored_at"]) if data.get("restored_at") else None
    took = duration_words(restored_at - incident.unavailable_since) if restored_at else ""
    return [
        ("Restored", f"{format_day_time(restored_at)}, after {took}" if restored_at else ""),
        ("What restored it", closing.text),
    ]


def _overriding(incident: Incident) -> list[tuple[str, str]]:
    """That the gate declined the call and a lead dealt with it all the same, and why."""
    if not incident.override_reason:
        return []
    gate = incident.get_gate_outcome_display()
    return [("Gate", f"{gate}. Overridden by {incident.override_by}: {incident.override_reason}")]


def _counts(entries: list[TimelineEntry]) -> tuple[str, str]:
    kinds = Counter(entry.kind for entry in entries)
    kinds[Kind.CALL] += any(entry.kind == Kind.LOGGED and "a call" in entry.title for entry in entries)
    runs = sum(entry.data.get("transition") == "start_sop" for entry in entries)
    parts = [_number(kinds[kind], *COUNTED[kind]) for kind in (Kind.STATUS, Kind.CALL)]
    parts += [_number(runs, "SOP run", "SOP runs"), _number(kinds[Kind.ESCALATION], "page", "pages")]
    return "Counted", ", ".join(parts)


def _who_did_what(entries: list[TimelineEntry]) -> list[tuple[User, str]]:
    """Each person in the order of their first act: the moves with their times, then the rest in numbers."""
    people = {entry.by_id: entry.by for entry in entries}
    told = []
    for person_id, person in people.items():
        theirs = [entry for entry in entries if entry.by_id == person_id]
        moves = [_move(entry) for entry in theirs if entry.kind in (Kind.LOGGED, Kind.STATE)]
        kinds = Counter(entry.kind for entry in theirs)
        acts = [_number(kinds[kind], *names) for kind, names in COUNTED.items() if kinds[kind]]
        if moves or acts:
            told.append((person, ", ".join([*moves, *acts])))
    return told


def _move(entry: TimelineEntry) -> str:
    did = (
        "logged it" if entry.kind == Kind.LOGGED else MOVES.get(entry.data.get("transition", ""), entry.title)
    )
    return f"{did} {format_time(entry.written_at)}"


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
