"""Seeds the demo's SOPs through the services that people use, and breaks two simulated targets, once."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Component, Service, User
from incidents.local_time import local
from sops import services
from sops.actions import simulated
from sops.demo_rehearsal import rehearse
from sops.demo_sops import APPROVED, WAITING, Fields
from sops.models import Sop, SopVersion, Step
from sops.writing import STEP_FIELDS

AUTHOR, APPROVER = "author@vendor.example", "approver@vendor.example"
REVIEW_AFTER = timedelta(days=180)
# What is down when the demo begins. SOP-03 mends the first, SOP-07 the second.
BROKEN = ("app-cc8-wexcombe-prod", "vm-messagecall-harbour-prod")


@transaction.atomic
def seed() -> None:
    """Four SOPs in force, two that wait for their first approval, and a second version that waits for its."""
    author, approver = User.objects.get(email=AUTHOR), User.objects.get(email=APPROVER)
    review_on = local(timezone.now()).date() + REVIEW_AFTER
    for fields in APPROVED:
        version = _seed_version(fields, fields.get("number", 1), author)
        if version is not None:
            rehearse(version, by=author, second=approver, spare=BROKEN)
            reason = "Read step by step with the author, and rehearsed on the simulated estate."
            services.approve_version(version.pk, reason=reason, review_on=review_on, by=approver)
    for fields in WAITING:
        version = _seed_version(fields, fields.get("number", 1), author)
        if version is not None:
            rehearse(version, by=author, second=approver, spare=BROKEN)
    _break()


def _seed_version(fields: Fields, number: int, author: User) -> SopVersion | None:
    """The submitted version; None when this number is there already."""
    given = {"title": fields["title"], "owner": author, "situations": list(fields["situations"])}
    sop, is_new = Sop.objects.get_or_create(code=fields["code"], defaults=given)
    if is_new:
        sop.services.set(Service.objects.filter(code__in=fields["services"]))
    if sop.versions.filter(number=number).exists():
        return None
    texts = {name: fields[name] for name in ("summary", "use_when", "stop_when", "way_back", "preconditions")}
    version = SopVersion.objects.create(sop=sop, number=number, author=author, **texts)
    for position, step in enumerate(fields["steps"], start=1):
        given = {name: step[name] for name in STEP_FIELDS if name in step}
        Step.objects.create(version=version, position=position, **given)
    return services.submit_version(version.pk, by=author)


def _break() -> None:
    """Once: what somebody mended in the demo stays mended."""
    for component in Component.objects.filter(name__in=BROKEN, simulated_states=None):
        simulated.break_down(component)
