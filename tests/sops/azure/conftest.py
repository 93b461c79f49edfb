"""An Azure of our own, and a desk that is signed in to it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from sops.actions.azure import credentials
from tests.standins.azure import Azure, standing


@pytest.fixture
def standin() -> Azure:
    """Another one where a test wants to measure something in it."""
    return Azure()


@pytest.fixture
def azure(standin: Azure, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    with standing(standin) as azure:
        monkeypatch.setenv("IDENTITY_ENDPOINT", azure.environment["IDENTITY_ENDPOINT"])
        monkeypatch.setenv("IDENTITY_HEADER", azure.environment["IDENTITY_HEADER"])
        settings.AZURE_CREDENTIAL, settings.AZURE_MANAGEMENT_URL = "managed_identity", azure.url
        credentials.forget()
        yield azure
    credentials.forget()


@pytest.fixture
def hasty(azure: Azure, settings: Any) -> None:
    """A desk that soon takes no answer for an answer."""
    settings.AZURE_TIMEOUT = 1.0


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate that nobody signed but itself."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk.example.org")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "desk.pem"
    path.write_bytes(secret + signed.public_bytes(pem))
    return path
