"""What the stand-ins of hosted status pages share: a key, strict JSON, and when each request came."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

from tests.standins.http import Answer, Request, Server

KEY = "test-key-of-nobody"
Handler = Callable[..., Any]


class Wrong(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, **headers: str) -> None:
        self.status, self.headers = status, headers


@dataclass
class Hosted(Server):
    """`told` is what it shows, by our title without its mark: their status and the words, in order.

    `asked_at` is when each request came. While `too_many` is set, it is answered with that instead.
    """

    key: str = KEY
    too_many: int = 0
    retry_after: str = "30"
    asked_at: list[float] = field(default_factory=list)
    components: dict[str, Any] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, request: Request) -> Answer:
        self.asked_at.append(monotonic())
        try:
            if self.too_many:
                raise Wrong(self.too_many, **{"Retry-After": self.retry_after})
            if not self.is_known(request):
                raise Wrong(401)
            status, content = self._route(request)
        except Wrong as wrong:
            return Answer(wrong.status, b'{"error": "as you typed it"}', wrong.headers)
        return Answer(status, json.dumps(content).encode())

    def is_known(self, request: Request) -> bool:
        raise NotImplementedError

    def routes(self) -> dict[str, Handler]:
        """`POST /incidents/(\\w+)`: what answers it, with the request, its body or query, and the groups."""
        raise NotImplementedError

    def told(self) -> dict[str, list[tuple[Any, str]]]:
        raise NotImplementedError

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]

    @property
    def shortest_gap(self) -> float:
        return min(
            (later - earlier for earlier, later in zip(self.asked_at, self.asked_at[1:], strict=False)),
            default=9.9,
        )

    def _route(self, request: Request) -> tuple[int, Any]:
        given: dict[str, Any] = dict(parse_qsl(request.query))
        if request.method != "GET":
            if not request.headers.get("Content-Type", "").startswith("application/json"):
                raise Wrong(415)
            given = json.loads(request.body)
        for pattern, handler in self.routes().items():
            if match := re.fullmatch(pattern, f"{request.method} {request.path}"):
                return (201 if request.method == "POST" else 200), handler(given, *match.groups())
        raise Wrong(404)

    def new_id(self) -> str:
        return str(7001 + len(self.things))

    def thing(self, its: str) -> dict[str, Any]:
        if its not in self.things:
            raise Wrong(404)
        return self.things[its]


def want(given: dict[str, Any], needed: set[str], may: set[str] | None = None) -> None:
    """Refuse a body that lacks something, or has what is not known."""
    allowed = needed | (may or set())
    if not needed <= set(given) <= allowed:
        raise Wrong(422)


def unmarked(title: str) -> str:
    """Our title, without the mark in brackets at its end."""
    return re.sub(r" \([a-z0-9]{8}\)$", "", title)
