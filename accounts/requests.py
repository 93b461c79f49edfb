"""Who makes a request, and from where."""

import ipaddress

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import Permission


def signed_in(request: HttpRequest) -> User:
    """The person of a view that `login_required` guards. PermissionDenied for nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def permitted(request: HttpRequest, permission: Permission) -> User:
    """The same, where the role has to allow it too."""
    person = signed_in(request)
    if not person.has_perm(permission):
        raise PermissionDenied
    return person


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
