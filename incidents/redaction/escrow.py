"""The words of a report that waits, as the database keeps them: of no use to whoever has a copy of it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.errors import Conflict

PURPOSE = "incidents.redaction.escrow"


def seal(words: Mapping[str, str]) -> str:
    """Each marker with the words that it stands for."""
    return _fernet().encrypt(json.dumps(dict(words)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Raises Conflict for what was sealed with another SECRET_KEY: nobody can put it back any more."""
    try:
        found: dict[str, str] = json.loads(_fernet().decrypt(sealed))
    except InvalidToken:
        raise Conflict(
            "The words cannot be read any more: SECRET_KEY is another now",
            "Nobody can look at them or put them back. Take them out for good.",
        ) from None
    return found


def _fernet() -> MultiFernet:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    keys = (salted_hmac(PURPOSE, "", secret=secret, algorithm="sha256").digest() for secret in secrets)
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])
