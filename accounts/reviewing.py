"""The access review of a quarter: everybody with what they hold, confirmed or ended, and the sheet as CSV."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from guardian.models import UserObjectPermissionBase
from knox.models import AuthToken

from accounts import people, reads
from accounts.errors import Conflict
from accounts.models import AccessDecision, AccessEvent, AccessReview, User
from accounts.roles import Permission, Role, Side

# A cell that begins so is a formula to a spreadsheet, and may be an attack.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
HEAD = (
    "Organisation", "Shown as", "E-mail", "Kind", "Roles", "Roles since, UTC", "Account since, UTC",
    "Access ends, UTC", "Working", "Last signed in, UTC", "Second factors", "Recovery codes left", "Provider",
    "Tokens", "Grants", "Break-glass uses in the quarter", "Of these not reviewed",
    "Decision", "Decided by", "Decided at, UTC",
)  # fmt: skip


# ---------- Pure ----------


def quarter_of(day: date) -> str:
    """`2026-Q4`."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def first_day(quarter: str) -> date:
    """Of `2026-Q4`, 1 October. ValueError for what is no quarter."""
    year, _, number = quarter.partition("-Q")
    if len(year) != 4 or number not in ("1", "2", "3", "4"):
        raise ValueError(quarter)
    return date(int(year), 3 * int(number) - 2, 1)


# ---------- The sheet ----------


@dataclass(frozen=True)
class Row:
    """One person or machine, and what was decided of it in this review."""

    who: User
    factors: int
    codes: int
    tokens: int
    grants: int
    identities: int
    glasses: int
    unreviewed: int
    decision: AccessDecision | None
    roles_since: datetime


def rows(review: AccessReview) -> list[Row]:
    """Everybody who has an organisation, the working ones first. One query for each kind of thing held."""
    began = datetime.combine(first_day(review.quarter), datetime.min.time(), timezone.get_current_timezone())
    in_quarter = Q(glasses__taken_at__gte=began)
    unreviewed = in_quarter & Q(glasses__reviewed_at=None)
    everybody = (
        User.objects.exclude(organisation=None).select_related("organisation").prefetch_related("groups")
        .annotate(
            factor_count=Count("factors", distinct=True),
            code_count=Count("recovery_codes", filter=Q(recovery_codes__used_at=None), distinct=True),
            roles_at=Max("access_events__at", filter=Q(access_events__kind=AccessEvent.Kind.ROLES_CHANGED)),
            identity_count=Count("identities", distinct=True),
            glass_count=Count("glasses", filter=in_quarter, distinct=True),
            unreviewed_count=Count("glasses", filter=unreviewed, distinct=True),
        )
        .order_by("organisation__name", "name", "pk")
    )  # fmt: skip
    tokens = _counts(AuthToken.objects.values_list("user_id", flat=True))
    grants = _counts(pk for model in _grants() for pk in model.objects.values_list("user_id", flat=True))
    decisions = {each.person_id: each for each in review.decisions.select_related("by")}
    found = [
        Row(
            one, one.factor_count, one.code_count, tokens.get(one.pk, 0), grants.get(one.pk, 0),
            one.identity_count, one.glass_count, one.unreviewed_count, decisions.get(one.pk),
            one.roles_at or one.joined_at,
        )
        for one in everybody
    ]  # fmt: skip
    return sorted(found, key=lambda row: not row.who.is_working)


def written(review: AccessReview, *, by: User) -> str:
    """The sheet as CSV. It is on record as an export before anything leaves."""
    _allow(by)
    found = rows(review)
    reads.exported(by, review, name=f"access-review-{review.quarter}.csv", rows=len(found))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    writer.writerows([_harmless(cell) for cell in _cells(row)] for row in found)
    return "\ufeff" + out.getvalue()


# ---------- Deciding ----------


