"""Giving one SOP to somebody who is no author, for a time, and taking it back."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts import grants
from accounts.models import User
from accounts.roles import Permission, Role, Side
from incidents.guard import refuse_patient_data, require
from sops.models import Sop, SopGrant

# Drafts are written in the administration, which these open. An auditor changes nothing.
MAY_OWN = (Role.SOP_APPROVER, Role.SERVICE_MANAGER)


def candidates(by: User) -> "QuerySet[User]":
    """Who may be given an SOP: people of the vendor who write none by their role."""
    people = grants.candidates(by, without=Permission.WRITE_SOP)
    return people.filter(organisation__side=Side.VENDOR, groups__name__in=MAY_OWN).distinct()


@transaction.atomic
def give_sop(sop_id: int, *, person: User, reason: str, expires_at: datetime, by: User) -> SopGrant:
    """The person writes drafts of this SOP until then. Somebody else approves, as ever.

    Raises ValidationError by field, PermissionDenied, and Conflict where they have it already.
    """
    require(reason=(reason, "Say why they are to own it"))
    refuse_patient_data(reason=reason)
    if not by.has_perm(Permission.GRANT_SOP):
        raise PermissionDenied
    sop = Sop.objects.select_for_update().get(pk=sop_id)
    if not candidates(by).filter(pk=person.pk).exists():
        raise ValidationError({"person": ["Choose one of the people listed"]})
    return grants.give(
        SopGrant, sop, person, codename="own_sop", reason=reason.strip(), expires_at=expires_at, by=by
    )


@transaction.atomic
def take_sop_back(grant_id: int, *, by: User) -> SopGrant:
    """They write no more of it from now on; a draft of theirs stays, and another author starts a new one."""
    if not by.has_perm(Permission.GRANT_SOP):
        raise PermissionDenied
    rows = SopGrant.objects.visible_to(by).select_for_update(of=("self",)).select_related("user")
    grant: SopGrant = rows.get(pk=grant_id)
    grants.withdraw(grant, by=by)
    return grant
