"""Where a webhook may lead: to the internet, never to what stands beside us.

Anybody may ask for a webhook. So its name is looked up anew for each delivery, every answer is judged, and
the connection goes to an address that was judged, whatever the name says a moment later.
"""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
LONGEST = 300
LOW_PORTS = (443,)
WRONG = "Enter an address that begins with https:// and leads to the internet"
# IPv6 networks with an IPv4 address inside, in the last 32 bits; 6to4 has it after the first 16.
_EMBEDDED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


class Refused(ValueError):
    """We never send there. The words never repeat the address."""


class NotFound(Exception):
    """No name server knows it now."""


def check(url: str) -> SplitResult:
    """The parts of an address that may be asked for; nothing is looked up. Raises Refused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(WRONG) from None
    is_plain = url.isprintable() and " " not in url and url.isascii() and len(url) <= LONGEST
    if not is_plain or not host or "@" in parts.netloc or parts.fragment or port == 0:
        raise Refused(WRONG)
    if parts.scheme in ("http", "https") and is_let_in(host):
        return parts
    if parts.scheme != "https" or not (port is None or port in LOW_PORTS or port > 1023):
        raise Refused(WRONG)
    _refuse_name(host)
    return parts


def lookup(parts: SplitResult) -> tuple[str, int]:
    """The address and port to connect to. Raises Refused when any answer is not on the internet, NotFound."""
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotFound("Its name is not known") from None
    found = [ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    if not found:
        raise NotFound("Its name is not known")
    if not is_let_in(host) and not all(map(is_public, found)):
        raise Refused("It leads to a private address")
    return str(found[0]), port


def is_let_in(host: str) -> bool:
    """Whether an installation that is no production lets this host in, whatever its address: for tests."""
    return not settings.PRODUCTION and host in settings.STATUS_WEBHOOK_TEST_HOSTS


def is_public(address: IPAddress) -> bool:
    """On the internet, also where an IPv6 address carries one of IPv4 inside."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    is_odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not is_odd


def _inner(address: IPAddress) -> IPAddress | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if any(address in network for network in _EMBEDDED):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def _refuse_name(host: str) -> None:
    """What is plainly no name of the internet. The rest shows when it is looked up."""
    try:
        is_fit = is_public(ipaddress.ip_address(host))
    except ValueError:
        is_fit = "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost"))
    if not is_fit:
        raise Refused(WRONG)
