"""What all clients of other people's servers share: whom to trust, how long to wait, what counts as sent."""

import re
import ssl
from email.utils import parsedate_to_datetime
from functools import cache
from time import monotonic

import httpx2
from django.utils import timezone

# Nothing was sent, for there was no connection.
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


@cache
def trusted() -> ssl.SSLContext:
    """Whom we trust, read once for each process: it takes longer than a delivery."""
    return httpx2.create_ssl_context()


def timeout_of(seconds: float) -> httpx2.Timeout:
    """For one answer; a connection has five of them at most."""
    return httpx2.Timeout(seconds, connect=min(5.0, seconds))


def read_whole(response: httpx2.Response, *, ends_at: float, largest: int) -> bytes:
    """The body of an answer, by `ends_at` of the monotonic clock. A trickle or a flood counts as none."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if monotonic() > ends_at or len(content) > largest:
            raise httpx2.ReadTimeout("too slow or too large", request=response.request)
    return bytes(content)


def retry_after(response: httpx2.Response) -> float | None:
    """Seconds, from a number or a date; what is neither is ignored."""
    seconds = seconds_of(response.headers.get("retry-after", ""))
    return seconds if seconds is not None and 0 < seconds < float("inf") else None


def seconds_of(value: str) -> float | None:
    """What a `Retry-After` says, as it says it: a number of any size, or a date, also one that has passed."""
    try:
        return float(value)
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (at - timezone.now()).total_seconds() if at.tzinfo else None


def name_of(error: Exception) -> str:
    """`read timeout`: the kind of error, never its text."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
