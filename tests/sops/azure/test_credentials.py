"""The desk signs in as the settings say, and says what is wrong without the words of others."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sops.actions import azure as adapter
from sops.actions.azure import credentials
from sops.actions.catalogue import CATALOGUE
from sops.actions.outcomes import Refused
from sops.actions.parameters import Parameters
from tests.standins.azure import Azure
from tests.standins.http import Fault

TENANT, CLIENT = "00000000-aaaa-bbbb-cccc-000000000000", "00000000-aaaa-bbbb-cccc-111111111111"


@pytest.fixture
def signing_in(settings: Any) -> Any:
    """A desk that asks a sign-in service where nobody answers."""
    settings.AZURE_CLIENT_ID, settings.AZURE_TENANT_ID = CLIENT, TENANT
    settings.AZURE_AUTHORITY_HOST = "https://127.0.0.1:9"
    credentials.forget()
    yield settings
    credentials.forget()


def test_a_managed_identity_signs_in_once_for_many_calls(azure: Azure) -> None:
    assert [credentials.token() for _ in range(3)] == [azure.token] * 3
    assert azure.sign_ins == 1


def test_a_forgotten_token_is_asked_for_anew(azure: Azure) -> None:
    credentials.token()
    azure.token = "another"
    credentials.forget()
    assert credentials.token() == "another"


def test_a_token_belongs_to_the_settings_that_it_was_got_by(azure: Azure, settings: Any) -> None:
    credentials.token()
    settings.AZURE_CLIENT_ID = CLIENT
    credentials.token()
    assert azure.sign_ins == 2


@pytest.mark.parametrize(
    ("url", "authority", "scope"),
    [
        ("https://management.azure.com", "login.microsoftonline.com", "https://management.azure.com/.default"),
        (
            "https://management.usgovcloudapi.net", "login.microsoftonline.us",
            "https://management.core.usgovcloudapi.net/.default",
        ),
        (
            "https://management.chinacloudapi.cn", "login.chinacloudapi.cn",
            "https://management.chinacloudapi.cn/.default",
        ),
        ("https://management.stack.example.org", "", "https://management.stack.example.org/.default"),
    ],
)  # fmt: skip
def test_the_cloud_follows_from_its_address(url: str, authority: str, scope: str, settings: Any) -> None:
    settings.AZURE_MANAGEMENT_URL = url
    assert (credentials.authority(), credentials.scope()) == (authority, scope)


def test_an_identity_that_is_refused_says_so(azure: Azure) -> None:
    azure.identity_header = "another"
    with pytest.raises(Refused, match=r"this machine has no such identity"):
        credentials.token()


def test_a_sign_in_service_that_is_away_says_so(azure: Azure) -> None:
    azure.down()
    with pytest.raises(Refused, match="the sign-in service does not answer"):
        credentials.token()


def test_a_sign_in_that_goes_wrong_once_is_tried_again(azure: Azure) -> None:
    azure.fail(Fault.ERROR_BEFORE, path="/msi/token")
    assert credentials.token() == azure.token


@pytest.mark.parametrize("name", ["missing.pem", "empty.pem"])
def test_a_certificate_that_cannot_be_read_says_so(name: str, signing_in: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    signing_in.AZURE_CREDENTIAL, signing_in.AZURE_CERTIFICATE_PATH = "certificate", str(tmp_path / name)
    with pytest.raises(Refused, match="certificate or token file cannot be read"):
        credentials.token()


def test_a_certificate_of_a_kind_that_azure_does_not_take_says_so(signing_in: Any, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    signing_in.AZURE_CREDENTIAL, signing_in.AZURE_CERTIFICATE_PATH = "certificate", str(path)
    with pytest.raises(Refused, match="certificate or token file cannot be read"):
        credentials.token()


def test_a_certificate_asks_the_sign_in_service_of_its_cloud(signing_in: Any, certificate: Path) -> None:
    signing_in.AZURE_CREDENTIAL, signing_in.AZURE_CERTIFICATE_PATH = "certificate", str(certificate)
    with pytest.raises(Refused, match="the sign-in service does not answer"):
        credentials.token()


def test_a_federated_token_asks_the_sign_in_service_of_its_cloud(signing_in: Any, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a.b.c")
    signing_in.AZURE_CREDENTIAL = "workload_identity"
    signing_in.AZURE_FEDERATED_TOKEN_FILE = str(tmp_path / "token")
    with pytest.raises(Refused, match="the sign-in service does not answer"):
        credentials.token()


def test_a_federated_token_that_is_not_there_says_so(signing_in: Any, tmp_path: Path) -> None:
    signing_in.AZURE_CREDENTIAL = "workload_identity"
    signing_in.AZURE_FEDERATED_TOKEN_FILE = str(tmp_path / "none")
    with pytest.raises(Refused, match="certificate or token file cannot be read"):
        credentials.token()


def test_a_desk_without_a_sign_in_says_so_and_sends_nothing(azure: Azure, settings: Any) -> None:
    settings.AZURE_CREDENTIAL = ""
    assert adapter.unconfigured()
    with pytest.raises(Refused, match="not configured"):
        adapter.perform(CATALOGUE["instance_state"], None, Parameters())  # type: ignore[arg-type]
    assert azure.calls == []


def test_a_desk_with_a_sign_in_is_configured(azure: Azure) -> None:
    assert adapter.unconfigured() == ""
