"""What people do with an incident: one function for each transition, and the acts beside them.

Each opens one transaction, locks the incident's row (on SQLite the whole database), writes a timeline entry
and the deliveries that announce it. Raises ValidationError (a text is missing or holds patient data),
PermissionDenied, or `accounts.errors.Conflict` (wrong state, or somebody was faster).
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents import coverage
from incidents.freshdesk import asking
from incidents.guard import refuse_patient_data, require
from incidents.hours import needs_override
from incidents.local_time import format_time
from incidents.models import Incident, Kind, TimelineEntry, Wall
from incidents.models.incident import CONDITION_WORDS, FIRST_UPDATE_WITHIN, REOPEN_WITHIN
from incidents.timeline import record

# What somebody did, in the words of the one who comes second.
DONE_WORDS = {
    "begin_triage": "begun triage on", "decline": "declined", "start_sop": "started an SOP on",
    "resume_triage": "taken back to triage", "escalate": "escalated", "hand_over": "accepted",
    "hand_back": "accepted", "resolve": "resolved", "reopen": "reopened",
}  # fmt: skip


# ---------- Transitions ----------


def begin_triage(incident_id: int, *, seen: str | None = None, by: User) -> Incident:
    """The person takes the incident and owns it."""
    return _move(
        incident_id, "begin_triage", by=by, seen=seen, next_action="Triage: find what is down and since when"
    )


def decline(incident_id: int, *, rule: str, told_caller: str, seen: str | None = None, by: User) -> Incident:
    """Not for this service: which rule it fails, and what the caller was told."""
    require(
        rule=(rule, "Choose the rule that it fails"),
        told_caller=(told_caller, "Write what you told the caller"),
    )
    refuse_patient_data(told_caller=told_caller)
    return _move(
        incident_id, "decline", by=by, seen=seen, text=told_caller, next_action="None: declined",
        rule=rule, told_caller=told_caller,
    )  # fmt: skip


def start_sop(incident_id: int, *, sop: str, seen: str | None = None, by: User) -> Incident:
    """Called by `sops.services.start_run` in its transaction. `sop` names SOP and version."""
    return _move(
        incident_id,
        "start_sop",
        by=by,
        seen=seen,
        text=f"Started {sop}.",
        next_action=f"{sop}: follow the run",
    )


def resume_triage(incident_id: int, *, reason: str, seen: str | None = None, by: User) -> Incident:
    """Back to triage: the run ended without restoring the service, or the vendor's team answered."""
    require(reason=(reason, "Say why it goes back to triage"))
    refuse_patient_data(reason=reason)
    return _move(
        incident_id, "resume_triage", by=by, seen=seen, text=reason, next_action="Triage: decide what is next"
    )


def escalate(incident_id: int, *, team: str, reason: str, seen: str | None = None, by: User) -> Incident:
    """To a team of the vendor, with the reason. `handover.services.escalate` pages the team with it."""
    require(team=(team, "Choose the team"), reason=(reason, "Say why you escalate, and what you have tried"))
    refuse_patient_data(reason=reason)
    return _move(
        incident_id, "escalate", by=by, seen=seen, text=reason,
        next_action=f"Wait for {team} to answer the page",
        team=team,
    )  # fmt: skip


def hand_over(incident_id: int, *, read_back: str, by: User) -> Incident:
    """To the vendor's desk. Called only by the acceptance of a handover item (`handover.services`)."""
    return _move(
        incident_id,
        "hand_over",
        by=by,
        text=f"Said back: “{read_back}”",
        next_action="The desk goes on from the handover",
    )


def hand_back(incident_id: int, *, read_back: str, by: User) -> Incident:
    """To the partner at 17:45. Called only by the acceptance of a handover item (`handover.services`)."""
    return _move(
        incident_id,
        "hand_back",
        by=by,
        text=f"Said back: “{read_back}”",
        next_action="Go on from the handover",
    )


def resolve(
    incident_id: int, *, resolution: str, restored_at: datetime | None, seen: str | None = None, by: User
) -> Incident:
    """The service is back: what restored it, and when. The last status update must say resolved."""
    require(resolution=(resolution, "Say what restored the service"))
    refuse_patient_data(resolution=resolution)
    now = timezone.now()
    if restored_at is None:
        raise ValidationError({"restored_at": ["Enter when the service came back"]})
    if restored_at > now:
        raise ValidationError({"restored_at": ["This is in the future. Enter when the service came back"]})
    return _move(
        incident_id, "resolve", by=by, seen=seen, text=resolution, next_action="None: resolved",
        check=lambda incident: _restored_after_it_began(incident, restored_at),
        resolution=resolution, restored_at=restored_at,
    )  # fmt: skip


