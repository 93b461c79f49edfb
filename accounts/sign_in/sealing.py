"""What a copy of the database alone must not tell: secrets of apps are sealed, codes and names digested."""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

PURPOSE = "accounts.sign_in"


def seal(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str | None:
    """The text, or None for what was sealed with a SECRET_KEY that is not named any more."""
    try:
        return _fernet().decrypt(sealed).decode()
    except InvalidToken:
        return None


def digest(purpose: str, text: str) -> str:
    return salted_hmac(f"{PURPOSE}.{purpose}", text, algorithm="sha256").hexdigest()


def digests(purpose: str, text: str) -> list[str]:
    """Under the key of now and each earlier one: what is kept for long outlives a change of SECRET_KEY."""
    salt = f"{PURPOSE}.{purpose}"
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return [salted_hmac(salt, text, secret=secret, algorithm="sha256").hexdigest() for secret in secrets]


def _fernet() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (salted_hmac(PURPOSE, "", secret=secret, algorithm="sha256").digest() for secret in secrets)
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])
