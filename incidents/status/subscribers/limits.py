"""How often one client may use the public form. Counted in the cache: without it, the form goes on."""

import ipaddress
import logging

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)

ASKS = 10
WITHIN = 3600  # seconds


def is_too_often(request: HttpRequest) -> bool:
    """Count one more use by this client, and say whether that is more than ten in an hour."""
    name = f"status-asks:{salted_hmac('status-asks', client_of(request)).hexdigest()[:32]}"
    try:
        cache.add(name, 0, WITHIN)
        return cache.incr(name) > ASKS
    except Exception as error:  # each cache has errors of its own, and none may close the form
        logger.warning("Cache away (%s): a client of the status page is not counted", type(error).__name__)
        return False


def client_of(request: HttpRequest) -> str:
    """The address of the client, of IPv6 its network: there each client has many.

    Behind a proxy it is what the proxy itself added, last; what stands before it anybody may have written.
    """
    told = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    text = told.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:60]
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)
