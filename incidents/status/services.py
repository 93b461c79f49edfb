"""Posting a status update: public words, the state of the service, and when the next one is due."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.models import Kind, OutboxRow, Phase, StatusUpdate, Wall
from incidents.outbox.writing import announce
from incidents.services import open_for
from incidents.timeline import record


@transaction.atomic
def post_update(
    incident_id: int, *, phase: str, words: str, next_update_due_at: datetime | None,
    service_state: str = StatusUpdate.ServiceState.MAJOR_OUTAGE, by: User,
) -> StatusUpdate:  # fmt: skip
    """Freeze the words and queue their publication; the promise of the next one becomes the incident's.

    Resolved promises nothing more and makes the service available. Raises ValidationError by field when a text is
    missing, holds patient data or names a customer, or when the promise is missing or past.
    """
    require(words=(words, "Write what the public is told"), phase=(phase, "Choose the phase"))
    incident = open_for(incident_id, by, Permission.POST_STATUS)
    refuse_unfit_words(words, incident.customer.name)
    now = timezone.now()
    if phase == Phase.RESOLVED:
        next_update_due_at, service_state = None, StatusUpdate.ServiceState.OPERATIONAL
    elif next_update_due_at is None or next_update_due_at <= now:
        raise ValidationError({"next_update_due_at": ["Say when the next update comes, later than now"]})
    update = StatusUpdate.objects.create(
        incident=incident, phase=phase, words=words, service_state=service_state,
        next_update_due_at=next_update_due_at, posted_by=by, posted_at=now,
    )  # fmt: skip
    incident.public_phase, incident.next_update_due_at = phase, next_update_due_at
    incident.save()
    title = f"Status update: {update.get_phase_display().lower()}"
    record(incident, Kind.STATUS, title, words, by=by, at=now, wall=Wall.PUBLIC, update=update.pk)
    if not incident.is_rehearsal:
        announce(
            OutboxRow.Destination.STATUS, "publish", key=f"status:{update.pk}", incident=incident, update=update.pk
        )
    return update


def refuse_unfit_words(words: str, *names: str) -> None:
    """Public words hold no patient data and name no customer."""
    refuse_patient_data(words=words)
    named = [name for name in names if name and name.casefold() in words.casefold()]
    if named:
        raise ValidationError({"words": [f"Remove the name {named[0]}: the public page names no hospital"]})
