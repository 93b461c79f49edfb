"""OpenID Connect, the code flow with PKCE: what goes to the provider, and what is believed of its answer.

OpenID Connect Core 1.0, 3.1; RFC 7636. The signature of the token is checked although it came over TLS, and
so are issuer, audience, nonce and times. Nothing that the token does not say is asked elsewhere.
"""

import hmac
import secrets
import ssl
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache as cache_once
from hashlib import sha256
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx2 as httpx
import jwt
from django.conf import settings
from django.core.cache import cache

from accounts.sign_in.providers import Provider

ALGORITHMS = [
    "RS256",
    "PS256",
    "ES256",
]  # never what the token itself wishes for: `none`, or our secret as key
LEEWAY = 60  # seconds that two clocks may differ
TIMEOUT = 5.0  # seconds for each answer
CONFIGURED_FOR = 3600
LARGEST = 1_000_000  # bytes of an answer
PROVED_AGAIN = 300  # seconds since the person proved it to the provider, where that is asked


class Refused(Exception):
    """The provider did not answer as it must, or its token is not to be believed. For the log."""


@dataclass(frozen=True)
class Question:
    """What we keep until the answer comes: it must belong to this browser and to this question."""

    slug: str
    state: str
    nonce: str
    verifier: str
    next_url: str
    is_again: bool
    asked_at: float

    @classmethod
    def new(cls, provider: Provider, next_url: str, *, is_again: bool) -> Self:
        return cls(
            slug=provider.slug, state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48), next_url=next_url, is_again=is_again, asked_at=time.time(),
        )  # fmt: skip

    def kept(self) -> dict[str, Any]:
        return asdict(self)


# ---------- To the provider ----------


def address(provider: Provider, question: Question, back: str) -> str:
    """Where the browser goes. `back` is where it comes back to, as registered with the provider."""
    challenge = urlsafe_b64encode(sha256(question.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code", "client_id": provider.client_id, "redirect_uri": back,
        "scope": "openid profile email", "state": question.state, "nonce": question.nonce,
        "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    if question.is_again:
        asked |= {"prompt": "login", "max_age": "0"}
    return f"{_endpoint(provider, 'authorization_endpoint')}?{urlencode(asked)}"


def claims(provider: Provider, question: Question, code: str, back: str) -> dict[str, Any]:
    """What the provider says of the person, in exchange for the code. Raises Refused."""
    sent = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": back,
        "client_id": provider.client_id, "client_secret": provider.client_secret,
        "code_verifier": question.verifier,
    }  # fmt: skip
    answer = _ask("POST", _endpoint(provider, "token_endpoint"), data=sent)
    token = answer.get("id_token")
    if not isinstance(token, str):
        raise Refused("The provider sent no id token")
    return believed(provider, question, token)


# ---------- What is believed ----------


def believed(provider: Provider, question: Question, token: str) -> dict[str, Any]:
    """The claims of a token that is signed, in date, for us, and an answer to just this question."""
    try:
        told: dict[str, Any] = jwt.decode(
            token, _key(provider, token), algorithms=ALGORITHMS, audience=provider.client_id,
            issuer=provider.issuer, leeway=LEEWAY,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )  # fmt: skip
    except jwt.PyJWTError as error:
        raise Refused(f"The id token is not to be believed ({type(error).__name__})") from None
    if not hmac.compare_digest(str(told["nonce"]), question.nonce):
        raise Refused("The id token answers another question")
    if told.get("azp", provider.client_id) != provider.client_id:
        raise Refused("The id token was made for another program")
    if question.is_again and not _is_fresh(told.get("auth_time")):
        raise Refused("The provider did not ask the person again")
    if not isinstance(told["sub"], str) or not 0 < len(told["sub"]) <= 255:
        raise Refused("The id token names nobody")
    return told


def _is_fresh(auth_time: Any) -> bool:
    return isinstance(auth_time, int) and time.time() - auth_time <= PROVED_AGAIN + LEEWAY


def _key(provider: Provider, token: str) -> jwt.PyJWK:
    """The provider's key of that name; asked for anew once where the name is not known: keys change."""
    name = jwt.get_unverified_header(token).get("kid")
    for fresh in (False, True):
        found = next((key for key in _keys(provider, fresh=fresh) if key.get("kid") == name), None)
        if found is not None:
            return jwt.PyJWK.from_dict(found)
    raise Refused("The id token is signed with a key that the provider does not name")


def _keys(provider: Provider, *, fresh: bool) -> list[dict[str, Any]]:
    keys = _kept(f"oidc-keys:{provider.slug}", fresh, lambda: _ask("GET", _endpoint(provider, "jwks_uri")))
    listed = keys.get("keys")
    return [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []


def _endpoint(provider: Provider, name: str) -> str:
    """As the provider's own configuration says, which must be that of the issuer whom we trust."""
    where = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    told = _kept(f"oidc:{provider.slug}", False, lambda: _ask("GET", where))
    if told.get("issuer") != provider.issuer:
        cache.delete(f"oidc:{provider.slug}")
        raise Refused("The provider's configuration names another issuer")
    url = told.get(name)
    if not isinstance(url, str) or not _is_safe(url):
        raise Refused(f"The provider's configuration has no safe {name}")
    return url


def _is_safe(url: str) -> bool:
    is_here = not settings.PRODUCTION and urlsplit(url).hostname == "127.0.0.1"
    return urlsplit(url).scheme == "https" or is_here


def _kept(name: str, fresh: bool, ask: Any) -> Mapping[str, Any]:
    known: dict[str, Any] | None = None if fresh else cache.get(name)
    if known is None:
        known = ask()
        cache.set(name, known, CONFIGURED_FOR)
    return known


@cache_once
def _trusted() -> ssl.SSLContext:
    """Whom this machine trusts. Made once: it takes longer than the question."""
    return ssl.create_default_context()


def _ask(method: str, url: str, **sent: Any) -> dict[str, Any]:
    """One question, in a few seconds; no redirect is followed with a secret in hand."""
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False, verify=_trusted()) as client:
            answer = client.request(method, url, headers={"Accept": "application/json"}, **sent)
        told = answer.json() if answer.status_code == 200 and len(answer.content) <= LARGEST else None
    except (httpx.HTTPError, ValueError) as error:
        raise Refused(f"The provider does not answer ({type(error).__name__})") from None
    if not isinstance(told, dict):
        raise Refused(f"The provider answered {answer.status_code}")
    return told
