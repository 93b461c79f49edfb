"""Codes of an app, RFC 6238 as every app does it: SHA-1, six digits, periods of 30 seconds."""

import base64
import hmac
import secrets
import struct
from urllib.parse import quote, urlencode

PERIOD = 30
DIGITS = 6
# A clock may be one period wrong in either direction.
TOLERANCE = 1


def new_secret() -> str:
    """160 random bits in base32, as people can type it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, period: int) -> str:
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", period), "sha1")
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def period_of(secret: str, code: str, at: float, *, after: int = 0) -> int | None:
    """The period of this code around `at`, in seconds since 1970; None for a wrong one.

    Only periods later than `after` count, the one of the last code taken: so none is taken twice.
    """
    now = int(at) // PERIOD
    periods = range(now - TOLERANCE, now + TOLERANCE + 1)
    found = [each for each in periods if hmac.compare_digest(code_at(secret, each), code)]
    return next((each for each in found if each > after), None)


def address(secret: str, person: str, issuer: str) -> str:
    """What the picture for the app says."""
    return f"otpauth://totp/{quote(f'{issuer}:{person}')}?{urlencode({'secret': secret, 'issuer': issuer})}"
