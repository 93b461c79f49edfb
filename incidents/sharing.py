"""Sharing one incident with one person who does not see incidents, for a time, and taking that back."""

from datetime import datetime
from typing import cast

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts import grants
from accounts.models import User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_time
from incidents.models import IncidentGrant, Kind
from incidents.services import locked_for
from incidents.timeline import record


def candidates(by: User) -> "QuerySet[User]":
    """Who may be given it: people who see no incident by their role."""
    return grants.candidates(by, without=Permission.VIEW_INCIDENT)


@transaction.atomic
def share(incident_id: int, *, person: User, reason: str, expires_at: datetime, by: User) -> IncidentGrant:
    """The person sees this incident and its timeline until then; a vendor row only if their role does.

    Raises ValidationError by field, PermissionDenied, and Conflict where they have it already.
    """
    require(reason=(reason, "Say why they need to see it"))
    refuse_patient_data(reason=reason)
    incident = locked_for(incident_id, by, Permission.GRANT_INCIDENT)
    if not candidates(by).filter(pk=person.pk).exists():
        raise ValidationError({"person": ["Choose one of the people listed"]})
    grant = grants.give(
        IncidentGrant, incident, person, codename="share_incident", reason=reason.strip(),
        expires_at=expires_at, by=by,
    )  # fmt: skip
    title = f"Shared with {person} until {format_time(grant.expires_at)}"
    record(incident, Kind.NOTE, title, grant.reason, by=by, announces=False)
    return grant


@transaction.atomic
def unshare(grant_id: int, *, by: User) -> IncidentGrant:
    """They see it no more, with the next thing they ask. Twice is once."""
    if not by.has_perm(Permission.GRANT_INCIDENT):
        raise PermissionDenied
    found = IncidentGrant.objects.visible_to(by).select_related("user").get(pk=grant_id)
    incident = locked_for(found.content_object_id, by, Permission.GRANT_INCIDENT)
    grant = cast(IncidentGrant, IncidentGrant.objects.select_related("user").get(pk=grant_id))
    if grants.withdraw(grant, by=by):
        record(incident, Kind.NOTE, f"No longer shared with {grant.user}", by=by, announces=False)
    return grant
