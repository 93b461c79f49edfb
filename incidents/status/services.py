"""Posting a status update: public words, the state of the service, and when the next one is due."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Component, ComponentKind, Customer, User
from accounts.roles import Permission
from incidents import pid, services
from incidents.guard import refuse_patient_data, require
from incidents.models import Incident, Kind, OutboxRow, Phase, StatusUpdate, Wall
from incidents.outbox.writing import announce
from incidents.services import open_for
from incidents.status.fitness import Unfit, find_unfit
from incidents.timeline import record


@dataclass(frozen=True)
class Finding:
    """What the composer shows beside the words. `block` must go, `warn` asks for a second look."""

    level: str
    start: int
    end: int
    message: str


@transaction.atomic
def post_update(
    incident_id: int, *, phase: str, words: str, next_update_due_at: datetime | None,
    service_state: str = StatusUpdate.ServiceState.MAJOR_OUTAGE, by: User,
) -> StatusUpdate:  # fmt: skip
    """Freeze the words and queue their publication; the promise of the next one becomes the incident's.

    Resolved promises nothing more and makes the service available. Raises ValidationError by field when a
    text is missing, holds patient data or a name, or when the promise is missing or past.
    """
    require(words=(words, "Write what the public is told"), phase=(phase, "Choose the phase"))
    _refuse_unknown(phase, service_state)
    incident = open_for(incident_id, by, Permission.POST_STATUS)
    refuse_unfit_words(words, incident.caller_name)
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
    key = f"status:{update.pk}"
    announce(OutboxRow.Destination.STATUS, "publish", key=key, incident=incident, update=update.pk)
    return update


@transaction.atomic
def resolve_with_update(
    incident_id: int, *, resolution: str, restored_at: datetime | None, words: str = "",
    seen: str | None = None, by: User,
) -> Incident:  # fmt: skip
    """Resolve, and with `words` tell the public so in the same act: both happen, or neither."""
    if words:
        post_update(incident_id, phase=Phase.RESOLVED, words=words, next_update_due_at=None, by=by)
    return services.resolve(incident_id, resolution=resolution, restored_at=restored_at, seen=seen, by=by)


def preview(words: str, customer: Customer | None = None) -> list[Finding]:
    """What stands in the way of these words, and what deserves a second look, in order. Stores nothing."""
    names = [customer.name] if customer else []
    found = [Finding("block", one.start, one.end, one.message) for one in _unfit(words, *names)]
    found += [Finding(one.level, one.start, one.end, pid.describe(one)) for one in pid.find(words)]
    return sorted(found, key=lambda finding: (finding.start, finding.level))


def refuse_unfit_words(words: str, *names: str) -> None:
    """Public words hold no patient data and name no hospital, person or machine. Raises ValidationError."""
    refuse_patient_data(words=words)
    if unfit := _unfit(words, *names):
        raise ValidationError({"words": list(dict.fromkeys(one.message for one in unfit))})


def _unfit(words: str, *names: str) -> list[Unfit]:
    """Every customer counts, not only the incident's: two queries."""
    known = [name for pair in Customer.objects.values_list("name", "short_name") for name in pair]
    machines = Component.objects.exclude(kind=ComponentKind.REGION).values_list("name", flat=True)
    return find_unfit(words, names=[*known, *names], machines=machines)


def _refuse_unknown(phase: str, service_state: str) -> None:
    wrong = {}
    if phase not in Phase.values:
        wrong["phase"] = [f"Choose one of: {', '.join(Phase.values)}"]
    if service_state not in StatusUpdate.ServiceState.values:
        wrong["service_state"] = [f"Choose one of: {', '.join(StatusUpdate.ServiceState.values)}"]
    if wrong:
        raise ValidationError(wrong)
