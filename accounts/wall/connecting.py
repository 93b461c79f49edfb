"""Telling PostgreSQL for whom the next statement asks: before each one, and only where it does not know yet.

A connection is used by many, one after the other, and remembers what it was told. So it is never trusted to
have been told right: each statement looks, at no cost, and one round trip tells where the two differ.
What is told between transactions lasts; what is told inside one is gone with it, or with its savepoint.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from django.db import OperationalError
from psycopg import Connection
from psycopg.pq import ExecStatus, TransactionStatus

from accounts.wall.identity import Standing, current

SETTING = "ooh.side"


@dataclass
class Told:
    """What the server knows: for good, and for the transaction that is open. None: not known, or nothing."""

    lasting: Standing | None = None
    passing: Standing | None = None
    is_lost: bool = False  # a savepoint was rolled back, and with it perhaps what was told since


_told: WeakKeyDictionary[Connection[Any], Told] = WeakKeyDictionary()


def follow(sender: Any, connection: Any, **kwargs: Any) -> None:
    """Each new connection to PostgreSQL is told. Outermost of the wrappers, and once."""
    if connection.vendor == "postgresql" and tell not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, tell)


def tell(go_on: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Django's wrapper around each statement."""
    connection: Connection[Any] = context["connection"].connection
    told = _told.setdefault(connection, Told())
    _settle(connection, told, current())
    try:
        return go_on(sql, params, many, context)
    finally:
        if told.passing is not None and str(sql).startswith("ROLLBACK TO SAVEPOINT"):
            told.is_lost = True


def _settle(connection: Connection[Any], told: Told, wanted: Standing) -> None:
    status = connection.pgconn.transaction_status
    if status == TransactionStatus.IDLE:
        told.passing, told.is_lost = None, False
        if told.lasting != wanted:
            told.lasting = None
            _send(connection, wanted, is_passing=False)
            told.lasting = wanted
    elif status == TransactionStatus.INTRANS:
        known = told.lasting if told.passing is None else told.passing
        if told.is_lost or known != wanted:
            _send(connection, wanted, is_passing=True)
            told.passing, told.is_lost = wanted, False
    # Else the transaction has failed, and nothing but its end, or the savepoint's, is heard.


def _send(connection: Connection[Any], wanted: Standing, *, is_passing: bool) -> None:
    """Beneath psycopg, which would begin a transaction first, and beneath Django, which would count it."""
    said = f"SELECT set_config('{SETTING}', '{wanted.value}', {str(is_passing).lower()})"
    answer = connection.pgconn.exec_(said.encode())
    if answer.status != ExecStatus.TUPLES_OK:
        raise OperationalError("The database did not hear on whose side this asks. Nothing was asked.")
