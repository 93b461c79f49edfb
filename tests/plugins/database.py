"""The database of the tests: migrated once for all processes of a test run, of which each takes a copy.

A test that commits (`django_db(transaction=True)`) is followed by a fresh copy, not by a flush: it is
quicker, the rows that migrations made are there again, and no trigger that guards a table is in its way.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django import DjangoDbBlocker

from tests.plugins.desk import migrated_database
from tests.plugins.environment import SHARED_DIR, VAR_DIR, WORKER, made_once, only_one
from tests.plugins.services import database_url

MADE = SHARED_DIR / "databases"  # the names of all that PostgreSQL was asked to make, a line each


def pytest_configure(config: pytest.Config) -> None:
    TransactionTestCase._fixture_teardown = lambda case: take_copy()  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process, which ends last, leaves no database behind."""
    if not WORKER and MADE.exists():
        for name in MADE.read_text().split():
            ask(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """In place of pytest-django's own, which migrates in every process."""
    with django_db_blocker.unblock():
        take_copy()
        yield
        close()


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
    source = (made_once("postgres", migrate_in_postgres) / "name").read_text()
    copy = f"{source}_{WORKER or 'copy'}"
    names = {"copy": sql.Identifier(copy), "source": sql.Identifier(source)}
    with only_one("copying"):  # while a database is copied nobody may be connected to it
        ask(sql.SQL("DROP DATABASE IF EXISTS {copy} WITH (FORCE)").format(**names))
        note(copy)
        ask(sql.SQL("CREATE DATABASE {copy} TEMPLATE {source}").format(**names))
    return copy


def migrate_in_postgres(folder: Path) -> None:
    """Django's own way to a test database; one that an earlier run left behind is replaced."""
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    note(name)
    (folder / "name").write_text(name)
    close()


def note(name: str) -> None:
    with MADE.open("a") as made:
        made.write(f"{name}\n")


def ask(statement: sql.Composed) -> None:
    with psycopg.connect(database_url(), dbname="postgres", autocommit=True) as postgres:
        postgres.execute(statement)
