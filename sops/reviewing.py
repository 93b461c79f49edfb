"""Approvals run out: when a version is to be reviewed, in words, and the e-mails that say so in time."""

from datetime import date, datetime, timedelta

from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role, Side
from incidents.local_time import format_date, local
from incidents.models import OutboxRow
from incidents.outbox import people
from incidents.outbox.registry import CannotDeliver
from incidents.outbox.writing import announce
from sops.models import SopVersion

EVENT = "review_reminder"
RUN_OUT = 0
DAYS_BEFORE = (7, 30)
SOON = timedelta(days=max(DAYS_BEFORE))


# ---------- Pure ----------


def stage_on(review_on: date, today: date) -> int | None:
    """Which reminder belongs to this local day: 30 or 7 days before, RUN_OUT after; None while it is far.

    The review date itself is the last day on which the version can be started.
    """
    left = (review_on - today).days
    if left < 0:
        return RUN_OUT
    return next((days for days in DAYS_BEFORE if left <= days), None)


def days_words(day: date, today: date) -> str:
    """`in 7 days`, `tomorrow`, `today`, `yesterday`, `3 days ago`."""
    left = (day - today).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    return near.get(left) or (f"in {left} days" if left > 0 else f"{-left} days ago")


def soon_words(review_on: date, today: date) -> str:
    """`in 7 days` from 30 days before on, and after it has passed; empty while it is far."""
    return days_words(review_on, today) if stage_on(review_on, today) is not None else ""


# ---------- Telling ----------


def announce_due(at: datetime) -> None:
    """Write an e-mail for each version in force whose review is near or has passed, once for each stage.

    A stage that was missed is not made up for once the next has come.
    """
    today = local(at).date()
    for version in SopVersion.objects.approved().filter(review_on__lte=today + SOON).order_by("review_on"):
        if version.review_on is not None:  # as the filter says
            days = stage_on(version.review_on, today)
            key = f"sop-review:{version.pk}:{days}"
            announce(
                OutboxRow.Destination.PEOPLE, EVENT, key=key, incident=None, version=version.pk, days=days
            )


def deliver(row: OutboxRow) -> None:
    """Tell the owner, if it is still so: not of what was superseded or withdrawn, nor what is late itself."""
    version = SopVersion.objects.select_related("sop__owner__organisation").get(pk=row.payload["version"])
    today = local(timezone.now()).date()
    review_on = version.review_on
    if version.state != SopVersion.State.APPROVED or review_on is None:
        return
    if stage_on(review_on, today) == row.payload["days"]:
        people.send(_message(version, review_on, today, key=f"sop-review-{version.pk}-{row.payload['days']}"))


def _message(version: SopVersion, review_on: date, today: date, *, key: str) -> EmailMessage:
    owner, others = version.sop.owner, []
    if not (owner.is_working and owner.side == Side.VENDOR):
        others = _managers(version)
    verb = "was" if review_on < today else "is"
    subject = f"{version.sop.code} {verb} to be reviewed by {format_date(review_on)}"
    return EmailMessage(
        subject, _body(version, review_on, today, is_owner=not others),
        to=[person.email for person in others or [owner]],
        headers={"Message-ID": people.message_id(key), "Auto-Submitted": "auto-generated"},
    )  # fmt: skip


def _managers(version: SopVersion) -> list[User]:
    """Who hears of it where the owner has left. CannotDeliver where there is nobody: then people see it."""
    found = User.objects.with_role(Role.SERVICE_MANAGER).filter(organisation__side=Side.VENDOR)
    managers = list(found.order_by("email"))
    if not managers:
        code = version.sop.code
        raise CannotDeliver(f"The owner of {code} has left, and there is no service manager. Name an owner")
    return managers


def _body(version: SopVersion, review_on: date, today: date, *, is_owner: bool) -> str:
    has_passed = review_on < today
    when = f"{format_date(review_on)}, {days_words(review_on, today)}"
    if has_passed:
        fact = f"Version {version.number} was to be reviewed by {when}. It cannot be started any more: at "
        fact += "night the engineers escalate instead."
    else:
        fact = f"Version {version.number} is to be reviewed by {when}. After that day it cannot be started, "
        fact += "and at night the engineers escalate instead."
    whose = "You own it." if is_owner else f"Its owner, {version.sop.owner}, has left. Name another owner."
    steps = "What to do: start a new version, also where nothing changes. Rehearse it and submit it; an "
    steps += "approver puts it in force with a new review date. Or have it withdrawn."
    address = people.link("sop", code=version.sop.code)
    return "\n".join([f"{version.sop}.", whose, "", fact, "", steps, "", f"The SOP: {address}"])
