"""All that the workbench of one incident shows, read in a fixed number of queries."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import ProductDetail, User
from accounts.roles import Permission
from incidents.freshdesk import showing
from incidents.hours import needs_override
from incidents.models import Incident, Kind, PhoneCall, State, TimelineEntry
from incidents.outbox.reading import for_incident
from incidents.reads import note_incident, note_product_details

LATE_ENTRY = timedelta(minutes=2)  # written so long after it happened, the page says both times
SHOWN_CALLS = 200
SHOWN_ENTRIES = 200  # a night has tens; beyond this the page links to the API's pages

# Which kinds each filter of the timeline shows.
FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "all": ("All", ()),
    "updates": ("Updates", (Kind.STATUS,)),
    "calls": ("Calls", (Kind.CALL, Kind.LOGGED)),
    "sop": ("SOP", (Kind.SOP,)),
    "state": ("State", (Kind.STATE, Kind.GATE, Kind.ESCALATION, Kind.HANDOVER)),
    "notes": ("Notes", (Kind.NOTE, Kind.PRODUCT_NOTE, Kind.ALERT)),
}
ICONS = {
    Kind.LOGGED: "phone-in", Kind.GATE: "shield", Kind.STATE: "state", Kind.CALL: "phone-out",
    Kind.NOTE: "note",
    Kind.STATUS: "public", Kind.SOP: "play", Kind.ESCALATION: "escalate", Kind.HANDOVER: "handover",
    Kind.ALERT: "server", Kind.PRODUCT_NOTE: "key",
}  # fmt: skip
# The order of the rail, and the column that says when the incident came there first.
RAIL = (
    (State.LOGGED, "logged_at"), (State.TRIAGING, "triaged_at"), (State.SOP, ""), (State.ESCALATED,
    "escalated_at"),
    (State.HANDED_OVER, "handed_over_at"), (State.RESOLVED, "resolved_at"),
)  # fmt: skip
# Each transition that a button makes: the words on it and the address it leads to. One is no transition:
# that no SOP fits is offered where an SOP is.
BUTTONS = {
    "begin_triage": ("Begin triage", "begin_triage"),
    "start_sop": ("Start an SOP", "start_run"),
    "state_sop_gap": ("No SOP fits", "state_sop_gap"),
    "resume_triage": ("Back to triage", "resume_triage"),
    "escalate": ("Escalate", "escalate"),
    "resolve": ("Resolve", "resolve"),
    "decline": ("Decline", "decline"),
    "reopen": ("Reopen", "reopen"),
}


def find(request: HttpRequest, reference: str) -> Incident:
    """The incident of an address, or 404 for whoever may not see it."""
    visible = Incident.objects.visible_to(request.user).select_related(
        "customer", "service", "component", "owner__organisation", "override_by", "logged_by", "ticket",
        "sop_gap", "purge",
    )  # fmt: skip
    return get_object_or_404(visible, reference=reference)


def facts(incident: Incident, user: User, show: str = "all") -> dict[str, Any]:
    """The whole page's context, for this reader."""
    entries = list(incident.timeline.visible_to(user).newest_first()[:SHOWN_ENTRIES])
    note_incident(user, incident, entries)
    updates = list(incident.status_updates.select_related("posted_by"))
    calls, moves = calls_of(incident), buttons(incident, user)
    return {
        "incident": incident,
        "entries": shown_entries(entries, show),
        "filters": counted_filters(entries, show),
        "calls": calls,
        "promises": promises_of(incident, calls),
        "updates": updates,
        "last_update": updates[0] if updates else None,
        "run": latest_run(incident),
        "rail": rail(incident, entries),
        "buttons": moves,
        "can": {button["name"] for button in moves},
        "may": may(incident, user),
        "unavailable": (incident.restored_at or timezone.now()) - incident.unavailable_since,
        "freshdesk": for_incident(incident) if user.has_perm(Permission.VIEW_DELIVERY) else None,
        "ticket_lines": showing.lines(getattr(incident, "ticket", None)),
        "ticket_question": showing.question(incident, user),
        "handover_item": latest_item(incident, user),
        "product_details": product_details(incident, user),
        "pages": list(incident.pages.visible_to(user).select_related("team", "user", "acknowledged_by")),
    }


def product_details(incident: Incident, user: User) -> list[ProductDetail] | None:
    """What the vendor knows of the product there; asked for the vendor's readers alone, None for others."""
    if not user.has_perm(Permission.VIEW_PRODUCT_NOTE):
        return None
    known = ProductDetail.objects.visible_to(user).useful_for(incident.customer, incident.service)
    found = list(known.select_related("service", "written_by"))
    note_product_details(user, incident.customer, found)
    return found


def calls_of(incident: Incident) -> list[PhoneCall]:
    """The newest first."""
    return list(incident.calls.select_related("by", "entry")[:SHOWN_CALLS])


