"""A security key in software: makes a key pair and signs, as a browser would hand it on."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

USER_WAS_THERE = AuthenticatorData.FLAG.UP
USER_WAS_KNOWN = USER_WAS_THERE | AuthenticatorData.FLAG.UV


@dataclass
class SecurityKey:
    """What a test may spoil stands in the fields."""

    origin: str = "http://localhost"
    host: str = "localhost"
    flags: AuthenticatorData.FLAG = USER_WAS_KNOWN
    counter: int = 0
    name: bytes = b"a-key-in-software"
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: dict[str, Any]) -> str:
        """The answer to “make a key”."""
        self.counter += 1
        public = ES256.from_cryptography_key(self.private.public_key())
        credential = AttestedCredentialData.create(Aaguid.NONE, self.name, public)
        flags = self.flags | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self._host_hash(), flags, self.counter, credential)
        attestation = AttestationObject.create("none", data, {})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=bytes(attestation))

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to “sign this”."""
        self.counter += 1
        data = AuthenticatorData.create(self._host_hash(), self.flags, self.counter)
        client = self._client("webauthn.get", options["challenge"])
        signature = self.private.sign(bytes(data) + sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=bytes(data), signature=signature)

    def _host_hash(self) -> bytes:
        return sha256(self.host.encode()).digest()

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **parts: bytes) -> str:
        response = {name: websafe_encode(part) for name, part in parts.items()}
        number = websafe_encode(self.name)
        return json.dumps(
            {"id": number, "rawId": number, "type": "public-key", "response": response,
             "clientExtensionResults": {}}
        )  # fmt: skip
