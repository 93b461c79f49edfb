"""How SQLite holds a row, letter by letter: it reads several spellings of one value as the same.

A blank more in JSON, a 2 where true is 1: no value changes by that, and yet somebody wrote to the row.
PostgreSQL keeps values, not spellings, so there is nothing to compare there.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Field, Model

Spelling = dict[int, dict[str, str | None]]


def spellings(model: type[Model], ids: Iterable[int]) -> Spelling:
    """Row by row each column's text as it is stored; nothing on another database than SQLite."""
    if connection.vendor != "sqlite":
        return {}
    fields = model._meta.concrete_fields
    columns = ", ".join(f'CAST("{field.column}" AS TEXT)' for field in fields)
    wanted = ", ".join(str(int(row_id)) for row_id in ids)
    sql = f'SELECT id, {columns} FROM "{model._meta.db_table}" WHERE id IN ({wanted})'  # noqa: S608
    names = [field.attname for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0]: dict(zip(names, row[1:], strict=True)) for row in cursor.fetchall()}


def is_spelt_as_written(row: Any, spelling: dict[str, str | None] | None) -> bool:
    """Whether the desk itself would have stored the row's values in just these letters."""
    if spelling is None:
        return True
    fields = row._meta.concrete_fields
    return all(spelling[field.attname] == _spelt(field, getattr(row, field.attname)) for field in fields)


def _spelt(field: "Field[Any, Any]", value: Any) -> str | None:
    stored = field.get_db_prep_save(value, connection)
    if stored is None:
        return None
    return str(int(stored)) if isinstance(stored, bool) else str(stored)
