"""The vendor stops one SOP, one action or all of automation at once, and lets it go on again.

Nothing of it starts from then on, and runs stop at their next step boundary.
"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission, Side
from incidents.guard import refuse_patient_data, require
from sops.actions.catalogue import find
from sops.models import Sop, Suspension
from sops.models.suspension import Scope


def suspend_sop(sop_id: int, *, reason: str, by: User) -> Suspension:
    """Every version of this SOP."""
    _refuse_others(by)
    return _suspend(reason, by, scope=Scope.SOP, sop=Sop.objects.visible_to(by).get(pk=sop_id))


def suspend_action(action: str, *, reason: str, by: User) -> Suspension:
    """Every SOP that calls this action of the catalogue."""
    if find(action) is None:
        raise ValidationError({"action": ["Choose an action of the catalogue"]})
    return _suspend(reason, by, scope=Scope.ACTION, action=action)


def suspend_automation(*, reason: str, by: User) -> Suspension:
    """Every SOP."""
    return _suspend(reason, by, scope=Scope.AUTOMATION)


@transaction.atomic
def _suspend(reason: str, by: User, **what: Any) -> Suspension:
    _refuse_others(by)
    require(reason=(reason, "Say why you suspend it. Everybody who looks for it sees the reason"))
    refuse_patient_data(reason=reason)
    before = Suspension.objects.active().select_for_update(of=("self",)).filter(**what).first()
    if before is not None:
        raise Conflict(f"{before.suspended_by} has already suspended it", "Read the reason as it stands.")
    return Suspension.objects.create(
        reason=reason[:300], suspended_by=by, suspended_at=timezone.now(), **what
    )


@transaction.atomic
def lift_suspension(suspension_id: int, *, by: User) -> Suspension:
    """It may be started again. Lifting what was lifted returns quietly."""
    _refuse_others(by)
    found = Suspension.objects.visible_to(by).select_for_update().get(pk=suspension_id)
    if found.lifted_at is None:
        found.lifted_by, found.lifted_at = by, timezone.now()
        found.save()
    return found


def _refuse_others(by: User) -> None:
    if not (by.has_perm(Permission.APPROVE_SOP) and by.side == Side.VENDOR):
        raise PermissionDenied("An approver of the vendor suspends and lifts")