def promises_of(incident: Incident, calls: list[PhoneCall]) -> list[PhoneCall]:
    """The due items: promised calls that nobody has made, the soonest first. None of a closed incident."""
    waiting = [call for call in calls if call.next_call_at and call.kept_at is None]
    return sorted(waiting, key=lambda call: call.next_call_at or call.at) if incident.is_open else []


def shown_entries(entries: list[TimelineEntry], show: str) -> list[TimelineEntry]:
    _, kinds = FILTERS.get(show, FILTERS["all"])
    superseded = {entry.supersedes_id for entry in entries}  # by one that this person sees
    for entry in entries:
        entry.is_superseded = entry.pk in superseded  # type: ignore[attr-defined]
        is_inward = entry.data.get("direction") == "in"
        entry.icon = "phone-in" if is_inward else ICONS[Kind(entry.kind)]  # type: ignore[attr-defined]
        entry.is_late = entry.written_at - entry.happened_at > LATE_ENTRY  # type: ignore[attr-defined]
    return [entry for entry in entries if not kinds or entry.kind in kinds]


def counted_filters(entries: list[TimelineEntry], show: str) -> list[dict[str, Any]]:
    show = show if show in FILTERS else "all"
    return [
        {
            "name": name, "label": label, "is_current": name == show,
            "count": sum(1 for entry in entries if not kinds or entry.kind in kinds),
        }
        for name, (label, kinds) in FILTERS.items()
    ]  # fmt: skip


def rail(incident: Incident, entries: list[TimelineEntry]) -> list[dict[str, Any]]:
    """Where it is, where it has been and when, what is left. A declined incident ends where it was."""
    first_sop = min((e.happened_at for e in entries if e.data.get("to") == State.SOP), default=None)
    stops = []
    for state, column in RAIL:
        at = getattr(incident, column) if column else first_sop
        is_now = incident.state == state
        stops.append({"label": state.label, "at": at, "is_now": is_now, "is_done": bool(at) and not is_now})
    return stops


def buttons(incident: Incident, user: User) -> list[dict[str, str]]:
    """The moves that this person may make now, from the transitions themselves; the primary one first."""
    possible = {move.name for move in incident.get_available_user_state_transitions(user)}
    if "start_sop" in possible and user.has_perm(Permission.ESCALATE_INCIDENT) and not has_sop_gap(incident):
        possible.add("state_sop_gap")
    shown = [
        {"name": name, "label": label, "url_name": url_name}
        for name, (label, url_name) in BUTTONS.items()
        if name in possible or (name == "resolve" and _may_resolve_with_update(incident, user))
    ]
    if incident.state == State.ESCALATED:
        shown.sort(key=lambda button: button["name"] in ("start_sop", "state_sop_gap"))
    return shown


def has_sop_gap(incident: Incident) -> bool:
    """Whether somebody has said that no SOP fits: a row of the floor above, by its reverse relation."""
    return hasattr(incident, "sop_gap")


def _may_resolve_with_update(incident: Incident, user: User) -> bool:
    """Only the last status update is missing: the page of resolving posts it in the same act."""
    return (
        incident.state in (State.TRIAGING, State.SOP, State.ESCALATED, State.HANDED_OVER)
        and not incident.has_running_sop
        and user.has_perm(Permission.RESOLVE_INCIDENT)
        and user.side == incident.owner_side
    )


def may(incident: Incident, user: User) -> dict[str, bool]:
    """What else the page offers this person."""
    return {
        "note": user.has_perm(Permission.ADD_ENTRY),
        "post": incident.is_open and user.has_perm(Permission.POST_STATUS),
        "override": incident.is_open
        and user.has_perm(Permission.OVERRIDE_GATE)
        and needs_override(incident, timezone.now()),
        "product_note": user.has_perm(Permission.ADD_PRODUCT_NOTE),
        "share": user.has_perm(Permission.GRANT_INCIDENT),
        "own": incident.is_open
        and user.has_perm(Permission.ADD_ENTRY)
        and user.side == incident.owner_side
        and incident.owner_id != user.pk,
        "deliveries": user.has_perm(Permission.VIEW_DELIVERY),
        "see_run": user.has_perm(Permission.VIEW_RUN),
        "see_handover": user.has_perm(Permission.VIEW_HANDOVER),
        "report": user.has_perm(Permission.REPORT_PATIENT_DATA),
    }


def latest_run(incident: Incident) -> Any:
    """The newest run, from the floor above, by its reverse relation."""
    runs = incident.runs.select_related("version__sop", "started_by")
    return runs.prefetch_related("step_runs").order_by("-id").first()


def latest_item(incident: Incident, user: User) -> Any:
    """The newest handover item, from the floor above, for whoever may see handovers."""
    if not user.has_perm(Permission.VIEW_HANDOVER):
        return None
    return incident.handover_items.select_related("handover", "answered_by").order_by("-id").first()
