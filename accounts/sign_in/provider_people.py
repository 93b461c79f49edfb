"""Which person here a provider's token means, by issuer and subject, and what the mapping lets them do."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from accounts.models import Organisation, ProviderIdentity, User
from accounts.models.user import MACHINES
from accounts.roles import SIDES, Role
from accounts.sign_in import events
from accounts.sign_in.providers import Provider
from accounts.sign_in.sealing import digest


@transaction.atomic
def person_for(provider: Provider, claims: Mapping[str, Any]) -> User | None:
    """The person, with the roles that the claims map to now; None for who left or belongs elsewhere.

    Somebody new joins with the first sign-in. The e-mail address of the claims is where they are written to,
    and never who they are: with an address that is taken they are somebody else.
    """
    subject = claims["sub"]
    house = Organisation.objects.get(name=provider.organisation)
    known = ProviderIdentity.objects.select_related("person__organisation")
    identity = known.filter(issuer=provider.issuer, subject=subject).first()
    person = identity.person if identity else _join(provider, subject, claims, house)
    if not person.is_working or person.organisation_id != house.pk or person.roles & set(MACHINES):
        return None
    _keep_roles(person, _allowed(provider.roles_of(claims), house))
    return person


def _allowed(roles: set[Role], house: Organisation) -> set[Role]:
    """Roles of the organisation's side, and of people."""
    return {role for role in roles if house.side in SIDES[role] and role not in MACHINES}


def _join(provider: Provider, subject: str, claims: Mapping[str, Any], house: Organisation) -> User:
    number = User.objects.filter(organisation=house).count() + 1
    made: User = User.objects.create_user(
        _address(provider, subject, claims), None, name=f"{house} {number}"[:80], organisation=house
    )
    ProviderIdentity.objects.create(person=made, issuer=provider.issuer, subject=subject)
    events.record(events.Kind.JOINED, made, detail=provider.name)
    return made


def _address(provider: Provider, subject: str, claims: Mapping[str, Any]) -> str:
    told = str(claims.get("email", "")).lower()[:254]
    try:
        validate_email(told)
    except ValidationError:
        told = ""
    if told and not User.objects.filter(email__iexact=told).exists():
        return told
    return f"{digest('subject', f'{provider.issuer} {subject}')[:24]}@provider.invalid"


def _keep_roles(person: User, roles: set[Role]) -> None:
    """As the provider says at this sign-in: movers move with it."""
    if person.roles == roles:
        return
    before = person.role_words
    person.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
    person.remember_roles(roles)
    events.record(events.Kind.ROLES_CHANGED, person, detail=f"{before} → {person.role_words}")
