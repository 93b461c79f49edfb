"""Reads of real addresses: HTTP, TCP, the end of a certificate, DNS. Only of what is registered.

Nothing of what an address answers is kept but its status: a body may hold product data and is not read.
"""

import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2 as httpx
from django.utils import timezone

from accounts.models import Component
from sops.actions import parameters as typed
from sops.actions.catalogue import ActionSpec
from sops.actions.outcomes import Finding, Refused

REDIRECTS = 3
BETWEEN_TRIES = 0.2
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """What is registered: a web address, or host:port."""

    scheme: str
    host: str
    port: int
    url: str


def perform(spec: ActionSpec, component: Component, parameters: typed.Parameters) -> Finding:
    """Read the component's registered address. A read may be repeated without harm."""
    if spec.name not in PROBES:
        raise Refused(f"{spec.words}: not something that a probe does")
    return PROBES[spec.name](read_address(component.address), parameters)


def read_address(text: str) -> Address:
    """The registered address in parts. Raises Refused with what to correct in the register."""
    if not text.strip():
        raise Refused("No address is registered for the target")
    full = text.strip() if "://" in text else f"tcp://{text.strip()}"
    try:
        parts = urlsplit(full)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        parts, port = urlsplit(""), None
    if not parts.hostname or port is None or parts.scheme not in ("tcp", *DEFAULT_PORTS) or parts.username:
        raise Refused(
            "The registered address is neither a web address nor host:port. Correct it in the register"
        )
    return Address(parts.scheme, parts.hostname, port, full)


# ---------- HTTP ----------


def _http(address: Address, parameters: typed.Probe) -> Finding:
    answers = []
    for number in range(parameters.tries):
        time.sleep(BETWEEN_TRIES if number else 0)
        answers.append(_get(address, parameters.timeout_seconds))
    words, bad = _told(answers)
    return Finding(words, is_bad=bad > 0, data={"answers": [answer for answer, _ in answers]})


def _wait(address: Address, parameters: typed.Wait) -> Finding:
    answer, is_bad = _get(address, parameters.timeout_seconds)
    if is_bad:
        return Finding(f"Not yet: {_lower(answer)}", is_bad=True, is_not_yet=True)
    return Finding(f"Answers: {answer}")


def _get(address: Address, seconds: int) -> tuple[str, bool]:
    """One GET: `("503", True)`. Redirects are followed on the same host; to another is an answer."""
    if address.scheme == "tcp":
        raise Refused("The registered address is not a web address. Correct it there")
    deadline = time.monotonic() + seconds
    url = address.url
    try:
        with httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as client:
            for _ in range(REDIRECTS + 1):
                status, location = _read_status(client, url, max(deadline - time.monotonic(), 0.1))
                if not location:
                    return str(status), status >= 400
                url = urljoin(url, location)
                if _origin(url) != _origin(address.url):
                    return f"{status} to another host, not followed", False
            return "Redirects in a circle", True
    except httpx.TimeoutException:
        return f"No answer in {seconds} s", True
    except (httpx.TransportError, httpx.InvalidURL, ssl.SSLError, ValueError) as error:
        return _trouble(error), True


def _read_status(client: httpx.Client, url: str, seconds: float) -> tuple[int, str]:
    with client.stream("GET", url, timeout=seconds, headers={"User-Agent": "ooh-desk probe"}) as answer:
        location = answer.headers.get("location", "") if answer.is_redirect else ""
        return answer.status_code, location


def _origin(url: str) -> tuple[str, int | None]:
    """Host and port. The step from http to https on the same host is the same place."""
    parts = urlsplit(url)
    default = DEFAULT_PORTS.get(parts.scheme)
    return (parts.hostname or "").lower(), None if parts.port in (None, default) else parts.port


def _trouble(error: BaseException) -> str:
    """What went wrong, in our own words: the text of an error may hold anything."""
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, ssl.SSLError):
            return "Certificate not valid"
        if isinstance(chain, socket.gaierror):
            return "Name not found"
        if isinstance(chain, ConnectionRefusedError):
            return "Connection refused"
        if isinstance(chain, ConnectionResetError):
            return "Connection reset"
        chain = chain.__cause__ or chain.__context__
    if isinstance(error, httpx.ConnectError):
        return "No connection"
    return "Connection broken off"


