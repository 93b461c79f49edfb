"""What a handover says by itself, read from what happened. Only rows that both organisations may read."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from accounts.models import User
from handover.models import SECTIONS, Direction, Handover, HandoverItem, Page
from handover.models.handover import HANDS_OVER
from incidents.local_time import format_day_time
from incidents.models import Incident, Kind, PhoneCall, StatusUpdate, TimelineEntry
from incidents.models.incident import IncidentQuerySet
from sops.models import Run

LAST_CALLS = 3
LAST_NOTES = 3


def held_by(direction: str, giver: User) -> IncidentQuerySet:
    """The open incidents of the side that hands over; at a shift change of this person. No rehearsals."""
    rows = Incident.objects.open().counted()
    if direction == Direction.SHIFT:
        return rows.filter(owner=giver)
    return rows.filter(owner_side=HANDS_OVER[Direction(direction)])


def logged_since(handover: Handover) -> IncidentQuerySet:
    """What the giving side holds, and the offer does not tell of: it came after the offer."""
    told = handover.items.values("incident_id")
    return held_by(handover.direction, handover.from_user).exclude(pk__in=told).order_by("pk")


def held_now(handover: Handover) -> list[Incident]:
    """Those of this handover's giver, the soonest promise first, with what the words are made of."""
    soonest = held_by(handover.direction, handover.from_user).on_board()
    return list(soonest.prefetch_related(*_sources()))


def _sources() -> "Iterable[Prefetch[Any]]":
    """Never a row of the vendor alone: `for_outside` leaves product notes out before they are read."""
    spoken = TimelineEntry.objects.for_outside().filter(kind__in=[Kind.CALL, Kind.NOTE])
    entries = spoken.exclude(title="Next action").order_by("id")
    yield Prefetch("timeline", entries, to_attr="told")
    posted = StatusUpdate.objects.filter(corrects=None).order_by("id")
    yield Prefetch("status_updates", posted, to_attr="updates")
    yield Prefetch("runs", Run.objects.select_related("version__sop").order_by("id"), to_attr="sop_runs")
    paged = Page.objects.select_related("team", "user", "acknowledged_by").order_by("id")
    yield Prefetch("pages", paged, to_attr="paged")
    promised = PhoneCall.objects.promised().select_related("by")
    yield Prefetch("calls", promised, to_attr="promised_calls")


def words_of(incident: Incident) -> dict[str, str]:
    """The text of each section. What only a person can judge stays empty."""
    return {
        "situation": _lines(_situation(incident)),
        "background": _lines(_background(incident)),
        "assessment": "",
        "next_steps": _lines([incident.next_action]),
        "not_tried": "",
        "promises": _lines(_promises(incident)),
    }


def severity_of(incident: Incident) -> str:
    """Watch, once the public reads that it is watched; critical until then. Stable is a person's word."""
    is_watched = incident.public_phase in ("monitoring", "resolved")
    return HandoverItem.Severity.WATCH if is_watched else HandoverItem.Severity.CRITICAL


def refresh(handover: Handover) -> list[HandoverItem]:
    """Bring a draft up to date, in the caller's transaction: what a person wrote stays as it is.

    An incident that is new joins, one that is no longer its giver's lapses, one that came back waits again.
    Returns the items that joined.
    """
    incidents = held_now(handover)
    items = {item.incident_id: item for item in handover.items.select_related("incident")}
    joined = [_join(handover, incident, items) for incident in incidents if incident.pk not in items]
    for incident in incidents:
        if incident.pk in items:
            _redraft(items[incident.pk], incident)
    held = {incident.pk for incident in incidents}
    lapse_closed([item for item in items.values() if item.incident_id not in held])
    return joined


def _join(handover: Handover, incident: Incident, items: dict[int, HandoverItem]) -> HandoverItem:
    position = max((item.position for item in items.values()), default=0) + 1
    items[incident.pk] = HandoverItem.objects.create(
        handover=handover, incident=incident, position=position, severity=severity_of(incident),
        **words_of(incident),
    )  # fmt: skip
    return items[incident.pk]


def _redraft(item: HandoverItem, incident: Incident) -> None:
    """Only what no person wrote, and only when it reads otherwise now: no empty change in the audit trail."""
    before = [getattr(item, name) for name in (*SECTIONS, "severity", "state")]
    if item.state == HandoverItem.State.LAPSED:
        item.renew()
    fresh = words_of(incident) | {"severity": severity_of(incident)}
    for name in fresh.keys() - set(item.edited):
        setattr(item, name, fresh[name])
    if before != [getattr(item, name) for name in (*SECTIONS, "severity", "state")]:
        item.save()


