"""Writing many rows at once, with the audit trail that saving each of them would leave."""

from collections.abc import Sequence
from copy import copy
from typing import Any, TypeVar

from auditlog.diff import model_instance_diff
from auditlog.models import LogEntry, LogEntryManager
from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.signals import pre_save

Row = TypeVar("Row", bound=Model)


class _Entries(LogEntryManager):
    """Words an audit entry as auditlog itself does, and leaves the writing to us."""

    def create(self, **fields: Any) -> LogEntry:
        return LogEntry(**fields)


def create_all(rows: Sequence[Row]) -> Sequence[Row]:
    """Insert new rows of one model, and the audit entry of each: two statements for any number of rows.

    `save()` is not called, and the model's own signals are not sent.
    """
    if not rows:
        return rows
    with transaction.atomic(savepoint=False):  # the rows do not stay without their audit rows
        type(rows[0])._default_manager.bulk_create(rows)
        LogEntry.objects.bulk_create([_entry(row) for row in rows])
    return rows


def update_all(rows: QuerySet[Row], **fields: Any) -> int:
    """Set these columns of these rows, locked and in one UPDATE, and write the audit entry of each. How many.

    `save()` is not called. Whoever changed a row first wins: one that no longer fits is left as it is.
    """
    with transaction.atomic(savepoint=False):
        before = list(rows.select_for_update())
        after = [_changed(row, fields) for row in before]
        done = rows.model._default_manager.filter(pk__in=[row.pk for row in before]).update(**fields)
        LogEntry.objects.bulk_create(
            _entry(new, old) for old, new in zip(before, after, strict=True) if _differs(old, new)
        )
    return done


def _changed(row: Row, fields: dict[str, Any]) -> Row:
    changed = copy(row)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _differs(old: Model, new: Model) -> bool:
    return bool(model_instance_diff(old, new))


def _entry(row: Model, before: Model | None = None) -> LogEntry:
    action = LogEntry.Action.CREATE if before is None else LogEntry.Action.UPDATE
    changes = model_instance_diff(before, row, use_json_for_changes=settings.AUDITLOG_STORE_JSON_CHANGES)
    entry = _Entries().log_create(row, action=action, changes=changes)
    # Where the actor is named, and whatever else is said of an entry before it is saved.
    pre_save.send(LogEntry, instance=entry, raw=False, using=row._state.db, update_fields=None)
    return entry
