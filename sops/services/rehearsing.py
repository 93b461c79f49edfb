"""Rehearsing a version: the same engine on the simulated estate, without an incident."""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Customer, Service, User
from accounts.roles import Permission, Side
from sops.models import Run, Sop, SopVersion
from sops.problems import step_problems
from sops.rehearsal import OVER, is_rehearser, unfit
from sops.services.starting import begin, reachable_by
from sops.writing import fingerprint


@transaction.atomic
def rehearse(version_id: int, *, customer_id: int, by: User) -> Run:
    """Run a version of any state but withdrawn or superseded at a customer of the simulated estate.

    Anywhere, at any hour, and nothing of it is published or counted. It proves just these words and steps:
    their fingerprint is kept with the run. An engineer rehearses what is approved, whoever writes the SOP its
    drafts too. The same rehearsal by the same person again, while it goes on, returns the run that it began.
    Raises ValidationError when its steps are not whole, Conflict when it is over or a target is missing.
    """
    if not (by.has_perm(Permission.RUN_SOP) or by.side == Side.VENDOR):
        raise PermissionDenied
    version = SopVersion.objects.visible_to(by).select_related("sop").get(pk=version_id)
    if not is_rehearser(version.sop, by):
        raise PermissionDenied
    Sop.objects.select_for_update().get(pk=version.sop_id)  # pressed twice, the second finds the first
    if version.state in OVER:
        raise Conflict(f"{version} is {version.get_state_display().lower()}", "Rehearse a later version.")
    if problems := step_problems(list(version.steps.all())):
        raise ValidationError({"steps": problems})
    customer = Customer.objects.visible_to(by).active().filter(is_simulated=True, pk=customer_id).first()
    if customer is None:
        raise ValidationError({"customer": ["Choose a customer of the simulated estate"]})
    reachable = reachable_by(customer)
    if words := unfit(version, customer, reachable):
        raise Conflict(f"{version.sop.code} cannot be rehearsed: {words}", "Choose another customer.")
    same: dict[str, Any] = {
        "version": version, "customer": customer, "started_by": by, "content_hash": fingerprint(version),
    }  # fmt: skip
    if (repeated := Run.objects.active().filter(incident=None, **same).first()) is not None:
        return repeated
    run = Run.objects.create(
        service=_service_of(version, customer), is_rehearsal=True, started_at=timezone.now(), **same
    )
    return begin(run, reachable, by=by)


def _service_of(version: SopVersion, customer: Customer) -> Service:
    """One that the SOP serves: of the customer's own, if there is one."""
    served = version.sop.services.all()
    found = served.filter(customers=customer).first() or served.first()
    if found is None:
        raise ValidationError({"services": ["Choose at least one service that the SOP serves"]})
    return found
