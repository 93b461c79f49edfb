"""Joiners, movers and leavers: a link to join by, the end of an access, and its return."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone
from knox.models import AuthToken

from accounts import typed
from accounts.models import SecondFactor, SignInDelay, User
from accounts.models.user import MACHINES
from accounts.roles import Permission
from accounts.sign_in import delays, events, factors, providers

PREFIX = "ooh_"  # as tokens begin: the logs mask it


@dataclass(frozen=True)
class Leaver:
    """What was ended with the access."""

    tokens: int
    factors: int


def seen_by(user: User) -> QuerySet[User]:
    """Who may be helped: a lead sees the people of their organisation, a service manager all. One query."""
    people = User.objects.exclude(organisation=None).exclude(groups__name__in=MACHINES)
    if not user.has_perm(Permission.MANAGE_PEOPLE):
        people = people.filter(organisation=user.organisation_id)
    if not (user.has_perm(Permission.MANAGE_PEOPLE) or user.has_perm(Permission.LET_IN)):
        people = people.none()
    waiting = SignInDelay.objects.filter(person=OuterRef("pk")).waiting(timezone.now())
    found: QuerySet[User] = (
        people.select_related("organisation").prefetch_related("groups")
        .annotate(factor_count=Count("factors", distinct=True), is_delayed=Exists(waiting))
        .order_by("organisation__name", "name")
    )  # fmt: skip
    return found


@transaction.atomic
def let_in(person: User, *, by: User) -> bool:
    """Let somebody try again at once after too many wrong tries. Whether they had to wait."""
    if not factors.may_help(by, person):
        raise PermissionDenied
    had_to = delays.forgive(person)
    if had_to:
        events.record(events.Kind.LET_IN, person, by=by)
    return had_to


@transaction.atomic
def end_access(person: User, *, reason: str, by: User, at: datetime | None = None) -> User:
    """End it now, or at a time to come: then each request looks whether it has come. Nothing is deleted."""
    _manage(person, by)
    if not reason.strip():
        raise ValidationError({"reason": ["Say why, such as: left on Friday, or moved to another team"]})
    typed.refuse(reason=reason)
    locked: User = User.objects.select_for_update().get(pk=person.pk)
    now = timezone.now()
    locked.ends_at = at if at is not None and at > now else now
    locked.save(update_fields=["ends_at"])
    events.record(events.Kind.ENDED, locked, by=by, detail=reason)
    if not locked.is_working:
        cut(locked)
    return locked


@transaction.atomic
def give_back(person: User, *, reason: str, by: User) -> User:
    """Who comes back begins anew: with a joining link, a password and a second factor of today."""
    _manage(person, by)
    if not reason.strip():
        raise ValidationError({"reason": ["Say why, such as: back from leave"]})
    typed.refuse(reason=reason)
    locked: User = User.objects.select_for_update().get(pk=person.pk)
    locked.ends_at, locked.is_active = None, True
    locked.set_unusable_password()
    locked.save(update_fields=["ends_at", "is_active", "password"])
    cut(locked)
    events.record(events.Kind.REINSTATED, locked, by=by, detail=reason)
    return locked


def cut(person: User) -> Leaver:
    """Tokens, factors, recovery codes, sessions and borrowed roles of this person, all at once."""
    tokens = _deleted(AuthToken.objects.filter(user=person))
    gone = _deleted(SecondFactor.objects.filter(person=person))
    _deleted(person.recovery_codes.all())
    person.sessions_from = timezone.now()
    person.glass_role, person.glass_until = "", None
    person.save(update_fields=["sessions_from", "glass_role", "glass_until"])
    return Leaver(tokens, gone)


def joining_link(person: User, *, by: User) -> str:
    """The last part of an address that leads to a password of one's own; good once, for a day."""
    _manage(person, by)
    if not person.is_working or person.roles & set(MACHINES) or providers.of(person):
        raise ValidationError("A link is for somebody whose access has not ended and who has a password here")
    events.record(events.Kind.LINK_ISSUED, person, by=by)
    return f"{PREFIX}{f'{person.pk}.{default_token_generator.make_token(person)}'.encode().hex()}"


def joining(link: str) -> User | None:
    """Whose link this is, while it is good."""
    try:
        number, _, token = bytes.fromhex(link.removeprefix(PREFIX)).decode("ascii").partition(".")
        person: User | None = User.objects.working().filter(pk=int(number)).first()
    except (ValueError, OverflowError):
        return None
    if person is None or providers.of(person) or not default_token_generator.check_token(person, token):
        return None
    return person


def _deleted(rows: QuerySet[SecondFactor] | QuerySet[AuthToken]) -> int:
    found = list(rows)
    for row in found:
        row.delete()
    return len(found)


def _manage(person: User, by: User) -> None:
    """Of others alone: whoever manages people does not decide of themselves."""
    if person == by or not by.has_perm(Permission.MANAGE_PEOPLE):
        raise PermissionDenied
