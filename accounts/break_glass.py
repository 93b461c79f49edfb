"""Break-glass: a role that somebody takes for a while because nobody who holds it can be reached.

Taken by the person alone, with a reason, for a few hours; the vendor's service managers are told by the floor
above. What is lent is a row of the table of roles, on the person's own side: the wall does not move.
"""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import typed
from accounts.errors import Conflict
from accounts.models import BreakGlass, User
from accounts.roles import Permission, Role, glass_for
from accounts.sign_in import events

SHORTEST_REASON = 15  # characters


@transaction.atomic
def take(*, role: str, reason: str, by: User) -> BreakGlass:
    """Lend the role until the time is up. ValidationError by field, Conflict while one is open."""
    if not by.has_perm(Permission.BREAK_GLASS):
        raise PermissionDenied
    if role not in glass_for(by.roles, by.side):
        raise ValidationError({"role": ["Choose a role that is there for you"]})
    if len(reason.strip()) < SHORTEST_REASON:
        raise ValidationError({"reason": ["Say whom you could not reach, and what you are going to do"]})
    typed.refuse(reason=reason)
    person: User = User.objects.select_for_update().get(pk=by.pk)
    if person.glass:
        raise Conflict("You have a role by break-glass already", "Give it back before you take another.")
    now = timezone.now()
    until = now + timedelta(hours=settings.BREAK_GLASS_HOURS)
    made = BreakGlass.objects.create(
        person=person, role=role, reason=reason.strip()[:500], taken_at=now, until=until
    )
    person.glass_role, person.glass_until = role, until
    person.save(update_fields=["glass_role", "glass_until"])
    events.record(events.Kind.GLASS_BROKEN, person, detail=f"{Role(role).label}: {made.reason}")
    return made


@transaction.atomic
def give_back(glass_id: int, *, by: User) -> BreakGlass:
    """By the taker when it is done, or by whoever reviews access, at once. Twice is once."""
    glass = BreakGlass.objects.select_for_update().get(pk=glass_id)
    if glass.person != by and not by.has_perm(Permission.REVIEW_ACCESS):
        raise PermissionDenied
    now = timezone.now()
    if not glass.is_open(now):
        return glass
    glass.returned_at, glass.returned_by = now, by
    glass.save(update_fields=["returned_at", "returned_by"])
    person: User = User.objects.select_for_update().get(pk=glass.person_id)
    person.glass_role, person.glass_until = "", None
    person.save(update_fields=["glass_role", "glass_until"])
    events.record(events.Kind.GLASS_RETURNED, person, by=by)
    return glass


@transaction.atomic
def review(glass_id: int, *, finding: str, by: User) -> BreakGlass:
    """Say afterwards what it was: another person than the taker, once."""
    glass = BreakGlass.objects.select_for_update().get(pk=glass_id)
    if not by.has_perm(Permission.REVIEW_ACCESS) or glass.person == by:
        raise PermissionDenied
    if not finding.strip():
        raise ValidationError({"finding": ["Say what you found, such as: was right, nobody answered"]})
    typed.refuse(finding=finding)
    if glass.reviewed_at is not None:
        raise Conflict("It was reviewed already", f"By {glass.reviewed_by}: {glass.finding}")
    glass.reviewed_at, glass.reviewed_by, glass.finding = timezone.now(), by, finding.strip()[:500]
    glass.save(update_fields=["reviewed_at", "reviewed_by", "finding"])
    return glass
