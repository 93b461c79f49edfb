"""One request to Azure Resource Manager, and the rule of when it may be sent again.

A request that changes something is sent once. Sent means that its first byte may have left: until then
nothing happened, after it nobody knows unless Azure itself says. A read is asked a few times within its time.
"""

import socket
import ssl
import time
from dataclasses import dataclass, field
from functools import cache
from time import monotonic
from typing import Any

import httpx2
from django.conf import settings

from sops.actions.azure import credentials
from sops.actions.azure.answers import Raw, declined
from sops.actions.deadline import seconds_left
from sops.actions.outcomes import Failed, Refused, Throttled, Unsure

LARGEST = 5_000_000  # bytes of an answer
PAUSES = (0.5, 2.0)  # seconds between the tries of a read
LONGEST_PAUSE = 10.0  # seconds that a read waits when Azure asks it to
OTHERWISE, MOST = 30.0, 86_400.0  # seconds to wait after 429: where it does not say, and at the most


class Away(Failed):
    """A read that got no answer from Azure itself. It may be asked again later."""


@dataclass(frozen=True)
class Request:
    method: str
    url: str = field(repr=False)
    body: dict[str, Any] | None = field(default=None, repr=False)


def is_ours(url: str) -> bool:
    """Whether the token may be sent there: the configured scheme, host and port, read as they are sent."""
    try:
        there, ours = httpx2.URL(url), httpx2.URL(settings.AZURE_MANAGEMENT_URL)
    except (httpx2.InvalidURL, ValueError, TypeError):
        return False
    return not there.userinfo and _origin(there) == _origin(ours)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host.lower(), url.port or {"https": 443, "http": 80}.get(url.scheme)


# ---------- What changes something ----------


def change(request: Request, rbac: tuple[str, ...]) -> Raw:
    """Send it once, and return Azure's own success. Only what Azure itself says did not happen, did not.

    Refused: too late, no sign-in. Failed: it did not leave, or Azure said no. Throttled: 429. Unsure: else.
    """
    token = credentials.token()
    if seconds_left() < settings.AZURE_TIMEOUT:
        raise Refused("Signing in to Azure took too long: nothing was sent")
    raw = _send_change(request, token)
    if raw.is_success:
        return raw
    if raw.status == 429:
        raise Throttled(f"Azure asked us to wait ({raw.says()})", raw.retry_after(OTHERWISE, MOST))
    if raw.status == 401 or (400 <= raw.status < 500 and raw.status != 408 and raw.is_error):
        raise declined(raw, rbac)
    raise Unsure(f"Sent to Azure, and what came back does not say whether it happened ({raw.says()})")


def _send_change(request: Request, token: str) -> Raw:
    try:
        return _send_signed(request, token)
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
        failure: Exception = Failed(f"Azure cannot be reached, and nothing was sent: {_why(error)}")
    except httpx2.HTTPError as error:
        failure = Unsure(f"Sent to Azure, and no answer came: {_why(error)}")
    raise failure  # out here, so that it carries nothing of the other error


# ---------- What only reads ----------


def read(request: Request) -> Raw:
    """Ask, and again a few times while Azure is busy or away. Raises what `ask` does when it goes on so."""
    for pause in PAUSES:
        try:
            return ask(request)
        except Throttled as busy:
            if not _has_time_to_wait(busy.seconds):
                raise
            time.sleep(busy.seconds)
        except Away:
            if not _has_time_to_wait(pause):
                raise
            time.sleep(pause)
    return ask(request)


def _has_time_to_wait(seconds: float) -> bool:
    return seconds <= LONGEST_PAUSE and seconds + 1 < seconds_left()


def ask(request: Request) -> Raw:
    """Ask once. Returns what Azure itself said, a refusal too.

    Raises Throttled when it is busy, Away when it is not there, and Refused without a sign-in.
    """
    token = credentials.token()
    if seconds_left() <= 0:
        raise Away("Azure did not answer in the time that the step has")
    try:
        raw = _send_signed(request, token)
    except httpx2.HTTPError as error:
        words = f"Azure does not answer: {_why(error)}"
    else:
        if raw.status == 429:
            raise Throttled(f"Azure asked us to wait ({raw.says()})", raw.retry_after(OTHERWISE, MOST))
        if raw.is_success or (300 <= raw.status < 500 and raw.status != 408):
            return raw
        words = f"Azure cannot answer now ({raw.says()})"
        if raw.status < 300:
            words = "Azure answered with something else than its data"
    raise Away(words)


# ---------- Over the wire ----------


def _send_signed(request: Request, token: str) -> Raw:
    """Send with the token in hand, and once more with a fresh one when it was not accepted.

    That holds for a change too: 401 is an answer that the request was not applied (RFC 9110, 15.5.2).
    """
    raw = _send(request, token)
    if raw.status != 401:
        return raw
    credentials.forget()
    fresh = credentials.token()
    return _send(request, fresh) if seconds_left() >= settings.AZURE_TIMEOUT else raw


def _send(request: Request, token: str) -> Raw:
    """One request on a connection of its own: one that the other side had closed leaves a change unsure."""
    patience = min(settings.AZURE_TIMEOUT, max(seconds_left(), 0.1))
    ends_at, content = monotonic() + patience, bytearray()
    timeout = httpx2.Timeout(patience, connect=min(5.0, patience))
    headers = {
        "Authorization": f"Bearer {token}", "Accept": "application/json", "Accept-Encoding": "identity",
        "User-Agent": "ooh-desk",
    }  # fmt: skip
    with (
        httpx2.Client(timeout=timeout, trust_env=False, follow_redirects=False, verify=_trusted()) as http,
        http.stream(request.method, request.url, json=request.body, headers=headers) as response,
    ):
        for chunk in response.iter_bytes():
            content += chunk
            if monotonic() > ends_at or len(content) > LARGEST:
                raise httpx2.ReadTimeout("too slow or too large", request=response.request)
    return Raw(response.status_code, response.headers, bytes(content))


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we trust, read once for each process: it takes longer than a request."""
    return httpx2.create_ssl_context(trust_env=False)


def _why(error: BaseException) -> str:
    """What went wrong, in our own words: the text of an error may hold anything."""
    chain: BaseException | None = error
    while chain is not None:
        match chain:
            case httpx2.TimeoutException():
                return "no answer in time"
            case ssl.SSLCertVerificationError():
                return "its certificate is not valid"
            case socket.gaierror():
                return "its name is not found"
            case ConnectionRefusedError():
                return "the connection is refused"
        chain = chain.__cause__ or chain.__context__
    return "no connection" if isinstance(error, httpx2.ConnectError) else "the connection broke off"