def reopen(incident_id: int, *, reason: str, seen: str | None = None, by: User) -> Incident:
    """It came back within 72 hours: to the night's triage, or to the desk in working hours."""
    require(reason=(reason, "Say what came back"))
    refuse_patient_data(reason=reason)
    is_working_time = not coverage.is_out_of_hours(timezone.now(), settings.DESK_NATION)
    return _move(
        incident_id, "reopen", by=by, seen=seen, text=reason, next_action="Find out what came back",
        check=_is_recent,
        is_working_time=is_working_time,
    )  # fmt: skip


def _restored_after_it_began(incident: Incident, restored_at: datetime) -> None:
    if restored_at < incident.unavailable_since.replace(second=0, microsecond=0):  # people type minutes
        began = format_time(incident.unavailable_since)
        raise ValidationError(
            {"restored_at": [f"This is before it began, at {began}. Correct one of the two"]}
        )


def _is_recent(incident: Incident) -> None:
    if incident.resolved_at and timezone.now() - incident.resolved_at > REOPEN_WITHIN:
        raise Conflict(
            "It was resolved more than 72 hours ago", "Log a new incident, and name this one in it."
        )


@transaction.atomic
def _move(
    incident_id: int, name: str, *, by: User, seen: str | None = None, text: str = "", next_action: str,
    check: Any = None, **details: Any,
) -> Incident:  # fmt: skip
    """Lock, check, move, record, announce. The only code that changes an incident's state.

    `seen` is the state that the person saw when deciding: another one now means that somebody was faster.
    """
    incident = (
        Incident.objects.select_for_update(of=("self",))
        .select_related("service", "customer")
        .get(pk=incident_id)
    )
    move = getattr(incident, name)
    if _is_repeat(incident, name, text, by):
        return incident
    if not has_transition_perm_anywhere(move, by):
        raise PermissionDenied
    _refuse_if_moved(incident, name, seen, by)
    if check:
        check(incident)
    before, at = incident.get_state_display(), timezone.now()
    move(by=by, at=at, **details)
    incident.next_action = next_action[:300]
    incident.save()
    title = f"{before} to {incident.get_state_display().lower()}"
    record(
        incident, Kind.STATE, title, text, by=by, at=at, transition=name, to=incident.state, **_kept(details)
    )
    asking.moved(incident, by=by)
    return incident


def _kept(details: dict[str, Any]) -> dict[str, Any]:
    """What the incident forgets when it is reopened, and the closing summary tells all the same."""
    restored_at = details.get("restored_at")
    return {"restored_at": restored_at.isoformat()} if restored_at else {}


def has_transition_perm_anywhere(move: Any, by: User) -> bool:
    """Whether the person may make this move at all; the state is for `_refuse_if_moved` to judge."""
    return any(transition.has_perm(move.__self__, by) for transition in move._django_fsm.transitions.values())


def _refuse_if_moved(incident: Incident, name: str, seen: str | None, by: User) -> None:
    move = getattr(incident, name)
    if seen and seen != incident.state:
        raise _somebody_was_faster(incident, by)
    if can_proceed(move):
        return
    if can_proceed(move, check_conditions=False):
        transition = move._django_fsm.get_transition(incident.state)
        unmet = next(condition for condition in transition.conditions if not condition(incident))
        raise Conflict(f"You cannot {name.replace('_', ' ')} it: {CONDITION_WORDS[unmet]}")
    last = _last_move(incident)
    if last and last.data.get("transition") == name:
        raise _somebody_was_faster(incident, by)
    raise Conflict(
        f"You cannot {name.replace('_', ' ')} it while it is {incident.get_state_display().lower()}",
        "See it as it is now, then decide.",
    )


def _somebody_was_faster(incident: Incident, by: User) -> Conflict:
    last = _last_move(incident)
    if last is None:
        return Conflict(f"It is {incident.get_state_display().lower()} now", "Yours was not sent.")
    who = "You have" if last.by_id == by.pk else f"{last.by} has"
    done = DONE_WORDS.get(last.data.get("transition", ""), "changed")
    return Conflict(f"{who} already {done} this", f"At {format_time(last.happened_at)}. Yours was not sent.")


def _last_move(incident: Incident) -> TimelineEntry | None:
    moves = incident.timeline.filter(kind=Kind.STATE).select_related("by")
    return moves.order_by("-id").first()


