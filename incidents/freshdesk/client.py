"""Talking to Freshdesk: one connection for each delivery, and no POST is ever sent twice by itself.

Contract: Freshdesk API v2, Basic authentication with the key as user and X as password, JSON both ways. It
knows no idempotency key. What goes wrong becomes one of the outbox's answers (`incidents.outbox.registry`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

import httpx2
from django.conf import settings

from incidents.freshdesk import budget
from incidents.outbox.http import UNSENT, name_of, read_whole, retry_after, timeout_of, trusted
from incidents.outbox.registry import CannotDeliver, RetryLater, Unsure

LONGEST = 60.0  # seconds for all requests of one delivery: less than the outbox's lease
LARGEST = 5_000_000  # bytes of an answer
MOST_PAGES = 20
LONGEST_ASKED = 3600.0  # seconds that we wait when asked to, at most
_FIELD = re.compile(r"[A-Za-z0-9_.\[\]-]{1,60}")
_CODES = {
    "missing_field": "is missing", "invalid_value": "has a value that it does not take",
    "duplicate_value": "is there already", "datatype_mismatch": "has the wrong type",
    "invalid_field": "is not known there", "readonly_field": "cannot be written",
    "inconsistent_state": "does not fit the rest", "inaccessible_field": "is not open to our key",
    "incompatible_field": "does not fit the ticket", "invalid_json": "is not JSON",
}  # fmt: skip


class Refused(CannotDeliver):
    """Freshdesk will not take it as it is. `fields` names what it complained of, with its code."""

    def __init__(self, words: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(words)
        self.fields = dict(fields or {})


class NotThere(CannotDeliver):
    """404: the ticket is gone, or the address leads elsewhere."""


class Client:
    """One delivery's connection. `get` may be repeated by the outbox; after `post` it asks first."""

    def __init__(self, http: httpx2.Client, leaves: int = 0) -> None:
        self.http, self.leaves, self.ends_at = http, leaves, monotonic() + LONGEST

    def get(self, path: str, **params: str | int) -> Any:
        return self._read("GET", path, params=params)[0]

    def pages(self, path: str, *, most_pages: int = MOST_PAGES, **params: str | int) -> Iterator[Any]:
        """The rows of a list, page after page."""
        for number in range(1, most_pages + 1):
            rows, has_more = self.page(path, number, **params)
            yield from rows
            if not has_more:
                return
        raise RetryLater("Freshdesk lists more than we look through")

    def page(self, path: str, number: int, **params: str | int) -> tuple[list[Any], bool]:
        """One page of a list, and whether another follows: the last lacks `Link: <…>; rel="next"`."""
        rows, headers = self._read("GET", path, params={**params, "per_page": 100, "page": number})
        if not isinstance(rows, list):
            raise RetryLater("Freshdesk answered something else than a list")
        return rows, 'rel="next"' in headers.get("link", "")

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._write("POST", path, body)

    def put(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._write("PUT", path, body)

    def delete(self, path: str) -> None:
        """Gone, by us or by somebody before us (`NotThere`)."""
        try:
            response, content = self._send("DELETE", path)
        except UNSENT as error:
            raise RetryLater(f"Freshdesk does not answer ({name_of(error)})") from error
        except httpx2.HTTPError as error:
            raise Unsure(f"Sent, and no answer came ({name_of(error)})") from error
        _raise_for(response, content)
        if not response.is_success:
            raise Unsure(f"Sent, and Freshdesk answered {response.status_code}: it may be gone or not")

    def _read(self, method: str, path: str, **options: Any) -> tuple[Any, httpx2.Headers]:
        """Nothing happens there by reading: whatever goes wrong, the outbox may simply come back later."""
        try:
            response, content = self._send(method, path, **options)
        except httpx2.HTTPError as error:
            raise RetryLater(f"Freshdesk does not answer ({name_of(error)})") from error
        _raise_for(response, content)
        if response.status_code != 200:
            raise RetryLater(f"Freshdesk cannot answer now ({response.status_code})", retry_after(response))
        return _parsed(
            content, RetryLater("Freshdesk answered with a page instead of data")
        ), response.headers

    def _write(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response, content = self._send(method, path, json=body)
        except UNSENT as error:
            raise RetryLater(f"Freshdesk does not answer ({name_of(error)})") from error
        except httpx2.HTTPError as error:
            raise Unsure(f"Sent, and no answer came ({name_of(error)})") from error
        _raise_for(response, content)
        if response.status_code not in (200, 201):
            raise Unsure(f"Sent, and Freshdesk answered {response.status_code}: it may have it or not")
        answer = _parsed(content, Unsure("Sent, and Freshdesk answered with a page instead of data"))
        if not isinstance(answer, dict):
            raise Unsure("Sent, and Freshdesk answered something else than expected")
        return answer

    def _send(self, method: str, path: str, **options: Any) -> tuple[httpx2.Response, bytes]:
        """One request out of the account's budget; a trickle of an answer counts as none."""
        if monotonic() + settings.FRESHDESK_TIMEOUT > self.ends_at:
            raise RetryLater("Freshdesk is too slow now")
        permit = budget.take(*_kind_and_cost(method, path, options.get("params", {})), leaves=self.leaves)
        try:
            with self.http.stream(method, f"/api/v2{path}", **options) as response:
                content = read_whole(response, ends_at=self.ends_at, largest=LARGEST)
        except UNSENT:
            budget.give_back(permit)
            raise
        is_data = response.is_success and "json" in response.headers.get("content-type", "")
        budget.learn(permit, response.headers, is_data=is_data)
        return response, content


@contextmanager
def connect(*, leaves: int = 0) -> Iterator[Client]:
    """A connection of this delivery's own: one that the other side had closed would make a POST unsure.

    What can wait `leaves` so many percent of the account's limit to what cannot, besides the agents' share.
    """
    with httpx2.Client(
        base_url=settings.FRESHDESK_URL, auth=(settings.FRESHDESK_API_KEY, "X"),
        timeout=timeout_of(settings.FRESHDESK_TIMEOUT), headers={"Accept": "application/json"},
        follow_redirects=False, verify=trusted(),
    ) as http:  # fmt: skip
        yield Client(http, leaves)


def _raise_for(response: httpx2.Response, content: bytes) -> None:
    """What means the same for reading and writing. Nothing was done there in any of these cases."""
    status = response.status_code
    if status == 429:
        seconds = min(retry_after(response) or 60.0, LONGEST_ASKED)
        budget.stop(seconds)
        raise RetryLater("Freshdesk asked us to wait", seconds, for_all=True)
    if status in (401, 403):
        raise RetryLater(f"Freshdesk refuses our key ({status}). Check FRESHDESK_API_KEY and its agent")
    if 300 <= status < 400:
        raise RetryLater(f"FRESHDESK_URL leads elsewhere ({status}). Correct the address")
    if status == 404:
        raise NotThere("Freshdesk does not have it (404)")
    if status == 409:
        raise Unsure("Freshdesk says that something else changed it at the same moment (409)")
    if 400 <= status < 500:
        raise _refused(status, content)


def _refused(status: int, content: bytes) -> Refused:
    """Which fields, and what is wrong with each. Never its messages, which may repeat what was typed."""
    try:
        errors = json.loads(content).get("errors") or []
        fields = {
            str(error.get("field")): str(error.get("code")) for error in errors if isinstance(error, dict)
        }
    except (ValueError, AttributeError):
        fields = {}
    fields = {name: code for name, code in fields.items() if _FIELD.fullmatch(name)}
    told = "; ".join(f"{name} {_CODES.get(code, 'is wrong')}" for name, code in sorted(fields.items()))
    return Refused(f"Freshdesk refused it ({status}){': ' if told else ''}{told}", fields)


def _kind_and_cost(method: str, path: str, params: Mapping[str, str | int]) -> tuple[str, int]:
    """Which limit of the plan it falls under besides that of all, and what it costs: `include` costs more."""
    included = [name for name in str(params.get("include", "")).split(",") if name]
    if path == "/tickets":
        return ("create", 1) if method == "POST" else ("list", 1 + 2 * len(included))
    is_change = method == "PUT" and path.startswith("/tickets/")
    return "update" if is_change else "", 1 + len(included)


def _parsed(content: bytes, otherwise: Exception) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        raise otherwise from None
