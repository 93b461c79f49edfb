"""System checks that refuse unsafe mixtures of settings before anything is served."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from accounts.sign_in.providers import faults_of
from accounts.wall import policies
from incidents.coverage import NATIONS
from incidents.freshdesk import fields
from incidents.status.connectors.places import PLACES
from sops.actions.azure import credentials

SHORTEST_SECRET = 24  # characters


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


@register(Tags.database)
def database_role_is_held_to_the_wall(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Row-level security holds nobody who may bypass it. `migrate` asks too: production does not begin so."""
    kind = Error if settings.PRODUCTION else Warning
    return [
        kind(
            f"The database role {words}: it walks past the wall. Use one that owns the tables and no more.",
            id="ooh.E050" if settings.PRODUCTION else "ooh.W050",
        )
        for words in (policies.role_weaknesses() if databases else [])
    ]


@register(Tags.database, deploy=True)
def wall_stands_in_the_database(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """With `check --deploy --database default`: every policy is there, and no pooler mixes the sides up."""
    if not databases:
        return []
    found: list[CheckMessage] = [
        Error(f"{table} shows vendor rows to anybody: its policy is missing. Run migrate.", id="ooh.E051")
        for table in policies.open_tables()
    ]
    if policies.is_pooled():
        words = "A pooler stands before PostgreSQL. It must pool sessions: another would mix up two people."
        found.append(Warning(words, id="ooh.W052"))
    return found


@register()
def freshdesk_is_whole(**_: Any) -> list[CheckMessage]:
    """Freshdesk is configured whole or not at all, and never over plain HTTP in production."""
    url, key = settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY
    if bool(url) != bool(key):
        return [Error("Set both FRESHDESK_URL and FRESHDESK_API_KEY, or neither.", id="ooh.E008")]
    if settings.PRODUCTION and url and not url.startswith("https://"):
        return [Error("FRESHDESK_URL must begin with https:// in production.", id="ooh.E009")]
    return []


@register()
def freshdesk_settings_are_sound(**_: Any) -> list[CheckMessage]:
    """What is configured of Freshdesk's fields and limits has a meaning, before a ticket finds out."""
    wrong = list(fields.mistakes())
    limits, statuses = settings.FRESHDESK_PER_MINUTE, settings.FRESHDESK_STATUSES
    if not 0 <= settings.FRESHDESK_AGENTS_SHARE <= 90:
        wrong.append("FRESHDESK_AGENTS_SHARE is not a percentage from 0 to 90.")
    if set(limits) != {"all", "create", "update", "list"} or not _are_counts(limits.values()):
        wrong.append("FRESHDESK_PER_MINUTE is not numbers for all, create, update and list.")
    if set(statuses) != {"open", "handed_over", "resolved", "declined"} or not _are_counts(statuses.values()):
        wrong.append("FRESHDESK_STATUSES is not numbers for open, handed_over, resolved and declined.")
    if not all(isinstance(names, dict) for names in settings.FRESHDESK_CHOICES.values()):
        wrong.append("FRESHDESK_CHOICES is not an object of objects: field, then our value and theirs.")
    if not 0 < settings.FRESHDESK_TIMEOUT <= 30:  # a delivery's lease holds several answers
        wrong.append(f"FRESHDESK_TIMEOUT is {settings.FRESHDESK_TIMEOUT:g}. Use up to 30 seconds.")
    return [Error(words, id="ooh.E020") for words in wrong]


@register()
def freshdesk_is_heard(**_: Any) -> list[CheckMessage]:
    """What the desk reads back: a secret that cannot be guessed, a tag that nobody writes by chance."""
    secret, tag = settings.FRESHDESK_WEBHOOK_SECRET, settings.FRESHDESK_SHARED_TAG
    wrong = []
    if secret and (len(secret) < SHORTEST_SECRET or not (secret.isascii() and secret.isprintable())):
        wrong.append(f"FRESHDESK_WEBHOOK_SECRET needs {SHORTEST_SECRET} or more characters of plain ASCII.")
    if tag and (len(tag) < 3 or any(char.isspace() for char in tag)):
        wrong.append("FRESHDESK_SHARED_TAG is one word of three or more characters, such as #ooh, or empty.")
    if not 10 <= settings.FRESHDESK_POLL_SECONDS <= 3600:
        wrong.append(f"FRESHDESK_POLL_SECONDS is {settings.FRESHDESK_POLL_SECONDS}. Use 10 to 3600.")
    if not 0 <= settings.SYNC_SETTLES_AFTER <= 60:
        wrong.append(f"SYNC_SETTLES_AFTER is {settings.SYNC_SETTLES_AFTER:g}. Use 0 to 60 seconds.")
    if wrong:
        return [Error(words, id="ooh.E040") for words in wrong]
    if settings.FRESHDESK_URL and not secret:
        words = (
            "FRESHDESK_WEBHOOK_SECRET is not set: no webhook is taken, and only polling reads tickets back."
        )
        return [Warning(words, id="ooh.W040")]
    return []


def _are_counts(values: Iterable[Any]) -> bool:
    return all(type(value) is int and value > 0 for value in values)


@register()
def metrics_token_cannot_be_guessed(**_: Any) -> list[CheckMessage]:
    """Nothing slows down who tries tokens at /metrics, so a token is long."""
    if not settings.METRICS_TOKEN or len(settings.METRICS_TOKEN) >= 32:
        return []
    words = "METRICS_TOKEN is shorter than 32 characters. Make a longer one, or unset it."
    return [Error(words, id="ooh.E021")]


@register()
def azure_is_whole(**_: Any) -> list[CheckMessage]:
    """The sign-in to Azure is named, and has all that it needs and nothing of another kind."""
    kind = settings.AZURE_CREDENTIAL
    wanted: dict[str, tuple[str, ...]] = {
        "": (),
        "managed_identity": (),
        "workload_identity": ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
        "certificate": ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CERTIFICATE_PATH"),
    }
    if kind not in wanted:
        kinds = ", ".join(name for name in wanted if name)
        return [Error(f"AZURE_CREDENTIAL is {kind!r}. Use one of {kinds}, or unset it.", id="ooh.E011")]
    files = {"AZURE_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE"} - set(wanted[kind])
    wrong = [f"{name} is missing." for name in wanted[kind] if not getattr(settings, name)]
    wrong += [
        f"{name} does not belong to it: unset one." for name in sorted(files) if getattr(settings, name)
    ]
    if kind in ("workload_identity", "certificate") and not credentials.authority():
        wrong.append("AZURE_AUTHORITY_HOST is missing: this cloud's place to sign in is not known.")
    return [Error(f"AZURE_CREDENTIAL is {kind!r}, and {words}", id="ooh.E012") for words in wrong]


@register()
def azure_address_is_safe(**_: Any) -> list[CheckMessage]:
    """The desk's token goes to one host, encrypted; in the clear only to this machine, not in production."""
    if not _is_address(settings.AZURE_MANAGEMENT_URL):
        words = "AZURE_MANAGEMENT_URL is not an address and no more, like https://management.azure.com."
        return [Error(words, id="ooh.E013")]
    url, seconds = urlsplit(settings.AZURE_MANAGEMENT_URL), settings.AZURE_TIMEOUT
    is_here = not settings.PRODUCTION and url.hostname in ("127.0.0.1", "::1", "localhost")
    wrong: list[CheckMessage] = []
    if url.scheme != "https" and not is_here:
        wrong.append(Error("AZURE_MANAGEMENT_URL must begin with https://.", id="ooh.E014"))
    if not 1 <= seconds <= 30:
        wrong.append(Error(f"AZURE_TIMEOUT is {seconds:g}. Use 1 to 30 seconds.", id="ooh.E015"))
    return wrong


@register()
def hosted_pages_are_whole(**_: Any) -> list[CheckMessage]:
    """Each hosted status page is set up whole or not at all, and never over plain HTTP in production."""
    found: list[CheckMessage] = []
    for place in PLACES:
        name, given = place.setting, getattr(settings, f"{place.setting}_SETTINGS")
        if not isinstance(given, dict) or not isinstance(given.get("components", {}), dict):
            found.append(Error(f'{name}_SETTINGS is no JSON object: {{"components": {{…}}}}.', id="ooh.E030"))
            continue
        missing = [f"“{each}” in {name}_SETTINGS" for each in place.needs if not given.get(each)]
        missing += [] if place.key else [f"{name}_KEY"]
        if missing and (given or place.key):
            found.append(Error(f"{place.name.label} lacks {', '.join(missing)}.", id="ooh.E031"))
        url = str(given.get("url", place.url))
        if settings.PRODUCTION and place.is_configured() and not url.startswith("https://"):
            found.append(Error(f"The url in {name}_SETTINGS must begin with https://.", id="ooh.E032"))
    return found


@register()
def no_private_webhooks(**_: Any) -> list[CheckMessage]:
    """Hosts that may be private are for tests on one machine."""
    if settings.PRODUCTION and settings.STATUS_WEBHOOK_TEST_HOSTS:
        return [Error("STATUS_WEBHOOK_TEST_HOSTS is for tests. Unset it.", id="ooh.E033")]
    return []


def _is_address(text: str) -> bool:
    """A scheme and a host, perhaps a port: nothing that a path or a password could hide in."""
    try:
        url = urlsplit(text)
        is_more = text != f"{url.scheme}://{url.netloc}" or "@" in url.netloc or url.port == 0
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(url.hostname) and not is_more


@register()
def sign_in_is_safe(**_: Any) -> list[CheckMessage]:
    """A second factor for everybody in production, sessions that lock, and limits that are limits."""
    wrong = []
    if settings.SECOND_FACTOR not in ("required", "offered"):
        wrong.append(f"SECOND_FACTOR is {settings.SECOND_FACTOR!r}. Use required, or offered for a demo.")
    elif settings.PRODUCTION and settings.SECOND_FACTOR != "required":
        wrong.append("SECOND_FACTOR is not required. In production everybody has one: unset it.")
    if not 5 <= settings.IDLE_LOCK_MINUTES <= 60:
        wrong.append(f"IDLE_LOCK_MINUTES is {settings.IDLE_LOCK_MINUTES}. Use 5 to 60.")
    if not 1 <= settings.BREAK_GLASS_HOURS <= 12:
        wrong.append(f"BREAK_GLASS_HOURS is {settings.BREAK_GLASS_HOURS}. Use 1 to 12.")
    if settings.PRODUCTION and not settings.PUBLIC_URL.startswith("https://"):
        wrong.append("PUBLIC_URL must begin with https:// in production: joining links and providers use it.")
    return [Error(words, id="ooh.E050") for words in wrong]


@register()
def providers_are_whole(**_: Any) -> list[CheckMessage]:
    """Each provider says all that it needs, over TLS in production, and maps to roles that there are."""
    given = settings.OIDC_PROVIDERS
    if not isinstance(given, dict):
        return [Error('OIDC_PROVIDERS is no JSON object: {"partner": {…}}.', id="ooh.E051")]
    wrong = [
        f"OIDC_PROVIDERS, {name}: {words}" for name, one in given.items() for words in faults_of(name, one)
    ]
    houses = [one.get("organisation") for one in given.values() if isinstance(one, dict)]
    if len(houses) != len(set(map(str, houses))):
        wrong.append("OIDC_PROVIDERS names two providers of one organisation. Keep one.")
    return [Error(words, id="ooh.E051") for words in wrong]