# ---------- TCP, TLS, DNS ----------


def _tcp(address: Address, parameters: typed.Probe) -> Finding:
    answers = []
    for number in range(parameters.tries):
        time.sleep(BETWEEN_TRIES if number else 0)
        answers.append(_connect(address, parameters.timeout_seconds))
    words, bad = _told(answers)
    return Finding(words, is_bad=bad > 0)


def _connect(address: Address, seconds: int) -> tuple[str, bool]:
    try:
        socket.create_connection((address.host, address.port), timeout=seconds).close()
    except TimeoutError:
        return f"No answer in {seconds} s", True
    except OSError as error:
        return _trouble(error), True
    return "Connected", False


def _tls(address: Address, parameters: typed.Expiry) -> Finding:
    """When the certificate that is served ends. Its chain is not judged: a private one is read too."""
    try:
        ends = _certificate_ends(address)
    except TimeoutError:
        return Finding("No answer in 10 s", is_bad=True)
    except (OSError, ValueError) as error:
        words = (
            "No certificate was served" if isinstance(error, ssl.SSLError | ValueError) else _trouble(error)
        )
        return Finding(words, is_bad=True)
    left = (ends - timezone.now()).days
    when = f"{ends:%-d %B %Y, %H:%M} UTC"
    words = f"Expired on {when}" if left < 0 else f"Expires on {when}, in {left} days"
    return Finding(words, is_bad=left < parameters.warn_days, data={"days": left})


def _certificate_ends(address: Address) -> datetime:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    deadline = time.monotonic() + 10
    with socket.create_connection((address.host, address.port), timeout=10) as raw:
        raw.settimeout(max(deadline - time.monotonic(), 0.1))
        with context.wrap_socket(raw, server_hostname=address.host) as wrapped:
            der = wrapped.getpeercert(binary_form=True)
    if der is None:
        raise ValueError
    return not_after(der)


def not_after(der: bytes) -> datetime:
    """The end of an X.509 certificate's validity. Raises ValueError for what is not one (RFC 5280, 4.1).

    Walked by hand: the standard library decodes a certificate only when it trusts it.
    """
    _, whole, _ = _element(der)
    _, signed, _ = _element(whole)
    tag, _, rest = _element(signed)
    skip = 4 if tag == 0xA0 else 3  # [version], serial, algorithm, issuer: then the validity
    for _ in range(skip - 1):
        _, _, rest = _element(rest)
    _, validity, _ = _element(rest)
    _, _, rest = _element(validity)
    tag, text, _ = _element(rest)
    pattern = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}.get(tag)
    if pattern is None:
        raise ValueError("not a certificate")
    return datetime.strptime(text.decode("ascii"), pattern).replace(tzinfo=UTC)


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """The first DER element: its tag, its content, and what follows."""
    if len(data) < 2:
        raise ValueError("not a certificate")
    length, start = data[1], 2
    if length & 0x80:
        size = length & 0x7F
        length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
    if len(data) < start + length:
        raise ValueError("not a certificate")
    return data[0], data[start : start + length], data[start + length :]


def _dns(address: Address, parameters: typed.Lookup) -> Finding:
    """Whether the name resolves. How long a look-up may take is the system resolver's to say."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Finding("Name not found", is_bad=True)
    number = len({each[4][0] for each in found})
    return Finding(f"Resolves to {number} address{'es' if number > 1 else ''}", data={"addresses": number})


# ---------- Words ----------


def _told(answers: list[tuple[str, bool]]) -> tuple[str, int]:
    """`503, 3 of 3`, or `200, 1 of 3; 503, 2 of 3`: each answer, how often it came, and how many were bad."""
    counts = Counter(answer for answer, _ in answers)
    words = "; ".join(f"{answer}, {number} of {len(answers)}" for answer, number in counts.items())
    return words, sum(is_bad for _, is_bad in answers)


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


PROBES: dict[str, Callable[[Address, Any], Finding]] = {
    "http_probe": _http, "wait_until_healthy": _wait, "tcp_probe": _tcp, "tls_expiry": _tls,
    "dns_lookup": _dns,
}  # fmt: skip
