"""Posting a status update: public words, the state of the services, and when the next one is due."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import SOMEBODY_WAS_FASTER, Conflict
from accounts.models import Service, User
from accounts.roles import Permission
from incidents import services
from incidents.guard import require
from incidents.models import AffectedService, Incident, Kind, OutboxRow, Phase, StatusUpdate, Wall
from incidents.outbox.writing import announce
from incidents.services import locked_for, open_for
from incidents.status.public_words import refuse_unfit
from incidents.timeline import record

State = StatusUpdate.ServiceState
# What an incident may say of a service. That it is under maintenance follows from the maintenance.
SAID_OF_SERVICES = tuple(state for state in State if state != State.MAINTENANCE)


@transaction.atomic
def post_update(
    incident_id: int, *, phase: str, words: str, next_update_due_at: datetime | None,
    service_state: str = State.MAJOR_OUTAGE, affected: Mapping[str, str] | None = None, by: User,
) -> StatusUpdate:  # fmt: skip
    """Freeze the words and queue their publication; the promise of the next one becomes the incident's.

    `affected` are other services by code, each with its state from now on; one that is not named stays as it
    was. Resolved promises nothing more and makes all of them available. Raises ValidationError by field when
    a text is missing, has a blank, holds patient data or a name, or when the promise is missing or past.
    """
    require(words=(words, "Write what the public is told"), phase=(phase, "Choose the phase"))
    _refuse_unknown(phase, service_state)
    incident = open_for(incident_id, by, Permission.POST_STATUS)
    refuse_unfit(incident.caller_name, words=words)
    others = _others(affected or {}, incident)
    now = timezone.now()
    if phase == Phase.RESOLVED:
        next_update_due_at, service_state, others = None, State.OPERATIONAL, {}
    elif next_update_due_at is None or next_update_due_at <= now:
        raise ValidationError({"next_update_due_at": ["Say when the next update comes, later than now"]})
    update = StatusUpdate.objects.create(
        incident=incident, phase=phase, words=words, service_state=service_state,
        next_update_due_at=next_update_due_at, posted_by=by, posted_at=now,
    )  # fmt: skip
    incident.public_phase, incident.next_update_due_at = phase, next_update_due_at
    incident.save()
    _publish(update, others, f"Status update: {update.get_phase_display().lower()}", by=by)
    return update


@transaction.atomic
def correct_update(
    update_id: int, *, words: str, service_state: str | None = None,
    affected: Mapping[str, str] | None = None, by: User,
) -> StatusUpdate:  # fmt: skip
    """Put other words, or other states of services, in the place of an update that was posted.

    The update itself stays as it is: the correction is a row of its own, and the pages show both. Time,
    phase and promise are those of what it corrects, and the incident may be closed. What was corrected
    already is corrected by correcting the correction. Raises ValidationError by field, or Conflict.
    """
    require(words=(words, "Write the words as they should have been"))
    update = StatusUpdate.objects.select_related("incident").get(pk=update_id)
    incident = locked_for(update.incident_id, by, Permission.POST_STATUS)
    service_state = service_state or update.service_state
    _refuse_unknown(update.phase, service_state)
    refuse_unfit(incident.caller_name, words=words)
    others = affected_by(update) if affected is None else _others(affected, incident)
    said, asked = (update.words, update.service_state, affected_by(update)), (words, service_state, others)
    if (known := StatusUpdate.objects.filter(corrects=update).first()) is not None:
        if (known.words, known.service_state, affected_by(known)) == asked and known.posted_by_id == by.pk:
            return known
        raise Conflict("It has been corrected already", SOMEBODY_WAS_FASTER)
    if said == asked:
        raise ValidationError(
            {"words": ["These are the words that were posted. Change what is wrong in them"]}
        )
    correction = StatusUpdate.objects.create(
        incident=incident, phase=update.phase, words=words, service_state=service_state,
        next_update_due_at=update.next_update_due_at, posted_by=by, posted_at=timezone.now(),
        corrects=update,
    )  # fmt: skip
    _publish(correction, others, f"Status update corrected: {update.get_phase_display().lower()}", by=by)
    return correction


@transaction.atomic
def resolve_with_update(
    incident_id: int, *, resolution: str, restored_at: datetime | None, words: str = "",
    seen: str | None = None, by: User,
) -> Incident:  # fmt: skip
    """Resolve, and with `words` tell the public so in the same act: both happen, or neither."""
    if words:
        post_update(incident_id, phase=Phase.RESOLVED, words=words, next_update_due_at=None, by=by)
    return services.resolve(incident_id, resolution=resolution, restored_at=restored_at, seen=seen, by=by)


def affected_by(update: StatusUpdate) -> dict[str, str]:
    """The other services that it speaks of: state by code."""
    return dict(update.affected.values_list("service__code", "state"))


def _publish(update: StatusUpdate, others: Mapping[str, str], title: str, *, by: User) -> None:
    """Name the other services, write the timeline, and queue the delivery to the public pages."""
    services = (
        {service.code: service for service in Service.objects.filter(code__in=others)} if others else {}
    )
    for code, state in others.items():
        AffectedService.objects.create(update=update, service=services[code], state=state)
    record(
        update.incident, Kind.STATUS, title, update.words, by=by, at=update.posted_at, wall=Wall.PUBLIC,
        update=update.pk,
    )  # fmt: skip
    key = f"status:{update.pk}"
    announce(OutboxRow.Destination.STATUS, "publish", key=key, incident=update.incident, update=update.pk)


def _others(affected: Mapping[str, str], incident: Incident) -> dict[str, str]:
    """Services of the status page besides the incident's own, each with a state that is known."""
    known = set(Service.objects.on_status_page().values_list("code", flat=True)) if affected else set()
    wrong = [code for code in affected if code not in known or code == incident.service.code]
    if wrong:
        named = ", ".join(code[:60] for code in wrong[:5])
        raise ValidationError({"affected": [f"{named}: no other service of the status page"]})
    if not set(affected.values()) <= set(SAID_OF_SERVICES):
        raise ValidationError({"affected": [f"Choose one of: {', '.join(SAID_OF_SERVICES)}"]})
    return dict(affected)


def _refuse_unknown(phase: str, service_state: str) -> None:
    wrong = {}
    if phase not in Phase.values:
        wrong["phase"] = [f"Choose one of: {', '.join(Phase.values)}"]
    if service_state not in SAID_OF_SERVICES:
        wrong["service_state"] = [f"Choose one of: {', '.join(SAID_OF_SERVICES)}"]
    if wrong:
        raise ValidationError(wrong)
