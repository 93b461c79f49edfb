"""The OpenID Connect providers of the organisations, as the settings name them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.validators import slug_re

from accounts.models import User
from accounts.models.user import MACHINES
from accounts.roles import Role

NEEDED = ("name", "organisation", "issuer", "client_id", "client_secret")
KNOWN = {*NEEDED, "roles_claim", "roles", "require"}


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


def faults_of(slug: str, given: Any) -> list[str]:
    """What is wrong with one provider of the settings, in words."""
    if not isinstance(given, dict) or not slug_re.match(slug):
        return ["use a short name of letters, digits and hyphens, and an object."]
    wrong = [
        f"{name} is missing." for name in NEEDED if not isinstance(given.get(name), str) or not given[name]
    ]
    wrong += [f"{name} is not known. Take it out." for name in sorted(set(given) - KNOWN)]
    if wrong:
        return wrong
    url = urlsplit(given["issuer"])
    if url.scheme != "https" and (settings.PRODUCTION or url.hostname != "127.0.0.1"):
        wrong.append("issuer must begin with https://.")
    for name in ("roles", "require"):
        if not _is_words(given.get(name, {})):
            wrong.append(f"{name} is no object of words.")
    roles = given.get("roles", {})
    if not wrong:
        known = set(Role.values) - {str(machine) for machine in MACHINES}
        wrong += [
            f"roles names {role!r}, which is no role of people."
            for role in roles.values()
            if role not in known
        ]
    return wrong


def _is_words(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(value, str) for value in given.values())
