"""The database of the tests: migrated once for all processes of a test run, of which each takes a copy.

A test that commits (`django_db(transaction=True)`) is followed by a fresh copy, not by a flush: it is
quicker, the rows that migrations made are there again, and no trigger that guards a table is in its way.
"""

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django import DjangoDbBlocker

from accounts.wall import identity
from tests.plugins.desk import manage, migrated_database, seeded_database
from tests.plugins.environment import SHARED_DIR, VAR_DIR, WORKER, made_once, only_one
from tests.plugins.services import database_url, needs_database, needs_programs

MADE = SHARED_DIR / "databases"  # the names of all that PostgreSQL was asked to make, a line each


def pytest_configure(config: pytest.Config) -> None:
    # The test's own rows are made and looked at as the desk itself, in any thread. A request, a task and a
    # command say for themselves on whose side they ask.
    identity._asks = ContextVar("asks", default=identity.Standing.SYSTEM)
    TransactionTestCase._fixture_teardown = lambda case: take_copy()  # type: ignore[attr-defined]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to make what is wanted, beside the tests that want nothing of it."""
    if session.config.option.collectonly:
        return
    if any(needs_database(item) for item in session.items):
        threading.Thread(
            target=begin, args=[migrated_postgres if database_url() else migrated_database]
        ).start()
    if any(needs_programs(item) for item in session.items):
        threading.Thread(target=begin, args=[seeded_database]).start()


def begin(make: Callable[[], object]) -> None:
    with contextlib.suppress(Exception):  # the test that wants it tries again, and tells
        make()


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process, which ends last, leaves no database behind."""
    if not WORKER and MADE.exists():
        for name in MADE.read_text().split():
            ask("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's own, which migrates in every process."""
    with django_db_blocker.unblock():
        take_copy()
        yield
        close()


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For rows that all tests of a module only begin with: written once, and taken back after the last.

    What a test changes is taken back after that test, as with `db`, which it needs besides.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def take_copy() -> None:
    """Work in a new copy of the migrated database, and in nothing that was written so far."""
    close()
    use(copy_in_postgres() if connection.vendor == "postgresql" else copy_of_file())


def close() -> None:
    for each in connections.all(initialized_only=True):
        each.close()
        if hasattr(each, "close_pool"):
            each.close_pool()


def use(name: str) -> None:
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name


def copy_of_file() -> str:
    """SQLite: a file, as in the embedded default. In memory all threads would share one connection."""
    copy = VAR_DIR / "test.sqlite3"
    for left in VAR_DIR.glob(f"{copy.name}*"):
        left.unlink()
    return str(shutil.copy(migrated_database(), copy))


def copy_in_postgres() -> str:
    source = migrated_postgres()
    copy = f"{source}_{WORKER or 'copy'}"
    with only_one("copying"):  # while a database is copied nobody may be connected to it
        make(copy, "CREATE DATABASE {} TEMPLATE {}", source)
    return copy


def migrated_postgres() -> str:
    """The name of a database with every table and no row but those of the migrations."""
    return (made_once("postgres", migrate_in_postgres) / "name").read_text()


def migrate_in_postgres(folder: Path) -> None:
    address = urlsplit(database_url())
    name = f"test_{address.path.strip('/')}"
    make(name, "CREATE DATABASE {}")
    manage(folder, "migrate", DATABASE_URL=address._replace(path=f"/{name}").geturl())
    (folder / "name").write_text(name)


def make(name: str, statement: LiteralString, *others: str) -> None:
    """One that an earlier run left behind is replaced."""
    ask("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
    with MADE.open("a") as made:
        made.write(f"{name}\n")
    ask(statement, name, *others)


def ask(statement: LiteralString, *names: str) -> None:
    with psycopg.connect(database_url(), dbname="postgres", autocommit=True) as postgres:
        postgres.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
