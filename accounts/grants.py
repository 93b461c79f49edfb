"""Giving and withdrawing grants, whatever they are of. Who may, and what is told of it, upper floors say."""

from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.contrib.auth.models import Permission as DjangoPermission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.models.grant import Grant
from accounts.roles import PERMISSIONS, Permission

LONGEST = timedelta(days=366)
ENDED_SHOWN = 20
G = TypeVar("G", bound=Grant)


def candidates(by: User, *, without: Permission) -> "QuerySet[User]":
    """People who work here and do not hold that permission by their role already."""
    holders = [role for role, held in PERMISSIONS.items() if without in held]
    people: QuerySet[User] = User.objects.visible_to(by).filter(is_active=True)
    return people.exclude(groups__name__in=holders).select_related("organisation").order_by("name")


def give(
    model: type[G], of: Model, person: User, *, codename: str, reason: str, expires_at: datetime, by: User
) -> G:
    """Inside the caller's transaction, which has locked the thing. Raises ValidationError and Conflict."""
    now = timezone.now()
    if not now < expires_at <= now + LONGEST:
        raise ValidationError({"lasts": ["Choose a time to come, within a year"]})
    rows: Any = model.objects
    if rows.held_by(person).filter(content_object=of).exists():
        raise Conflict(f"{person} has it already", "Withdraw that first, to give it for another time.")
    permission = DjangoPermission.objects.get(
        content_type=ContentType.objects.get_for_model(of), codename=codename
    )
    given: G = rows.create(
        user=person, permission=permission, content_object=of, reason=reason[:300], given_by=by, given_at=now,
        expires_at=expires_at,
    )  # fmt: skip
    return given


def shown(model: type[Grant], of: Model, reader: User) -> dict[str, Any]:
    """For the page of one thing: the grants in force, and the newest of those that are over."""
    rows: Any = model.objects
    rows = rows.visible_to(reader).filter(content_object=of)
    rows = rows.select_related("user__organisation", "given_by", "withdrawn_by")
    ended = [each for each in rows[: 2 * ENDED_SHOWN] if not each.is_in_force]
    return {"active": rows.in_force(), "ended": ended[:ENDED_SHOWN]}


def withdraw(grant: G, *, by: User) -> bool:
    """From now on it grants nothing. Whether it still did; what is over already stays as it ended."""
    if not grant.is_in_force:
        return False
    grant.withdrawn_at, grant.withdrawn_by = timezone.now(), by
    grant.save()
    return True
