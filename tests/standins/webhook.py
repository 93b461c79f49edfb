"""A webhook of somebody else's: answers the challenge, or does not, and keeps what it was sent."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from tests.standins.http import Answer, Request, Server


@dataclass
class Webhook(Server):
    """`status` is its answer to each update; `challenge_as` how it answers the question."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    challenge_as: str = "json"
    requests: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        body = json.loads(request.body)
        if body.get("type") == "challenge":
            return Answer(200, self._answer_to(body["challenge"]))
        return Answer(self.status, b"", self.headers)

    def _answer_to(self, challenge: str) -> bytes:
        return {
            "json": json.dumps({"challenge": challenge}).encode(), "text": f"{challenge}\n".encode(),
            "wrong": b'{"challenge": "guessed"}', "nothing": b"", "page": b"<!doctype html><p>Hello",
            "list": b'["a"]', "number": b'{"challenge": 7}',
        }[self.challenge_as]  # fmt: skip

    @property
    def address(self) -> str:
        return f"{self.url}/hook?key=1"

    @property
    def updates(self) -> list[dict[str, Any]]:
        """The bodies of what was no challenge, in their order."""
        bodies = [json.loads(request.body) for request in self.requests]
        return [body for body in bodies if body.get("type") != "challenge"]


def is_signed_by(request: Request, key: str) -> bool:
    """As a reader of Standard Webhooks checks it, written from that specification."""
    secret = base64.b64decode(key.removeprefix("whsec_"))
    signed = b".".join(
        (request.headers["webhook-id"].encode(), request.headers["webhook-timestamp"].encode(), request.body)
    )
    wanted = base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in request.headers["webhook-signature"].split(" ")
