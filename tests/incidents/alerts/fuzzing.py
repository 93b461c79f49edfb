"""Bodies for a webhook: good ones spoilt in some way, and rubbish; each bears a word of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.incidents.alerts import NAMES, payload, replaced

ODD_TEXTS = (
    "", " ", "\x00", "\ud800", "\u202e", "’😀", "x" * 3000, "9" * 400, "0001-01-01T00:00:00Z", "NaN", "-1",
    "9999-12-31T23:59:59-14:00", "NHS number 999 123 4560", "<script>", "{{ 7*7 }}", "';--", "1e400",
)  # fmt: skip
ODD_VALUES = (None, True, 0, -1, 10**30, 1e308, [], {}, [[]], {"": {}}, [None] * 300)
FRESHDESK = (
    {"freshdesk_webhook": {"ticket_id": 17}}, {"ticket_id": "#17"}, {"ticket": {"id": 17}},
    {"freshdesk_webhook": {"ticket_id": 17, "ticket_subject": "P1"}},
)  # fmt: skip


@dataclass(frozen=True)
class Body:
    """What is sent, and the word by which it is found again wherever any of it is kept."""

    content: bytes
    content_type: str
    canary: str
    kind: str


def body(chance: Random, number: int) -> Body:
    """The same chance makes the same body."""
    canary = f"canary{number:06d}z"
    kind, make = chance.choice(KINDS)
    content = make(chance, canary)
    content_type = "application/json"
    if chance.random() < 0.04:
        odd = (
            "",
            "text/plain",
            "application/xml",
            "application/json; charset=latin-9",
            "a/b/c",
            "multipart/x",
        )
        content_type = chance.choice(odd)
    return Body(content, content_type, canary, kind)


def _good(chance: Random) -> Any:
    return payload(chance.choice(NAMES)) if chance.random() < 0.85 else dict(chance.choice(FRESHDESK))


def _paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    found = [(*before, step) for step, _ in pairs]
    for step, inner in pairs:
        if isinstance(inner, dict | list):
            found += _paths(inner, (*before, step))
    return found


def _value(chance: Random, canary: str) -> Any:
    return chance.choice((
        chance.choice(ODD_VALUES), chance.choice(ODD_TEXTS), canary, f"{chance.choice(ODD_TEXTS)}{canary}",
        {canary: canary}, [canary, {"x": canary}], chance.randint(-(10**12), 10**12),
    ))  # fmt: skip


def _marked(value: Any, canary: str) -> Any:
    """With the word added where such payloads have room for words of the sender's own."""
    if isinstance(value, dict):
        value = {**value, "canary": canary}
    return value


def _as_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


def _spoilt(chance: Random, canary: str) -> bytes:
    """A good one with one to four parts replaced."""
    value = _good(chance)
    for _ in range(chance.randint(1, 4)):
        if paths := _paths(value):
            value = replaced(value, chance.choice(paths), _value(chance, canary))
    return _as_json(_marked(value, canary))


def _lacking(chance: Random, canary: str) -> bytes:
    """A good one with a part left out."""
    value = _good(chance)
    path = chance.choice(_paths(value))
    inside = value
    for step in path[:-1]:
        inside = inside[step]
    del inside[path[-1]]
    return _as_json(_marked(value, canary))


def _untouched(chance: Random, canary: str) -> bytes:
    return _as_json(_marked(_good(chance), canary))


def _broken(chance: Random, canary: str) -> bytes:
    """Bytes of a good one turned, cut off, doubled or put together with another."""
    content = bytearray(_as_json(_marked(_good(chance), canary)))
    for _ in range(chance.randint(1, 5)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    turn = chance.randrange(4)
    if turn == 0:
        return bytes(content[: chance.randrange(len(content))])
    if turn == 1:
        return bytes(content * 2)
    return bytes(content) + (_as_json(_good(chance)) if turn == 2 else b"")


def _nested(chance: Random, canary: str) -> bytes:
    depth = chance.choice((10, 500, 5000, 60_000))
    opening, closing = chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    return opening * depth + json.dumps(canary).encode() + closing * chance.choice((depth, depth - 1))


def _large(chance: Random, canary: str) -> bytes:
    size = chance.choice((60_000, 200_000, 262_144, 300_000))
    value = _good(chance)
    value[canary] = "y" * size
    return _as_json(value)


def _rubbish(chance: Random, canary: str) -> bytes:
    return chance.choice((
        b"", canary.encode(), b"null", b"[]", b"0", b'"\\ud800"', b'{"a": NaN}', b'{"a": 1e999}', b"\xff\xfe",
        b"\xef\xbb\xbf{}", chance.randbytes(chance.randint(1, 300)), b'{"a":1,"a":2}', b'{"version": "4"}',
        _as_json({canary: _value(chance, canary)}), _as_json([_value(chance, canary)]),
        b'{"ticket_id": ' + b"9" * chance.choice((5, 18, 19, 5000)) + b"}",
    ))  # fmt: skip


KINDS: tuple[tuple[str, Callable[[Random, str], bytes]], ...] = (
    ("spoilt", _spoilt), ("spoilt", _spoilt), ("spoilt", _spoilt), ("lacking", _lacking),
    ("untouched", _untouched), ("broken", _broken), ("broken", _broken), ("nested", _nested),
    ("large", _large), ("rubbish", _rubbish),
)  # fmt: skip
