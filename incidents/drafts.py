"""Calls being taken: kept with each change, and logged once, however often the button is pressed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from incidents.guard import look_for_patient_data, look_for_patient_number
from incidents.intake import log_incident
from incidents.local_time import local
from incidents.models import Incident, IntakeDraft, Proposal
from incidents.proposals import CALLER, take

LONGEST = 5000
SHOWN = 5


def unfinished(by: User) -> list[IntakeDraft]:
    """The person's own calls that were begun and neither logged nor discarded."""
    return list(IntakeDraft.objects.visible_to(by).unfinished().exclude(fields={})[:SHOWN])


@transaction.atomic
def keep(
    key: UUID, given: Mapping[str, str], *, call_began_at: datetime, by: User
) -> tuple[IntakeDraft, dict[str, list[str]]]:
    """Keep what was typed, and say which texts were not kept because they hold patient data, and where.

    A draft is made with its first word. One that was logged stays as it is.
    """
    if not by.has_perm(Permission.LOG_INCIDENT):
        raise PermissionDenied
    draft = _own(key, call_began_at, by)
    blocked = blocked_in(given)
    if draft.incident_id is None:
        proposal = {name: pk for name, pk in draft.fields.items() if name == "proposal"}
        kept = {name: text.replace("\0", "")[:LONGEST] for name, text in given.items() if name not in blocked}
        draft.fields = kept | proposal
        draft.discarded_at = None
        draft.save()
    return draft, blocked


def blocked_in(given: Mapping[str, str]) -> dict[str, list[str]]:
    """The texts with patient data at level `block`: field, and the words that say where.

    Every field: a draft keeps what was typed as it was, in a field for a time too.
    """
    number = given.get("call_back_number", "")
    texts = {name: text for name, text in given.items() if name != "call_back_number"}
    return {**look_for_patient_data(**texts), **look_for_patient_number(call_back_number=number)}


@transaction.atomic
def log_draft(key: UUID, *, facts: dict[str, Any], by: User) -> Incident:
    """Log the call of this draft, or of its proposal. A second press gives the same incident."""
    draft = IntakeDraft.objects.visible_to(by).select_for_update().get(key=key)
    if draft.incident_id is not None:
        return Incident.objects.get(pk=draft.incident_id)
    if proposal_id := draft.fields.get("proposal"):
        draft.incident = take(proposal_id, facts=facts, by=by)
    else:
        draft.incident = log_incident(**facts, reported_at=draft.call_began_at, by=by)
    draft.fields = {}  # what was said stands in the incident now
    draft.save()
    return draft.incident


@transaction.atomic
def discard(key: UUID, *, by: User) -> None:
    """The call led to nothing, or was taken again. Its words are not kept."""
    for draft in IntakeDraft.objects.visible_to(by).unfinished().select_for_update().filter(key=key):
        draft.discarded_at, draft.fields = timezone.now(), {}
        draft.save()


@transaction.atomic
def draft_of(proposal: Proposal, *, by: User) -> IntakeDraft:
    """The person's draft for this proposal, with what the alert knows filled in."""
    own = IntakeDraft.objects.visible_to(by).unfinished().filter(fields__proposal=proposal.pk)
    began = local(min(proposal.fired_at, timezone.now()))
    known = {
        "proposal": proposal.pk,
        "caller_name": CALLER,
        "customer": proposal.customer.short_name if proposal.customer else "",
        "call_back_number": proposal.customer.contact_phone if proposal.customer else "",
        "service": proposal.service.code if proposal.service else "",
        "failure": Incident.Failure.DOES_NOT_OPEN.value if proposal.service else "",
        "error_text": proposal.title,
        "began_at": f"{began:%H:%M}",
        "began_at_day": began.date().isoformat(),
        "began_at_fold": str(began.fold),
    }
    return own.first() or IntakeDraft.objects.create(by=by, fields=known, call_began_at=timezone.now())


def _own(key: UUID, call_began_at: datetime, by: User) -> IntakeDraft:
    """The draft with this key, locked; somebody else's is not found."""
    draft, _ = IntakeDraft.objects.select_for_update().get_or_create(
        key=key, defaults={"by": by, "call_began_at": call_began_at}
    )
    if draft.by_id != by.pk:
        raise Http404
    return draft
