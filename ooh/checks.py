"""System checks that refuse unsafe mixtures of settings before anything is served."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from incidents.coverage import NATIONS


@register()
def production_is_complete(**_: Any) -> list[CheckMessage]:
    """In production each of these must be said, since a default would be a guess about safety."""
    if not settings.PRODUCTION:
        return []
    wrong = {
        "ooh.E001": (settings.DEBUG, "DEBUG is on. Unset DEBUG: its pages show settings and data."),
        "ooh.E002": (len(settings.SECRET_KEY) < 50, "SECRET_KEY is missing or shorter than 50 characters."),
        "ooh.E003": (
            not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS,
            "ALLOWED_HOSTS is empty or has '*'. Name the hosts, with commas.",
        ),
        "ooh.E004": (not settings.DATABASE_URL, "DATABASE_URL is missing. Production needs PostgreSQL."),
        "ooh.E005": (
            bool(settings.DATABASE_URL)
            and not settings.DATABASES["default"]["ENGINE"].endswith("postgresql"),
            "DATABASE_URL is not PostgreSQL: postgres://user:password@host/name.",
        ),
        "ooh.E006": (
            not settings.REDIS_URL,
            "REDIS_URL is missing. Several machines cannot share a folder queue.",
        ),
    }
    return [Error(words, id=code) for code, (is_wrong, words) in wrong.items() if is_wrong]


@register()
def mode_is_known(**_: Any) -> list[CheckMessage]:
    """A slip in OOH_MODE must not serve production with the demo's safety."""
    if settings.MODE in ("embedded", "production"):
        return []
    return [Error(f"OOH_MODE is {settings.MODE!r}. Use embedded or production, or unset it.", id="ooh.E010")]


@register()
def desk_nation_is_known(**_: Any) -> list[CheckMessage]:
    """The desk follows one nation's bank holidays."""
    if settings.DESK_NATION in NATIONS:
        return []
    return [
        Error(
            f"DESK_NATION is {settings.DESK_NATION!r}. Use one of {', '.join(sorted(NATIONS))}.",
            id="ooh.E007",
        )
    ]


@register()
def freshdesk_is_whole(**_: Any) -> list[CheckMessage]:
    """Freshdesk is configured whole or not at all, and never over plain HTTP in production."""
    url, key = settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY
    if bool(url) != bool(key):
        return [Error("Set both FRESHDESK_URL and FRESHDESK_API_KEY, or neither.", id="ooh.E008")]
    if settings.PRODUCTION and url and not url.startswith("https://"):
        return [Error("FRESHDESK_URL must begin with https:// in production.", id="ooh.E009")]
    return []
