"""The policies by which PostgreSQL hides vendor rows, and the audit rows about them, from everybody else.

They are made after each `migrate`, like the triggers of the chains. The tables' owner is held to them too
(FORCE); a superuser, or a role with BYPASSRLS, is not: `role_weaknesses` tells.
"""

from dataclasses import dataclass
from hashlib import sha256

from auditlog.models import LogEntry
from django.db import connection
from django.db.models import Model

from accounts.wall.connecting import SETTING
from accounts.wall.identity import BEHIND_THE_WALL

_SIDES = ", ".join(f"'{each.value}'" for each in BEHIND_THE_WALL)
# In a SELECT of its own it is asked once for a statement, not for each row.
_STANDS = f"(SELECT current_setting('{SETTING}', true)) IN ({_SIDES})"


@dataclass(frozen=True)
class Walled:
    """A table with vendor rows. `shared` is SQL, true of a row that both organisations may read.

    `audited` is the same of an audit row about one of its rows; what is not known to be shared is hidden.
    """

    model: type[Model]
    shared: str
    audited: str


@dataclass(frozen=True)
class Made:
    """What a table has: whether its owner is held to row-level security, and which policies there are."""

    is_forced: bool
    policies: list[str]

    def is_as(self, name: str) -> bool:
        """Just this policy: of two, either would let a row through."""
        return self.is_forced and self.policies == [name]


_walled: list[Walled] = []
_kept: list[type[Model]] = []  # tables of which the audit trail tells the partner nothing


def protect(model: type[Model], *, shared: str = "false", audited: str = "false") -> None:
    """Have this table walled. Each app says so of its own, when it is ready."""
    if model not in [each.model for each in _walled]:
        _walled.append(Walled(model, shared, audited))


def keep_trail(*models: type[Model]) -> None:
    """Have the screens of the audit trail show the partner nothing of these tables.

    Their rows have no policy: the desk itself asks for them while somebody of the partner works.
    """
    _kept.extend(model for model in models if model not in _kept)


def walled() -> list[type[Model]]:
    """The tables that hold vendor rows."""
    return [each.model for each in _walled]


def without_trail() -> list[type[Model]]:
    """The tables of which the audit trail tells the partner nothing: those, and the walled ones."""
    return [*walled(), *_kept]


def install() -> None:
    """Make each policy that is not there as it is here. Doing it again changes nothing, and locks nothing."""
    if connection.vendor != "postgresql":
        return
    made = _made()
    with connection.cursor() as cursor:
        for table, (name, using) in _wanted().items():
            if made[table].is_as(name):
                continue
            for old in made[table].policies:
                cursor.execute(f'DROP POLICY "{old}" ON {table}')
            cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            cursor.execute(f"CREATE POLICY {name} ON {table} USING ({using}) WITH CHECK ({using})", None)


def open_tables() -> list[str]:
    """Tables whose vendor rows the database would show to anybody: no policy, another one, or one more."""
    if connection.vendor != "postgresql":
        return []
    made = _made()
    return sorted(table for table, (name, _) in _wanted().items() if not made[table].is_as(name))


def role_weaknesses() -> list[str]:
    """By what the role of this connection would walk past every policy, in words."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        is_super, bypasses = cursor.fetchone()
    found = {"is a superuser": is_super, "has BYPASSRLS": bypasses}
    return [words for words, is_so in found.items() if is_so]


def is_pooled() -> bool:
    """Whether a pooler stands between us and PostgreSQL: it tells another process number than the server."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return bool(cursor.fetchone()[0] != connection.connection.pgconn.backend_pid)


def _wanted() -> dict[str, tuple[str, str]]:
    """Table by table the policy's name, which holds a hash of what it says, and what it says."""
    shared = {each.model._meta.db_table: each.shared for each in _walled}
    shared[LogEntry._meta.db_table] = _audit_shared()
    found = {}
    for table, rule in shared.items():
        using = f"({rule}) OR {_STANDS}"
        found[table] = (f"wall_{sha256(using.encode()).hexdigest()[:12]}", using)
    return found


def _audit_shared() -> str:
    """True of the audit rows about every other table, and about rows that both organisations may read."""
    parts = []
    for each in _walled:
        label, name = each.model._meta.app_label, each.model._meta.model_name
        of = f"(SELECT id FROM django_content_type WHERE app_label = '{label}' AND model = '{name}')"  # noqa: S608
        parts.append(f"(content_type_id IS DISTINCT FROM {of} OR coalesce({each.audited}, false))")
    return " AND ".join(parts)


def _made() -> dict[str, Made]:
    """How each of our tables stands now; one that does not exist has no policy."""
    asked = """
        SELECT c.relname::text, c.relrowsecurity AND c.relforcerowsecurity,
               array(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid ORDER BY polname)
        FROM pg_class c WHERE c.relname = ANY(%s) AND pg_table_is_visible(c.oid)
    """
    tables = list(_wanted())
    with connection.cursor() as cursor:
        cursor.execute(asked, [tables])
        found = {table: Made(is_forced, policies) for table, is_forced, policies in cursor.fetchall()}
    return {table: found.get(table, Made(False, [])) for table in tables}