def _is_repeat(incident: Incident, name: str, text: str, by: User) -> bool:
    """The same person did just this already: a double click, or an answer that got lost on its way.

    With other words it is none: they would be lost quietly.
    """
    if can_proceed(getattr(incident, name), check_conditions=False):
        return False
    last = _last_move(incident)
    return bool(
        last and last.by_id == by.pk and last.text == text
        and last.data.get("transition") == name and last.data.get("to") == incident.state
    )  # fmt: skip


# ---------- Acts beside the transitions ----------


@transaction.atomic
def override_gate(incident_id: int, *, reason: str, by: User) -> Incident:
    """A lead deals with a call that the gate did not accept, or goes on with one in working hours.

    The vendor sees who and why.

    From now on it is covered, so the first status update is due as for every other.
    """
    require(reason=(reason, "Say why you override the gate. The vendor sees it"))
    refuse_patient_data(reason=reason)
    incident = open_for(incident_id, by, Permission.OVERRIDE_GATE)
    if incident.override_by_id == by.pk and incident.override_reason == reason:
        return incident
    now = timezone.now()
    if not needs_override(incident, now):
        raise Conflict("The gate is open already", "Nothing to override.")
    incident.override_reason, incident.override_by, incident.override_at = reason, by, now
    incident.next_update_due_at = incident.next_update_due_at or now + FIRST_UPDATE_WITHIN
    incident.save()
    record(incident, Kind.GATE, "Gate overridden by a lead", reason, by=by)
    return incident


@transaction.atomic
def add_note(incident_id: int, *, text: str, at: datetime | None = None, by: User) -> TimelineEntry:
    """A note that both organisations read."""
    require(text=(text, "Write the note"))
    refuse_patient_data(text=text)
    incident = locked_for(incident_id, by, Permission.ADD_ENTRY)
    return record(incident, Kind.NOTE, "Note", text, by=by, at=at)


@transaction.atomic
def add_product_note(incident_id: int, *, text: str, by: User) -> TimelineEntry:
    """A vendor row: the partner meets it nowhere, and it never leaves."""
    require(text=(text, "Write the product note"))
    refuse_patient_data(text=text)
    incident = locked_for(incident_id, by, Permission.ADD_PRODUCT_NOTE)
    return record(incident, Kind.PRODUCT_NOTE, "Product note", text, by=by, wall=Wall.VENDOR)


@transaction.atomic
def set_next_action(incident_id: int, *, text: str, by: User) -> Incident:
    """What comes next, in one line. Every open incident has one."""
    require(text=(text, "Say what comes next"))
    refuse_patient_data(text=text)
    incident = open_for(incident_id, by, Permission.ADD_ENTRY)
    incident.next_action = text[:300]
    incident.save()
    record(incident, Kind.NOTE, "Next action", text, by=by)
    return incident


@transaction.atomic
def change_owner(incident_id: int, *, reason: str, by: User) -> Incident:
    """The person takes it from a colleague of the same side, as at a shift change. The state stays."""
    refuse_patient_data(reason=reason)
    incident = open_for(incident_id, by, Permission.ADD_ENTRY)
    if by.side != incident.owner_side:
        raise PermissionDenied
    if incident.owner_id == by.pk:
        return incident
    former, incident.owner = incident.owner, by
    incident.save()
    title = f"{by} owns it now" + (f", after {former}" if former else "")
    record(incident, Kind.HANDOVER, title, reason, by=by)
    return incident


@transaction.atomic
def end_sop(incident_id: int, *, words: str, next_action: str, by: User) -> Incident:
    """The run ended or stopped at a step boundary: the incident may leave `sop` again. Called by `sops`."""
    incident = Incident.objects.select_for_update().get(pk=incident_id)
    incident.has_running_sop, incident.next_action = False, next_action[:300]
    incident.save()
    record(incident, Kind.SOP, words, by=by)
    return incident


def locked_for(incident_id: int, by: User, permission: Permission) -> Incident:
    if not by.has_perm(permission):
        raise PermissionDenied
    found = Incident.objects.visible_to(by).filter(pk=incident_id).values("pk")
    return (
        Incident.objects.select_for_update(of=("self",))
        .select_related("service", "customer")
        .get(pk__in=found)
    )


def open_for(incident_id: int, by: User, permission: Permission) -> Incident:
    incident = locked_for(incident_id, by, permission)
    if not incident.is_open:
        raise Conflict(f"It is {incident.get_state_display().lower()}", "Reopen it first, if it came back.")
    return incident
