"""What every API view of the desk shares: who asks, what they may do, and how they prove it."""

import base64
import binascii
import re
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework import exceptions
from rest_framework.authentication import SessionAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.audit import correct_actor
from accounts.models import TokenUse
from accounts.roles import Role

_TOKEN = re.compile(rb"[\x21-\x7e]{1,200}")


class DeskTokenAuthentication(TokenAuthentication):
    """`Authorization: Token …` or `Bearer …`; or Basic with the token as password, for simple senders."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, value = get_authorization_header(request).partition(b" ")
        if scheme.lower() not in (b"token", b"bearer", b"basic") or not value.strip():
            return None
        return self.known(_basic_password(value) if scheme.lower() == b"basic" else value.strip())

    def known(self, token: bytes) -> tuple[Any, Any]:
        """Whose it is. What cannot be a token is not looked up: databases refuse NUL."""
        if not _TOKEN.fullmatch(token):
            raise exceptions.AuthenticationFailed("Invalid token.")
        found: tuple[Any, Any] = self.authenticate_credentials(token)
        if not found[0].is_working:
            raise exceptions.AuthenticationFailed("Invalid token.")
        correct_actor(found[0])
        TokenUse.objects.note(found[1].token_key, timezone.now())
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Token"


class PathTokenAuthentication(DeskTokenAuthentication):
    """The token is the last part of the address, for senders that can be told nothing but an address.

    `accounts.masking` keeps it out of the logs.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        return self.known(str(request.parser_context["kwargs"]["token"]).encode())


def _basic_password(value: bytes) -> bytes:
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        raise exceptions.AuthenticationFailed(
            "The Basic credentials are not base64. Send user:token."
        ) from None


class DeskSessionAuthentication(SessionAuthentication):
    """A signed-in person may use the API from the same browser; writes need the CSRF token."""


class DeskTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the schema how tokens are sent."""

    target_class = "accounts.api.DeskTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Token …`, issued with `manage.py token <e-mail>`; it expires.",
        }


class DeskSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the schema that a signed-in browser may call too."""

    target_class = "accounts.api.DeskSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class IsSignedIn(BasePermission):
    """Anybody signed in, but for a token that has one use: that one reaches nothing else."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        return bool(user and user.is_authenticated and user.is_working and user.roles != {Role.TICKET_SYNC})


class HasNamedPermission(BasePermission):
    """Asks for `view.permissions_needed[action or method]`. An action for which none is named is refused."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        needed = getattr(view, "permissions_needed", {})
        action = getattr(view, "action", None) or (request.method or "").lower()
        if action in ("metadata", "options"):
            return True
        return action in needed and request.user.has_perm(needed[action])
