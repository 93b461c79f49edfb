"""How an answer of Azure is read: what may be missing, what must not, and what of it people are shown.

Unknown fields are ignored; a missing one that matters is a Failed that names it. Of texts only names are
shown, cleaned: an answer may hold anything, and what a reader returns is kept.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from incidents.local_time import format_day_time, format_time, local
from sops.actions.azure.client import call
from sops.actions.azure.operations import Operation
from sops.actions.azure.resource_ids import ResourceId
from sops.actions.outcomes import Failed

Json = Mapping[str, Any]
MOST_PAGES = 5
MOST_WORDS = 300  # characters, as a step's summary
_UNCLEAN = re.compile(r"[^A-Za-z0-9 ._()/-]+")
_LONGEST_NAME = 60
_LARGEST = 10**18
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # Azure writes the year 1 for never


# ---------- Fields ----------


def properties_of(body: Json) -> Json:
    """What Azure knows of a resource. Raises Failed without it."""
    found = body.get("properties")
    if not isinstance(found, Mapping):
        raise missing("any properties")
    return found


def missing(what: str) -> Failed:
    return Failed(f"Azure answered without {what}")


def text_of(fields: Json, name: str) -> str:
    """A text; empty when it is missing or something else."""
    found = fields.get(name)
    return found if isinstance(found, str) else ""


def word_of(fields: Json, name: str) -> str:
    """One of Azure's fixed words, in small letters: it writes them in any case."""
    return text_of(fields, name).strip().lower()


def number_of(fields: Json, name: str) -> float | None:
    """A finite number, and nothing else that JSON lets pass for one."""
    found = fields.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return found if abs(found) <= _LARGEST else None


def count_of(fields: Json, name: str) -> int | None:
    found = number_of(fields, name)
    return int(found) if found is not None and found >= 0 else None


def time_of(fields: Json, name: str) -> datetime | None:
    """An instant; None when it is missing, no time, or Azure's way of writing never."""
    try:
        at = datetime.fromisoformat(text_of(fields, name).strip())
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return at if at > _EPOCH else None


def list_of(fields: Json, name: str) -> list[Json]:
    """The objects of a list; none of what is something else."""
    found = fields.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, Sequence) else []


def object_of(fields: Json, name: str) -> Json:
    found = fields.get(name)
    return found if isinstance(found, Mapping) else {}


# ---------- Words ----------


def clean(name: str) -> str:
    """A name as it may be shown: letters, digits and what joins them, not too many. Empty: it has none."""
    return _UNCLEAN.sub("", name).strip()[:_LONGEST_NAME]


def last_part(name: str) -> str:
    """The host of `pool/host`, cleaned."""
    return clean(name.rstrip("/").rpartition("/")[2])


def when(at: datetime, now: datetime) -> str:
    """`01:52 GMT` today, `Sat 21 Nov 23:10 GMT` on another day, with the year when it is another one."""
    then, today = local(at), local(now)
    if then.date() == today.date():
        return format_time(at)
    return format_day_time(at) + (f" {then.year}" if then.year != today.year else "")


def counted(number: int, one: str, more: str = "") -> str:
    """`1 session`, `3 sessions`."""
    return f"{number} {one}" if number == 1 else f"{number} {more or one + 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """`a, b, c, d and 3 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def short(words: str) -> str:
    """As long as a step's summary may be."""
    return words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1] + "…"


# ---------- Lists in pages ----------


def read_list(
    operation: Operation, resource: ResourceId, query: Mapping[str, str] | None = None
) -> tuple[list[Json], bool]:
    """All the objects of a list, and whether these are all. Of the next address only the token is used."""
    found: list[Json] = []
    token = ""
    for _ in range(MOST_PAGES):
        more = {"$skiptoken": token} if token else {}
        body = call(operation, resource, query={**(query or {}), **more}).body
        if not isinstance(body.get("value"), list):
            raise missing("a list")
        found += list_of(body, "value")
        if not text_of(body, "nextLink"):
            return found, True
        before, token = token, next_token(text_of(body, "nextLink"))
        if token in ("", before):
            return found, False
    return found, False


def next_token(link: str) -> str:
    """The `$skiptoken` of an address, in any letter case; empty when it goes on in another way."""
    try:
        given = parse_qsl(urlsplit(link).query)
    except ValueError:
        return ""
    return next((value for name, value in given if name.lower() == "$skiptoken"), "")


def not_all(is_whole: bool) -> str:
    """What is added where a list was too long to read to its end: what was not read is not called good."""
    return "" if is_whole else ". There are more than could be read"
