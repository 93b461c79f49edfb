"""Triggers by which the database itself refuses to change or delete a row that only grows.

They are made after each `migrate`, not by a migration: SQLite drops a table's triggers whenever a later
migration alters the table. A row is writable only while a redaction of just this row is open.
"""

from django.db import connection
from django.db.models import Model

from accounts.chain.sealing import chains
from accounts.models.chain import ChainLink, Redaction

REFUSED = "It only grows: a row is never changed or deleted"

_POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.id = OLD.id AND EXISTS (
      SELECT 1 FROM {Redaction._meta.db_table} r
      WHERE r.chain = TG_ARGV[0] AND r.row_id = OLD.id AND r.done_at IS NULL
    ) THEN RETURN NEW; END IF;
  END IF;
  RAISE EXCEPTION '{REFUSED} (%)', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$
"""  # noqa: S608


def guarded() -> dict[str, type[Model]]:
    """Chain by chain the table that only grows; the links as well, which nothing redacts."""
    return {**{chain.name: chain.model for chain in chains()}, "links": ChainLink}


def install() -> None:
    """Make each trigger that is not there. Doing it again changes nothing."""
    statements = _postgres() if connection.vendor == "postgresql" else _sqlite()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, None)  # with parameters, the % of RAISE would be read as one


def remove() -> None:
    """For tests alone, which empty tables."""
    with connection.cursor() as cursor:
        for model in guarded().values():
            table = model._meta.db_table
            for act in ("update", "delete", "truncate"):
                on = f" ON {table}" if connection.vendor == "postgresql" else ""
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{act}{on}", None)


def missing() -> list[str]:
    """Tables whose rows the database would let somebody change."""
    acts = ("update", "delete", "truncate") if connection.vendor == "postgresql" else ("update", "delete")
    wanted = {f"{model._meta.db_table}_{act}" for model in guarded().values() for act in acts}
    # A trigger that was switched off (`D`) guards nothing.
    asked = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return sorted(wanted - {name for (name,) in cursor.fetchall()})


def _postgres() -> list[str]:
    statements = [_POSTGRES_FUNCTION]
    for chain, model in guarded().items():
        table = model._meta.db_table
        for act, each in (("update", "ROW"), ("delete", "ROW"), ("truncate", "STATEMENT")):
            statements.append(
                f"CREATE OR REPLACE TRIGGER {table}_{act} BEFORE {act.upper()} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION refuse_change('{chain}')"
            )
    return statements


def _sqlite() -> list[str]:
    statements = []
    for chain, model in guarded().items():
        table = model._meta.db_table
        is_open = (
            f"NEW.id = OLD.id AND EXISTS (SELECT 1 FROM {Redaction._meta.db_table} r "  # noqa: S608
            f"WHERE r.chain = '{chain}' AND r.row_id = OLD.id AND r.done_at IS NULL)"
        )
        for act, when in (("update", f"WHEN NOT ({is_open}) "), ("delete", "")):
            statements.append(
                f"CREATE TRIGGER IF NOT EXISTS {table}_{act} BEFORE {act.upper()} ON {table} {when}"
                f"BEGIN SELECT RAISE(ABORT, '{REFUSED} ({table})'); END"
            )
    return statements
