"""The OpenID Connect providers of the organisations, as the settings name them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import User
from accounts.roles import Role


@dataclass(frozen=True)
class Provider:
    """Where the people of one organisation sign in, and which value of which claim is which role here."""

    slug: str
    name: str
    organisation: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    roles_claim: str = "roles"
    roles: Mapping[str, str] = field(default_factory=dict)
    # What the token must say of how the person proved themselves, such as {"amr": "mfa"}.
    require: Mapping[str, str] = field(default_factory=dict)

    def roles_of(self, claims: Mapping[str, Any]) -> set[Role]:
        """By the mapping alone: a value that is not in it grants nothing, nor does a missing claim."""
        told = claims.get(self.roles_claim)
        values = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        return {Role(self.roles[value]) for value in values if isinstance(value, str) and value in self.roles}

    def proved(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token says all that `require` asks for."""
        return all(_says(claims.get(name), value) for name, value in self.require.items())


def _says(told: Any, value: str) -> bool:
    return value in told if isinstance(told, list) else told == value


def configured() -> list[Provider]:
    return [Provider(slug=slug, **given) for slug, given in settings.OIDC_PROVIDERS.items()]


def by_slug(slug: str) -> Provider | None:
    return next((provider for provider in configured() if provider.slug == slug), None)


def of(person: User) -> Provider | None:
    """The provider that signs this person in. There is no way round it: their password opens nothing."""
    if not settings.OIDC_PROVIDERS or person.organisation is None:
        return None
    return next((each for each in configured() if each.organisation == person.organisation.name), None)
