"""The log names an error by its kind and place: its text may quote what was sent, answered or typed."""

import logging
import sys
from collections.abc import Callable

import pytest

from accounts.logs import PlainFormatter

SECRET = "Pl4nted~S3cret"


def told(fail: Callable[[], None]) -> str:
    """What the log would say of it."""
    try:
        fail()
    except ValueError:
        record = logging.LogRecord("desk", logging.ERROR, __file__, 1, "It failed", (), sys.exc_info())
        return PlainFormatter("%(levelname)s %(message)s").format(record)
    raise AssertionError("it did not fail")


def plainly() -> None:
    raise ValueError(SECRET)


def by_a_cause() -> None:
    try:
        {}[SECRET]
    except KeyError as error:
        raise ValueError(SECRET) from error


def meanwhile() -> None:
    try:
        {}[SECRET]
    except KeyError:
        raise ValueError(SECRET)  # noqa: B904 - that is what is tested


def on_its_own() -> None:
    try:
        {}[SECRET]
    except KeyError:
        raise ValueError(SECRET) from None


def in_a_circle() -> None:
    error = ValueError(SECRET)
    error.__cause__ = KeyError(SECRET)
    error.__cause__.__cause__ = error
    raise error


@pytest.mark.parametrize(
    ("fail", "causes"),
    [(plainly, 0), (by_a_cause, 1), (meanwhile, 1), (on_its_own, 0), (in_a_circle, 1)],
)
def test_the_log_says_where_and_of_what_kind_and_never_what_it_said(
    fail: Callable[[], None], causes: int
) -> None:
    line = told(fail)
    assert line.startswith("ERROR It failed\n")
    assert f"in {fail.__name__}\n" in line
    assert line.count("builtins.ValueError") == 1
    assert line.count("\nbuiltins.KeyError") == causes
    assert SECRET not in line