@transaction.atomic
def begin(at: datetime, *, by: User) -> AccessReview:
    """The review of the quarter of this moment; begun once."""
    _change(by)
    quarter = quarter_of(timezone.localtime(at).date())
    review, _ = AccessReview.objects.get_or_create(quarter=quarter, defaults={"begun_at": at, "begun_by": by})
    return review


@transaction.atomic
def decide(review_id: int, person_id: int, answer: str, *, by: User) -> AccessDecision:
    """Whether the access stays or ends, and ending ends it now. Nobody decides of themselves."""
    _change(by)
    review = _open(review_id)
    person = User.objects.exclude(organisation=None).filter(pk=person_id).first()
    if person is None:
        raise ValidationError("Nobody on this sheet has that number")
    if person == by:
        raise ValidationError("Somebody else decides of your own access")
    if answer not in AccessDecision.Answer.values:
        raise ValidationError("Choose whether it stays or ends")
    held = person.role_words[:300]
    decision, is_new = AccessDecision.objects.get_or_create(
        review=review, person=person,
        defaults={"answer": answer, "held": held, "by": by, "at": timezone.now()},
    )  # fmt: skip
    if not is_new and decision.answer != answer:
        raise Conflict("It was decided already", f"{decision.get_answer_display()}, by {decision.by}.")
    if is_new and answer == AccessDecision.Answer.END and person.is_working:
        people.end_access(person, reason=f"Access review {review.quarter}", by=by)
    return decision


@transaction.atomic
def finish(review_id: int, *, by: User) -> AccessReview:
    """Once everybody who works is decided of; who finishes it is left out where nobody else may decide."""
    _change(by)
    review = _open(review_id)
    left = [row.who for row in rows(review) if row.who.is_working and row.decision is None]
    managers = User.objects.with_role(Role.SERVICE_MANAGER).filter(organisation__side=Side.VENDOR)
    if not managers.exclude(pk=by.pk).exists():
        left = [one for one in left if one != by]
    if left:
        names = ", ".join(str(one) for one in left[:5])
        more = f" and {len(left) - 5} more" if len(left) > 5 else ""
        raise ValidationError(f"Not decided yet: {names}{more}")
    review.finished_at, review.finished_by = timezone.now(), by
    review.save(update_fields=["finished_at", "finished_by"])
    return review


def _open(review_id: int) -> AccessReview:
    review = AccessReview.objects.select_for_update().get(pk=review_id)
    if review.finished_at is not None:
        raise Conflict("This review is finished", f"By {review.finished_by}. The next quarter has its own.")
    return review


def _cells(row: Row) -> list[str | int]:
    who, decision = row.who, row.decision
    return [
        str(who.organisation), who.name, who.email, "machine" if who.is_machine else "person", who.role_words,
        _utc(row.roles_since), _utc(who.joined_at), _utc(who.ends_at), "yes" if who.is_working else "no",
        _utc(who.last_login),
        row.factors, row.codes, "yes" if row.identities else "no", row.tokens, row.grants, row.glasses,
        row.unreviewed, decision.get_answer_display() if decision else "",
        str(decision.by) if decision else "", _utc(decision.at) if decision else "",
    ]  # fmt: skip


def _utc(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""


def _harmless(cell: str | int) -> str | int:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


def _grants() -> list[type[UserObjectPermissionBase]]:
    """Every table of single objects that were shared with somebody."""
    return [model for model in apps.get_models() if issubclass(model, UserObjectPermissionBase)]


def _counts(numbers: Iterable[int]) -> dict[int, int]:
    counted: dict[int, int] = {}
    for number in numbers:
        counted[number] = counted.get(number, 0) + 1
    return counted


def _allow(by: User) -> None:
    """To read the sheet: who decides, and the vendor's auditors."""
    if not AccessReview.objects.visible_to(by).exists():
        raise PermissionDenied


def _change(by: User) -> None:
    if not by.has_perm(Permission.REVIEW_ACCESS):
        raise PermissionDenied