def lapse_closed(items: Iterable[HandoverItem]) -> None:
    """Mark items whose incident is closed, or has changed hands: there is nothing left to answer."""
    for item in items:
        if item.is_waiting:
            item.lapse(outcome=outcome_of(item.incident))
            item.save()


def outcome_of(incident: Incident) -> str:
    """What became of an incident that no longer waits to be handed over."""
    at = incident.resolved_at or incident.declined_at
    if not incident.is_open and at:
        return f"{incident.get_state_display()} {format_day_time(at)}"
    if incident.handed_over_at and incident.state == "handed_over":
        return f"Handed over {format_day_time(incident.handed_over_at)}, to {incident.owner or 'the desk'}"
    return f"With {incident.owner or 'the other side'} already"


# ---------- The words ----------


def _situation(incident: Incident) -> Iterable[str]:
    yield f"{incident.title[0].upper()}{incident.title[1:]}. {incident.get_who_affected_display()}."
    about = "about " * incident.is_began_approximate
    state = incident.get_state_display() + (
        f", to {incident.escalated_to}" if _is_escalated(incident) else ""
    )
    yield f"{state}. Unavailable since {about}{format_day_time(incident.unavailable_since)}."
    if incident.impact:
        yield f"Impact: {incident.impact}"
    if incident.patient_safety == Incident.Answer.YES:
        yield "The caller has a patient-safety concern."
    if incident.continuity == Incident.Continuity.IN_USE:
        yield "Business continuity is in use."
    yield _told_the_public(incident)


def _told_the_public(incident: Incident) -> str:
    updates: list[StatusUpdate] = incident.updates
    if not updates:
        return "Nothing was told to the public."
    last = updates[-1]
    said = f"Last public update: {last.get_phase_display().lower()}, {format_day_time(last.posted_at)}."
    if incident.next_update_due_at:
        said += f" Next due {format_day_time(incident.next_update_due_at)}."
    return said


def _background(incident: Incident) -> Iterable[str]:
    yield f"Gate: {incident.gate_verdict.get('headline') or incident.get_gate_outcome_display()}."
    if incident.override_reason:
        yield f"A lead overrode it: {incident.override_reason}"
    if incident.customer_changes:
        yield f"Changes of the customer: {incident.customer_changes}"
    yield from (_ran(run) for run in incident.sop_runs)
    yield from (_paged(page) for page in incident.paged)
    told: list[TimelineEntry] = incident.told
    for kind, most in ((Kind.CALL, LAST_CALLS), (Kind.NOTE, LAST_NOTES)):
        yield from (_heard(entry) for entry in [each for each in told if each.kind == kind][-most:])


def _ran(run: Run) -> str:
    sop = f"{run.version.sop.code}, version {run.version.number}"
    if run.is_active:
        return f"{sop}: {run.get_state_display().lower()} since {format_day_time(run.started_at)}."
    result = run.get_outcome_display() if run.outcome else run.get_state_display()
    why = f": {run.stop_reason}" if run.stop_reason else ""
    return f"{sop}, {format_day_time(run.started_at)}: {result.lower()}{why}."


def _paged(page: Page) -> str:
    paged = f"Paged {page.to}, {format_day_time(page.paged_at)}"
    if page.acknowledged_at is None:
        return f"{paged}: not answered."
    answer = f": {page.answer}" if page.answer else ""
    return f"{paged}: answered {format_day_time(page.acknowledged_at)} by {page.acknowledged_by}{answer}."


def _heard(entry: TimelineEntry) -> str:
    return f"{entry.title}, {format_day_time(entry.happened_at)}{': ' if entry.text else '.'}{entry.text}"


def _promises(incident: Incident) -> Iterable[str]:
    """To whom, on which number, and by when: promised calls first."""
    calls: list[PhoneCall] = incident.promised_calls
    yield from (_promised(call) for call in calls)
    if incident.next_update_due_at:
        yield f"Next public update by {format_day_time(incident.next_update_due_at)}."


def _promised(call: PhoneCall) -> str:
    due = format_day_time(call.next_call_at) if call.next_call_at else ""
    number = f" on {call.number}" if call.number else ""
    if call.next_call_by_us:
        return f"Ring {call.who} back{number} by {due}. Promised {format_day_time(call.at)} by {call.by}."
    return f"{call.who} rings us by {due}. If not, ring them{number}."


def _is_escalated(incident: Incident) -> bool:
    return incident.state == "escalated" and bool(incident.escalated_to)


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line.strip() for line in lines if line and line.strip())[:3000]
