"""Who the desk is to Azure: the one kind of sign-in that the settings name, none that was lying about."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from sops.actions.outcomes import Refused

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

KINDS = ("managed_identity", "workload_identity", "certificate")
# Two short tries: the default of five would outlast the step that waits for it.
_PATIENCE: dict[str, Any] = {
    "connection_timeout": 5, "read_timeout": 7, "retry_total": 1, "timeout": 15, "use_env_settings": False,
}  # fmt: skip
_AADSTS = re.compile(r"AADSTS\d{4,7}")


class Cloud(NamedTuple):
    """One of Azure's clouds: where it signs in, and what its tokens are for."""

    authority: str
    audience: str


CLOUDS = {
    "management.azure.com": Cloud("login.microsoftonline.com", "https://management.azure.com"),
    "management.usgovcloudapi.net": Cloud(
        "login.microsoftonline.us", "https://management.core.usgovcloudapi.net"
    ),
    "management.chinacloudapi.cn": Cloud("login.chinacloudapi.cn", "https://management.chinacloudapi.cn"),
}


def token() -> str:
    """A token for Resource Manager, from memory while it lasts. Raises Refused, without the error's text."""
    try:
        return _credential(_chosen()).get_token(scope()).token
    except Exception as error:  # of many kinds, and their text may hold anything
        words = _why(error)
    raise Refused(words)


def forget() -> None:
    """Let the next token be a fresh one."""
    _credential.cache_clear()


def scope() -> str:
    """What the token is asked for: the cloud's audience, or the address itself where the cloud is another."""
    cloud = cloud_of(settings.AZURE_MANAGEMENT_URL)
    return f"{cloud.audience if cloud else settings.AZURE_MANAGEMENT_URL}/.default"


def cloud_of(url: str) -> Cloud | None:
    return CLOUDS.get((urlsplit(url).hostname or "").lower())


def authority() -> str:
    """Where to sign in with a certificate or a federated token; empty where only a setting could say."""
    cloud = cloud_of(settings.AZURE_MANAGEMENT_URL)
    return settings.AZURE_AUTHORITY_HOST or (cloud.authority if cloud else "")


class Chosen(NamedTuple):
    """The settings of the sign-in, by which it is kept in memory."""

    kind: str
    client_id: str
    tenant_id: str
    certificate_path: str
    token_file: str
    authority: str


def _chosen() -> Chosen:
    return Chosen(
        settings.AZURE_CREDENTIAL, settings.AZURE_CLIENT_ID, settings.AZURE_TENANT_ID,
        settings.AZURE_CERTIFICATE_PATH, settings.AZURE_FEDERATED_TOKEN_FILE, authority(),
    )  # fmt: skip


@lru_cache(maxsize=1)
def _credential(chosen: Chosen) -> "TokenCredential":
    # A quarter of a second that only a desk on Azure, and its first token, has to wait for.
    from azure import identity

    match chosen.kind:
        case "managed_identity":
            return identity.ManagedIdentityCredential(client_id=chosen.client_id or None, **_PATIENCE)
        case "workload_identity":
            return identity.WorkloadIdentityCredential(
                tenant_id=chosen.tenant_id, client_id=chosen.client_id, token_file_path=chosen.token_file,
                authority=chosen.authority, **_PATIENCE,
            )  # fmt: skip
        case "certificate":
            return identity.CertificateCredential(
                tenant_id=chosen.tenant_id, client_id=chosen.client_id,
                certificate_path=chosen.certificate_path, authority=chosen.authority, **_PATIENCE,
            )  # fmt: skip
    raise Refused(f"AZURE_CREDENTIAL is none of {', '.join(KINDS)}")


def _why(error: Exception) -> str:
    """The kind of failure, and Entra's own number for it where it gives one: never the error's text."""
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError
    from azure.identity import CredentialUnavailableError

    causes = list(_causes(error))
    if isinstance(error, Refused):
        return str(error)
    if number := next(filter(None, (_AADSTS.search(str(each)) for each in causes)), None):
        return f"Azure refused the desk's sign-in ({number[0]}). Check the settings that begin with AZURE_"
    if any(isinstance(each, ServiceRequestError | ServiceResponseError) for each in causes):
        return "The desk cannot sign in to Azure: the sign-in service does not answer"
    if isinstance(error, CredentialUnavailableError):
        return "The desk cannot sign in to Azure: this machine has no such identity. Check AZURE_CREDENTIAL"
    if isinstance(error, OSError | ValueError):
        return "The desk cannot sign in to Azure: its certificate or token file cannot be read"
    return "Azure refused the desk's sign-in. Check the settings that begin with AZURE_"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
