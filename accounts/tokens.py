"""The tokens of integrations: issued once, listed by their first characters, revoked at once."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from knox.models import AuthToken

from accounts.models import Organisation, TokenUse, User
from accounts.models.user import MACHINES
from accounts.roles import Permission, Role, Side

MOST_DAYS = 400
DAYS = 90


@dataclass(frozen=True)
class Listed:
    """A token as it may be shown: never whole."""

    start: str
    created: datetime
    expiry: datetime | None
    last_used_at: datetime | None
    is_expired: bool


def integrations() -> list[User]:
    """Every machine that may call the desk, each with its `tokens`. Four queries."""
    found = User.objects.filter(groups__name__in=MACHINES).distinct().order_by("name")
    machines = list(found.select_related("organisation", "alert_feed").prefetch_related("groups"))
    rows = AuthToken.objects.filter(user__in=machines).order_by("created")
    used = dict(TokenUse.objects.values_list("token_key", "last_used_at"))
    now = timezone.now()
    for machine in machines:
        machine.tokens = [
            _listed(row, used.get(row.token_key), now) for row in rows if row.user_id == machine.pk
        ]
    return machines


def tokens_of(integration: User) -> list[Listed]:
    used = dict(TokenUse.objects.values_list("token_key", "last_used_at"))
    rows, now = AuthToken.objects.filter(user=integration).order_by("created"), timezone.now()
    return [_listed(row, used.get(row.token_key), now) for row in rows]


def _listed(row: AuthToken, last_used_at: datetime | None, now: datetime) -> Listed:
    is_expired = row.expiry is not None and row.expiry <= now
    return Listed(row.token_key, row.created, row.expiry, last_used_at, is_expired)


@transaction.atomic
def add_integration(*, name: str, role: str, by: User) -> User:
    """A machine of the vendor's, with one role and no password. Raises ValidationError, PermissionDenied."""
    _allow(by)
    if not name.strip():
        raise ValidationError({"name": ["Write what it is, such as Azure Monitor"]})
    if role not in MACHINES:
        raise ValidationError({"role": ["Choose what it may do"]})
    house = by.organisation if by.side == Side.VENDOR else _vendor()
    address = f"{slugify(name) or 'integration'}-{secrets.token_hex(3)}@integration.invalid"
    made: User = User.objects.create_user(
        address, None, roles=(Role(role),), name=name.strip()[:80], organisation=house
    )
    return made


@transaction.atomic
def issue(integration: User, *, days: int, by: User) -> tuple[AuthToken, str]:
    """A new token of an integration, and its text, which nobody can read again. People get none."""
    _allow(by)
    if not 1 <= days <= MOST_DAYS:
        raise ValidationError({"days": [f"Give 1 to {MOST_DAYS} days: every token expires"]})
    if not integration.is_working or not integration.roles or not integration.roles <= set(MACHINES):
        raise ValidationError({"days": [f"{integration} is not an integration: people sign in"]})
    issued: tuple[AuthToken, str] = AuthToken.objects.create(integration, expiry=timedelta(days=days))
    return issued


@transaction.atomic
def revoke(integration: User, start: str, *, by: User) -> bool:
    """End the token that starts so. Whether there was one: revoking twice is quiet."""
    _allow(by)
    found = AuthToken.objects.filter(user=integration, token_key=start)
    rows = list(found)
    for row in rows:
        row.delete()
    return bool(rows)


def _vendor() -> Organisation:
    house = Organisation.objects.filter(side=Side.VENDOR).order_by("pk").first()
    if house is None:
        raise ValidationError({"name": ["Make the vendor’s organisation first"]})
    return house


def _allow(by: User) -> None:
    if not by.has_perm(Permission.MANAGE_PEOPLE):
        raise PermissionDenied
