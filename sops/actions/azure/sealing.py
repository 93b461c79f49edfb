"""The addresses that Azure signs, as the database keeps them: of no use to whoever has a copy of it alone."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

from sops.actions.outcomes import Unsure

PURPOSE = "sops.actions.azure.sealing"
LOST = "Azure accepted it, and where to ask how it went cannot be read: SECRET_KEY is another now"


def seal(address: str) -> str:
    return _fernet().encrypt(address.encode()).decode()


def unseal(sealed: str) -> str:
    """The address. Raises Unsure for what was sealed with another SECRET_KEY: nobody can ask any more."""
    try:
        return _fernet().decrypt(sealed).decode()
    except InvalidToken:
        raise Unsure(LOST) from None


def _fernet() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (salted_hmac(PURPOSE, "", secret=secret, algorithm="sha256").digest() for secret in secrets)
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])
