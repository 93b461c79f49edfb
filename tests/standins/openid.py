"""An OpenID Connect provider over a real socket: discovery, keys, and signed tokens that a test may spoil."""

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.standins.http import Answer, Request, Server

CLIENT_ID, CLIENT_SECRET = "desk", "between-desk-and-provider"


def new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


KEY, OTHER_KEY = new_key(), new_key()  # once: each takes a tenth of a second


@dataclass
class OpenIdProvider(Server):
    """Takes each code once, with its verifier and our secret; `claims` is what its token says besides."""

    claims: dict[str, Any] = field(default_factory=dict)  # over what is right
    kid: str = "key-1"
    key: Any = KEY
    algorithm: str = "RS256"
    config: dict[str, Any] = field(default_factory=dict)  # over what is right
    asked: dict[str, str] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    without_token: bool = False

    def answer(self, request: Request) -> Answer:
        match request.path:
            case "/.well-known/openid-configuration":
                told = {
                    "issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                    "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys",
                }  # fmt: skip
                return said(told | self.config)
            case "/keys":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
                return said({"keys": [public | {"kid": "key-1", "use": "sig", "alg": "RS256"}]})
            case "/token":
                return self.token(dict(parse_qsl(request.body.decode())))
        return Answer(404)

    def sign_in(self, address: str) -> str:
        """What the browser does there: the person signs in, and it is sent back with a code."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes.add(code)
        back = urlsplit(self.asked["redirect_uri"]).path
        return f"{back}?code={code}&state={self.asked['state']}"

    def token(self, sent: dict[str, str]) -> Answer:
        challenge = (
            urlsafe_b64encode(sha256(sent.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        )
        is_right = (
            sent.get("code") in self.codes
            and (sent.get("client_id"), sent.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
            and challenge == self.asked["code_challenge"]
            and sent.get("redirect_uri") == self.asked["redirect_uri"]
        )
        if not is_right:
            return Answer(400, b'{"error": "invalid_grant"}')
        self.codes.discard(sent["code"])
        return said({"access_token": "x"} if self.without_token else {"id_token": self.signed()})

    def signed(self) -> str:
        now = int(time.time())
        told = {
            "iss": self.url, "aud": CLIENT_ID, "sub": "subject-1", "iat": now, "exp": now + 300,
            "nonce": self.asked["nonce"], "auth_time": now, "roles": ["Engineers"],
        }  # fmt: skip
        told = {name: value for name, value in (told | self.claims).items() if value is not None}
        return jwt.encode(told, self.key, algorithm=self.algorithm, headers={"kid": self.kid})


def said(told: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(told).encode())
