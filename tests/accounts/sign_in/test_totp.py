"""Codes of an app, against the vectors of RFC 6238, and that none is taken twice."""

import base64

import pytest

from accounts.sign_in import totp

SECRET = base64.b32encode(b"12345678901234567890").decode()  # of the RFC's appendix B


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
        (2000000000, "279037"), (20000000000, "353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // totp.PERIOD) == code
    assert totp.period_of(SECRET, code, seconds) == seconds // totp.PERIOD


@pytest.mark.parametrize(
    ("late", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_clock_may_be_one_period_wrong(late: int, is_taken: bool) -> None:
    period = 1_000_000
    code = totp.code_at(SECRET, period)
    assert (totp.period_of(SECRET, code, period * 30 + late) == period) is is_taken


def test_a_code_counts_only_after_the_last_one_taken() -> None:
    code = totp.code_at(SECRET, 1_000_000)
    assert totp.period_of(SECRET, code, 30_000_000, after=999_999) == 1_000_000
    assert totp.period_of(SECRET, code, 30_000_000, after=1_000_000) is None


@pytest.mark.parametrize("code", ["", "1", "12345", "1234567", "’" * 6])
def test_what_is_no_code_is_none(code: str) -> None:
    digits = code.encode("ascii", "ignore").decode()
    assert totp.period_of(SECRET, digits, 30_000_000) is None


def test_secrets_differ_and_are_long_enough() -> None:
    secrets = {totp.new_secret() for _ in range(20)}
    assert len(secrets) == 20
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}
