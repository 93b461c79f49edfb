"""Security keys and passkeys (WebAuthn), by Yubico's library; here is only what is ours to decide.

The key must verify its person (PIN, finger): with the password it is two factors, and stolen it is none.
"""

import json
from typing import Any

from django.http import HttpRequest
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from accounts.models import SecondFactor, User

STATE = "security_key"


class NotAccepted(Exception):
    """What came is no answer of a known key to what was asked."""


def is_possible(request: HttpRequest) -> bool:
    """Browsers know keys of names, not of bare addresses, and only where the connection is safe."""
    host = _host(request)
    return host == "localhost" or (
        request.is_secure() and not host.replace(".", "").isdigit() and ":" not in host
    )


def ask_new(request: HttpRequest, person: User) -> dict[str, Any]:
    """What the browser is to make: a new key of this person, none that is known already."""
    user = PublicKeyCredentialUserEntity(
        id=f"person-{person.pk}".encode(), name=person.email, display_name=person.name
    )
    options, state = _server(request).register_begin(
        user, credentials=_known(person), user_verification=UserVerificationRequirement.REQUIRED
    )
    request.session[STATE] = state
    return _plain(options)


def take_new(request: HttpRequest, answer: str) -> tuple[str, int]:
    """The new key as it is kept, and its count. Raises NotAccepted; each question has one answer."""
    state = request.session.pop(STATE, None)
    try:
        data = _server(request).register_complete(state, json.loads(answer))
    except Exception as error:  # the library raises what its parsers raise, of whatever was sent
        raise NotAccepted from error
    if data.credential_data is None:
        raise NotAccepted
    return websafe_encode(bytes(data.credential_data)), data.counter


def ask(request: HttpRequest, person: User) -> dict[str, Any]:
    """What one of the person's keys is to sign."""
    options, state = _server(request).authenticate_begin(
        _known(person), user_verification=UserVerificationRequirement.REQUIRED
    )
    request.session[STATE] = state
    return _plain(options)


def check(request: HttpRequest, person: User, answer: str) -> tuple[SecondFactor, int]:
    """Which key signed, and its count now. Raises NotAccepted, also where the count went back: a copy."""
    state = request.session.pop(STATE, None)
    try:
        sent = json.loads(answer)
        used = _server(request).authenticate_complete(state, _known(person), sent)
        counter = AuthenticationResponse.from_dict(sent).response.authenticator_data.counter
    except Exception as error:  # as above
        raise NotAccepted from error
    for factor in _keys(person):
        if _credential(factor).credential_id == used.credential_id:
            if counter and counter <= factor.counter:
                raise NotAccepted
            return factor, counter
    raise NotAccepted


def _keys(person: User) -> list[SecondFactor]:
    return list(SecondFactor.objects.filter(person=person, kind=SecondFactor.Kind.KEY))


def _known(person: User) -> list[AttestedCredentialData]:
    return [_credential(factor) for factor in _keys(person)]


def _credential(factor: SecondFactor) -> AttestedCredentialData:
    return AttestedCredentialData(websafe_decode(factor.sealed))  # a public key needs no seal


def _server(request: HttpRequest) -> Fido2Server:
    """Takes answers from this very origin, not from any name beneath it."""
    origin = f"{request.scheme}://{request.get_host()}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=_host(request), name="Out-of-hours desk"),
        verify_origin=lambda told: told == origin,
    )


def _plain(options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(options), default=_as_text))["publicKey"]
    return plain


def _as_text(value: Any) -> Any:
    return websafe_encode(value) if isinstance(value, bytes) else dict(value)


def _host(request: HttpRequest) -> str:
    return (
        request.get_host().rsplit(":", 1)[0] if not request.get_host().endswith("]") else request.get_host()
    )
