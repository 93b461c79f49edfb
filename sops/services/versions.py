"""The life of a version, from its submission to superseded or withdrawn."""

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django_fsm import can_proceed

from accounts.errors import Conflict
from accounts.models import User
from incidents.guard import refuse_patient_data, require
from incidents.local_time import local
from sops.models import Sop, SopVersion
from sops.models.version import VersionState
from sops.problems import refuse_unfinished
from sops.writing import fingerprint

LONGEST_REVIEW = timedelta(days=731)


@transaction.atomic
def submit_version(version_id: int, *, by: User) -> SopVersion:
    """Its author gives it to the approvers. From now on its words and steps are fixed."""
    version = _locked(version_id, by)
    _refuse_by_words(version, "submit", by, "Only its author submits a version")
    refuse_unfinished(version)
    version.submit(by=by, at=timezone.now(), content_hash=fingerprint(version))
    version.save()
    return version


@transaction.atomic
def approve_version(
    version_id: int, *, reason: str, review_on: date | None, seen_hash: str | None = None, by: User
) -> SopVersion:
    """Another person of the vendor puts it in force until `review_on`; the version before is superseded.

    `seen_hash` is the fingerprint that the approver read: another one now is a conflict.
    """
    version = _locked(version_id, by)
    _refuse_by_words(version, "approve", by, _four_eyes(version, by))
    require(reason=(reason, "Say why you approve it. The reason is kept with the version"))
    refuse_patient_data(reason=reason)
    review_on = _fit_review_date(review_on)
    now_hash = fingerprint(version)
    if now_hash != version.content_hash or seen_hash not in (None, now_hash):
        raise Conflict("It is not the version that was submitted", "Read it as it is now, then decide again.")
    if not version.runs.proving(now_hash).exists():
        raise Conflict("It was not rehearsed as it is now", "Rehearse it to its end first: it has to work.")
    at = timezone.now()
    for before in version.sop.versions.approved():
        before.supersede(by=by, at=at)
        before.save()
    version.approve(by=by, at=at, reason=reason, review_on=review_on)
    version.save()
    return version


@transaction.atomic
def send_back_version(version_id: int, *, reason: str, by: User) -> SopVersion:
    """Back to its author with the reason. What is in force stays in force."""
    version = _locked(version_id, by)
    _refuse_by_words(version, "send_back", by, _four_eyes(version, by))
    require(reason=(reason, "Say what must change. The author sees it"))
    refuse_patient_data(reason=reason)
    version.send_back(by=by, at=timezone.now(), reason=reason)
    version.save()
    return version


@transaction.atomic
def withdraw_version(version_id: int, *, reason: str, by: User) -> SopVersion:
    """Out of force, or given up. Runs on it stop at their next step boundary."""
    version = _locked(version_id, by)
    _refuse_by_words(version, "withdraw", by, "An approver withdraws what is in force")
    require(reason=(reason, "Say why you withdraw it. Everybody who looks for it sees the reason"))
    refuse_patient_data(reason=reason)
    version.withdraw(by=by, at=timezone.now(), reason=reason)
    version.save()
    return version


def _locked(version_id: int, by: User) -> SopVersion:
    """The version, and first its SOP: two approvals of one SOP wait for each other."""
    version = SopVersion.objects.visible_to(by).get(pk=version_id)
    Sop.objects.select_for_update().get(pk=version.sop_id)
    rows = SopVersion.objects.select_for_update(of=("self",))
    return rows.select_related("sop", "author__organisation").get(pk=version_id)


def _four_eyes(version: SopVersion, by: User) -> str:
    if by.pk == version.author_id:
        return "You wrote this version: another approver decides on it"
    return "An approver of the vendor decides on versions"


def _refuse_by_words(version: SopVersion, name: str, by: User, words: str) -> None:
    """First who, then when: 403 for a person who never may, 409 for a state in which nobody may."""
    move: Any = getattr(version, name)
    if not any(transition.has_perm(version, by) for transition in move._django_fsm.transitions.values()):
        raise PermissionDenied(words)
    if can_proceed(move):
        return
    state = VersionState(version.state).label.lower()
    who = f" by {version.decided_by}" if version.decided_by else ""
    raise Conflict(
        f"Version {version.number} is {state}{who}", "Yours was not recorded. Read it as it is now."
    )


def _fit_review_date(review_on: date | None) -> date:
    today = local(timezone.now()).date()
    if review_on is None:
        raise ValidationError({"review_on": ["Choose the day by which it is reviewed"]})
    if review_on <= today:
        raise ValidationError({"review_on": ["Choose a day after today"]})
    if review_on > today + LONGEST_REVIEW:
        raise ValidationError({"review_on": ["Choose a day within two years"]})
    return review_on
