"""Talking to a hosted page: one connection for each delivery, and no write is ever sent twice by itself."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx2

from incidents.outbox import throttle
from incidents.outbox.http import UNSENT, name_of, read_whole, retry_after, timeout_of, trusted
from incidents.outbox.registry import CannotDeliver, RetryLater, Unsure

TIMEOUT = 10.0  # seconds for one answer
LONGEST = 60.0  # seconds for all requests of one delivery: less than the outbox's lease
LARGEST = 5_000_000  # bytes of an answer
LONGEST_ASKED = 3600.0  # seconds that we wait when asked to, at most
TOO_MANY = (420, 429)


class NotThere(CannotDeliver):
    """404: it is gone over there, or the address leads elsewhere."""


@dataclass(frozen=True)
class Way:
    """How to get to a place, and how the words name it. `headers` hold the key: never shown, never logged."""

    name: str
    label: str
    url: str
    setting: str
    seconds_between: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    auth: tuple[str, str] | None = field(default=None, repr=False)


class Client:
    """One delivery's connection. Reading may be repeated by the outbox; after a write it asks first."""

    def __init__(self, http: httpx2.Client, way: Way) -> None:
        self.http, self.way, self.ends_at = http, way, monotonic() + LONGEST

    def get(self, path: str, **params: str | int) -> Any:
        """Nothing happens there by reading: whatever goes wrong, the outbox may simply come back later."""
        label = self.way.label
        try:
            response, content = self._send("GET", path, params=params)
        except httpx2.HTTPError as error:
            raise RetryLater(f"{label} does not answer ({name_of(error)})") from error
        self._raise_for(response)
        if response.status_code != 200:
            raise RetryLater(f"{label} cannot answer now ({response.status_code})", retry_after(response))
        try:
            return json.loads(content)
        except ValueError:
            raise RetryLater(f"{label} answered with a page instead of data") from None

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._write("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._write("PUT", path, body)

    def patch(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._write("PATCH", path, body)

    def _write(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        label = self.way.label
        try:
            response, content = self._send(method, path, json=body)
        except UNSENT as error:
            raise RetryLater(f"{label} does not answer ({name_of(error)})") from error
        except httpx2.HTTPError as error:
            raise Unsure(f"Sent, and no answer came ({name_of(error)})") from error
        self._raise_for(response)
        if response.status_code not in (200, 201):
            raise Unsure(f"Sent, and {label} answered {response.status_code}: it may have it or not")
        try:
            answer = json.loads(content)
        except ValueError:
            raise Unsure(f"Sent, and {label} answered with a page instead of data") from None
        if not isinstance(answer, dict):
            raise Unsure(f"Sent, and {label} answered something else than expected")
        return answer

    def _send(self, method: str, path: str, **options: Any) -> tuple[httpx2.Response, bytes]:
        """One request, in its turn; a trickle of an answer counts as none."""
        throttle.take_turn(self.way.name, self.way.seconds_between)
        if monotonic() + TIMEOUT > self.ends_at:
            raise RetryLater(f"{self.way.label} is too slow now")
        with self.http.stream(method, f"{self.way.url}{path}", **options) as response:
            return response, read_whole(response, ends_at=self.ends_at, largest=LARGEST)

    def _raise_for(self, response: httpx2.Response) -> None:
        """What means the same for reading and writing: nothing was done there in any of these cases."""
        status, way = response.status_code, self.way
        if status in TOO_MANY:
            seconds = min(retry_after(response) or 60.0, LONGEST_ASKED)
            throttle.hold(way.name, seconds)
            raise RetryLater(f"{way.label} asked us to wait", seconds, for_all=True)
        if status in (401, 403):
            raise RetryLater(f"{way.label} refuses our key ({status}). Check {way.setting}_KEY")
        if 300 <= status < 400:
            raise RetryLater(
                f"{way.label}’s address leads elsewhere ({status}). Correct {way.setting}_SETTINGS"
            )
        if status == 404:
            raise NotThere(f"{way.label} does not have it (404). Check {way.setting}_SETTINGS, then retry")
        if status == 409:
            raise Unsure(f"{way.label} says that something else changed it at the same moment (409)")
        if 400 <= status < 500:
            # Never its words, which may repeat what was typed.
            raise CannotDeliver(
                f"{way.label} refused it ({status}). Check {way.setting}_SETTINGS, then retry"
            )


@contextmanager
def connect(way: Way) -> Iterator[Client]:
    """A connection of this delivery's own: one that the other side had closed would make a write unsure."""
    headers = {"Accept": "application/json", **way.headers}
    with httpx2.Client(
        auth=way.auth, timeout=timeout_of(TIMEOUT), headers=headers, follow_redirects=False, verify=trusted()
    ) as http:
        yield Client(http, way)
