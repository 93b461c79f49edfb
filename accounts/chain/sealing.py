"""The seal of a row: a nonce and a keyed hash over all that the row says."""

import hmac
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet


@dataclass(frozen=True)
class Chain:
    """Rows of one model in one chain. `content(row)` is all that it says but its id and its seal.

    `sealed(row, seal)` is the column that bears the seal, with this one in it.
    """

    name: str
    model: type[Model]
    content: Callable[[Any], dict[str, Any]]
    seal_of: Callable[[Any], str] = lambda row: str(row.seal)
    sealed: Callable[[Any, str], dict[str, Any]] = lambda row, made: {"seal": made}

    def rows(self) -> QuerySet[Any]:
        # The base manager: a chain is proven over all rows there are, whoever may read them.
        return self.model._base_manager.all()


_chains: dict[str, Chain] = {}


def register(chain: Chain) -> None:
    _chains[chain.name] = chain


def chains() -> list[Chain]:
    return list(_chains.values())


def columns(row: Model, without: Iterable[str] = ()) -> dict[str, Any]:
    """Each column of the row by its name, as it is read back, but its id and those left out."""
    left_out = {"id", *without}
    fields = [field for field in row._meta.concrete_fields if field.attname not in left_out]
    return {field.attname: field.to_python(getattr(row, field.attname)) for field in fields}


def seal(chain: str, content: dict[str, Any]) -> str:
    """A new seal for this content: `nonce.hash`. No two are the same, so a copied row is known."""
    return _with_nonce(chain, secrets.token_hex(8), content)


def is_genuine(chain: str, given: str, content: dict[str, Any]) -> bool:
    """Whether this seal was made for this content, with our key."""
    nonce = given.partition(".")[0]
    return hmac.compare_digest(given.encode(), _with_nonce(chain, nonce, content).encode())


def keyed(*parts: object) -> str:
    """A hash that only who has the key can make. The parts cannot run into one another."""
    message = json.dumps([str(part) for part in parts]).encode()
    return hmac.new(_key(settings.AUDIT_KEY), message, sha256).hexdigest()


def _with_nonce(chain: str, nonce: str, content: dict[str, Any]) -> str:
    return f"{nonce}.{keyed('seal', chain, nonce, canonical(content))}"


@cache
def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"ooh.chain", sha256).digest()


def canonical(content: dict[str, Any]) -> str:
    """One text for one content, the same before it is stored and after it is read, on both databases."""
    return json.dumps(_plain(content), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, float) and value.is_integer():
        return int(value)  # jsonb keeps 1e5 as 100000
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)
