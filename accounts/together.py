"""Several small querysets in one statement, for a page that looks at many things at once."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import CharField, Field, Model, QuerySet, Value
from django.db.models.functions import JSONObject


def together(**parts: QuerySet[Any]) -> dict[str, list[Any]]:
    """The rows of each part, as its model's objects with its annotations, under the part's name. One query.

    Each row crosses as one JSON object, so the parts may be of different models. A part asks for few rows and
    plain columns: `only()` is heeded; an order is lost, since the database owes a union none; a slice or
    `select_related` is refused with ValueError. Annotate what is wanted of a neighbour.
    """
    first, *rest = (_as_json(name, rows) for name, rows in parts.items())
    found: dict[str, list[Any]] = {name: [] for name in parts}
    for name, row in first.union(*rest, all=True):
        found[name].append(_made(parts[name], row))
    return found


def _as_json(name: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    if rows.query.is_sliced or rows.query.select_related:
        raise ValueError(f"{name}: a slice or select_related does not go together with other parts.")
    columns = [field.attname for field in _fields(rows)] + list(rows.query.annotation_select)
    row = JSONObject(**{column: column for column in columns})
    part = Value(name, output_field=CharField())
    told: QuerySet[Any, Any] = rows.order_by().annotate(together_part=part, together_row=row)
    return told.values_list("together_part", "together_row")


def _fields(rows: QuerySet[Any]) -> list[Any]:
    """The columns that this queryset loads."""
    names, is_left_out = rows.query.deferred_loading
    return [
        field
        for field in rows.model._meta.concrete_fields
        if field.primary_key or (field.name in names) != is_left_out
    ]


def _made(rows: QuerySet[Any], row: dict[str, Any]) -> Model:
    fields = {field.attname: field for field in _fields(rows)}
    values = [_read(field, row[name]) for name, field in fields.items()]
    made: Model = rows.model.from_db(rows.db, list(fields), values)
    for name, annotation in rows.query.annotation_select.items():
        setattr(made, name, _read(annotation.output_field, row[name]))
    return made


def _read(field: "Field[Any, Any]", value: Any) -> Any:
    """JSON has no times: they come as text, SQLite's in UTC without saying so."""
    read = field.to_python(value)
    return read.replace(tzinfo=UTC) if isinstance(read, datetime) and read.tzinfo is None else read
