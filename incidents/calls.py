"""Telephone calls: logging one, the next call that it promises, and which promise it keeps.

Each act is one transaction and locks the incident. Raises ValidationError by field, PermissionDenied, or
`accounts.errors.Conflict`.
"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, refuse_patient_number, require
from incidents.local_time import format_day_time, format_time
from incidents.models import Incident, Kind, PhoneCall, State, TimelineEntry
from incidents.models.call import same_person
from incidents.services import locked_for
from incidents.timeline import record

# What a call in this state is usually for; once the public reads that it is watched, to confirm.
PURPOSES = {
    State.LOGGED: PhoneCall.Purpose.QUESTION,
    State.TRIAGING: PhoneCall.Purpose.QUESTION,
    State.SOP: PhoneCall.Purpose.UPDATE,
    State.ESCALATED: PhoneCall.Purpose.UPDATE,
    State.HANDED_OVER: PhoneCall.Purpose.UPDATE,
    State.RESOLVED: PhoneCall.Purpose.CONFIRM,
}


def purpose_now(incident: Incident) -> PhoneCall.Purpose:
    """The purpose that a form offers first."""
    if incident.is_open and incident.public_phase == "monitoring":
        return PhoneCall.Purpose.CONFIRM
    return PURPOSES.get(State(incident.state), PhoneCall.Purpose.OTHER)


@transaction.atomic
def log_call(
    incident_id: int, *, direction: str, who: str, outcome: str, purpose: str = "", number: str = "",
    text: str = "", at: datetime | None = None, next_call_at: datetime | None = None,
    next_call_by_us: bool | None = None, keeps: int | None = None, key: str = "", by: User,
) -> PhoneCall:  # fmt: skip
    """A call that happened, at `at` or just now. `next_call_at` promises the next one: a due item.

    We make the promised call, unless they will call back. A call in which somebody spoke keeps what was
    promised to that person before it; one that did not get through, but promises anew, moves it. `keeps`
    names a promise of this incident that is meant whatever the person is called here. `key` is the form's:
    the same call under the same key is a second press of its button.
    """
    require(who=(who, "Say who was on the line"), outcome=(outcome, "Choose how the call ended"))
    refuse_patient_data(who=who, text=text)
    refuse_patient_number(number=number)
    incident = locked_for(incident_id, by, Permission.ADD_ENTRY)
    now = timezone.now()
    purpose = purpose or purpose_now(incident)
    _refuse_unknown(direction=direction, outcome=outcome, purpose=purpose)
    _refuse_times(incident, now, outcome, at, next_call_at)
    _refuse_foreign(incident, keeps)
    if next_call_by_us is None:
        next_call_by_us = outcome != PhoneCall.Outcome.WILL_CALL_BACK
    call = PhoneCall(
        incident=incident, who=who.strip(), number=number.strip(), direction=direction, purpose=purpose,
        outcome=outcome, at=at or now, by=by, next_call_at=next_call_at, next_call_by_us=next_call_by_us,
    )  # fmt: skip
    if same := _same_press(call, key, text):
        return same
    call.entry = record(
        incident, Kind.CALL, title_of(call), told_of(call, text), by=by, at=call.at, direction=direction,
        outcome=outcome, key=key,
    )  # fmt: skip
    call.save()
    _settle(call, keeps)
    return call


def first_call(
    incident: Incident, entry: TimelineEntry, *, next_call_at: datetime | None, by: User
) -> PhoneCall:
    """The call that reported the incident, to be saved with it. `entry` says that it was logged.

    An alert is no call: where something was promised, the person was rung.
    """
    is_alert = incident.source == Incident.Source.ALERT
    return PhoneCall(
        incident=incident, entry=entry, who=incident.caller_name, number=incident.call_back_number,
        direction=PhoneCall.Direction.OUT if is_alert else PhoneCall.Direction.IN,
        purpose=PhoneCall.Purpose.QUESTION if is_alert else PhoneCall.Purpose.REPORT,
        outcome=PhoneCall.Outcome.SPOKE, at=incident.reported_at, by=by, next_call_at=next_call_at,
    )  # fmt: skip


@transaction.atomic
def call_off(call_id: int, *, reason: str, by: User) -> PhoneCall:
    """Nobody makes the promised call, and why. The same person again is quiet; another one is a Conflict."""
    require(reason=(reason, "Say why nobody makes this call"))
    refuse_patient_data(reason=reason)
    found = PhoneCall.objects.visible_to(by).get(pk=call_id)
    incident = locked_for(found.incident_id, by, Permission.ADD_ENTRY)
    call = PhoneCall.objects.select_related("kept_by__by").get(pk=call_id)
    if call.next_call_at is None:
        raise Conflict("This call promised nothing", "There is nothing to call off.")
    if call.kept_at is not None:
        return _over_already(call, reason)
    call.kept_at, call.called_off_reason = timezone.now(), reason[:300]
    call.save()
    title = f"Called off: the call {'to' if call.next_call_by_us else 'from'} {call.who}"
    record(incident, Kind.CALL, title, f"{promise_words(call)}\n{reason}", by=by, direction="")
    return call


def promise_words(call: PhoneCall) -> str:
    """`We ring IT on-call manager by Sun 22 Nov 02:40 GMT.`; nothing where nothing was promised."""
    if call.next_call_at is None:
        return ""
    rings = f"We ring {call.who}" if call.next_call_by_us else f"{call.who} rings us"
    return f"{rings} by {format_day_time(call.next_call_at)}."


def title_of(call: PhoneCall) -> str:
    ended = "" if call.outcome == PhoneCall.Outcome.SPOKE else f": {call.get_outcome_display().lower()}"
    began = f"Rang {call.who}" if call.direction == PhoneCall.Direction.OUT else f"Call from {call.who}"
    return f"{began}{ended}"


def told_of(call: PhoneCall, text: str) -> str:
    return "\n".join(line for line in (text.strip(), promise_words(call)) if line)


def _settle(call: PhoneCall, keeps: int | None) -> None:
    """What was promised before this call and is over with it."""
    spoke = call.outcome == PhoneCall.Outcome.SPOKE
    if not spoke and call.next_call_at is None:
        return
    made_before = call.incident.calls.promised().filter(at__lte=call.at).exclude(pk=call.pk)
    for promise in made_before:
        if promise.pk != keeps and not same_person(promise.who, call.who):
            continue
        promise.kept_at, promise.kept_by = call.at, call
        if not spoke and call.next_call_at:
            promise.called_off_reason = f"{call.get_outcome_display()}; {promise_words(call)}"[:300]
        promise.save()


def _same_press(call: PhoneCall, key: str, text: str) -> PhoneCall | None:
    """What this form logged already. With another word in it, it is another call: none is lost quietly."""
    if not key:
        return None
    same = call.incident.calls.filter(
        by=call.by, who=call.who, number=call.number, direction=call.direction, purpose=call.purpose,
        outcome=call.outcome, entry__data__key=key,
    ).select_related("entry").first()  # fmt: skip
    return same if same and same.entry.text.startswith(text.strip()) else None


def _over_already(call: PhoneCall, reason: str) -> PhoneCall:
    if call.called_off_reason == reason[:300]:
        return call
    at = format_time(call.kept_at) if call.kept_at else ""
    if call.kept_by is None:
        raise Conflict("Somebody has already called this off", f"At {at}: {call.called_off_reason}")
    raise Conflict(f"{call.kept_by.by} has already rung", f"At {at}. Nothing is left to call off.")


def _refuse_unknown(*, direction: str, outcome: str, purpose: str) -> None:
    given = {
        "direction": (direction, PhoneCall.Direction),
        "outcome": (outcome, PhoneCall.Outcome),
        "purpose": (purpose, PhoneCall.Purpose),
    }
    wrong = {
        name: [f"Choose one of: {', '.join(choices.values)}"]
        for name, (code, choices) in given.items()
        if code not in choices.values
    }
    if wrong:
        raise ValidationError(wrong)


def _refuse_times(
    incident: Incident, now: datetime, outcome: str, at: datetime | None, next_call_at: datetime | None
) -> None:
    if at is not None and at > now:
        raise ValidationError({"at": ["This is in the future. Enter when it was"]})
    if next_call_at is not None and next_call_at <= now:
        raise ValidationError({"next_call_at": ["This has passed. Say a time to come"]})
    if next_call_at is not None and not incident.is_open:
        state = incident.get_state_display().lower()
        words = f"It is {state}, and nobody is reminded of a call. Reopen it, or promise none"
        raise ValidationError({"next_call_at": [words]})
    if next_call_at is None and outcome == PhoneCall.Outcome.WILL_CALL_BACK and incident.is_open:
        raise ValidationError({"next_call_at": ["Say by when they call back, or by when you ask again"]})


def _refuse_foreign(incident: Incident, keeps: int | None) -> None:
    """A promise that somebody kept meanwhile is no reason to lose the call: only a foreign one is wrong."""
    if keeps is not None and not incident.calls.filter(pk=keeps, next_call_at__isnull=False).exists():
        raise ValidationError({"keeps": ["There is no such promise on this incident"]})
