"""The database's own refusal to change what was accepted: triggers, put in place after each `migrate`.

After each, because SQLite drops a table's triggers whenever a migration rebuilds the table.
"""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

_COLUMNS = (
    "direction, call_at, state, from_user_id, to_user_id, drafted_at, offered_at, leads_paged_at, closed_at, "
    "is_nothing, statement, content_hash"
)
_WORDS = "A closed handover is frozen. Write an addendum."
# While patient data is taken out of one (`handover.redacting`), just that one may be written.
_OPEN = (
    "EXISTS (SELECT 1 FROM accounts_redaction r WHERE r.chain = 'handover' AND r.row_id = OLD.{id} "
    "AND r.done_at IS NULL)"
)
_CLOSED = f"OLD.state = 'closed' AND NOT {_OPEN.format(id='id')}"
# Only of an incident whose words are let go (`ooh.retention`) is a closed item written once more.
_PARENT_CLOSED = (
    "(SELECT state FROM handover_handover WHERE id = OLD.handover_id) = 'closed' "
    "AND NOT EXISTS (SELECT 1 FROM incidents_purge WHERE incident_id = OLD.incident_id)"
)
_PARENT_FROZEN = f"{_PARENT_CLOSED} AND NOT {_OPEN.format(id='handover_id')}"

SQLITE = (
    "DROP TRIGGER IF EXISTS handover_frozen",  # those of an earlier version
    "DROP TRIGGER IF EXISTS handover_item_frozen",
    f"CREATE TRIGGER handover_frozen BEFORE UPDATE OF {_COLUMNS} ON handover_handover "
    f"WHEN {_CLOSED} BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END",
    "CREATE TRIGGER handover_item_frozen BEFORE UPDATE ON handover_handoveritem "
    f"WHEN {_PARENT_FROZEN} BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END",
)
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION handover_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE OR REPLACE FUNCTION handover_refuse_item() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF {_PARENT_CLOSED} AND (TG_OP = 'DELETE' OR NOT {_OPEN.format(id="handover_id")}) THEN
    RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'integrity_constraint_violation';
    END IF; RETURN COALESCE(NEW, OLD); END $$""",
    # What a row's own state does not tell, the WHEN of a trigger cannot ask: the function asks it.
    f"""CREATE OR REPLACE FUNCTION handover_refuse_change() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF {_CLOSED} THEN
    RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'integrity_constraint_violation';
    END IF; RETURN NEW; END $$""",
    f"CREATE OR REPLACE TRIGGER handover_frozen BEFORE UPDATE OF {_COLUMNS} ON handover_handover "
    "FOR EACH ROW WHEN (OLD.state = 'closed') EXECUTE FUNCTION handover_refuse_change()",
    "CREATE OR REPLACE TRIGGER handover_kept BEFORE DELETE ON handover_handover "
    "FOR EACH ROW WHEN (OLD.state = 'closed') EXECUTE FUNCTION handover_refuse()",
    "CREATE OR REPLACE TRIGGER handover_item_frozen BEFORE UPDATE OR DELETE ON handover_handoveritem "
    "FOR EACH ROW EXECUTE FUNCTION handover_refuse_item()",
)


def freeze(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Put the triggers in place; again without harm. Nothing to do before the tables are there."""
    connection = connections[using]
    if "handover_handoveritem" not in connection.introspection.table_names():
        return
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(connection.vendor, ())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
