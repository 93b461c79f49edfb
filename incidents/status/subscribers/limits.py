"""How often one client may use the public form. Counted in the cache: without it, the form goes on."""

import logging

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.requests import client_of

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
