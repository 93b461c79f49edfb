"""Inserting many rows at once, with the audit trail that saving each of them would leave."""

from collections.abc import Sequence
from typing import Any, TypeVar

from auditlog.diff import model_instance_diff
from auditlog.models import LogEntry, LogEntryManager
from django.conf import settings
from django.db import transaction
from django.db.models import Model
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


def _entry(row: Model) -> LogEntry:
    changes = model_instance_diff(None, row, use_json_for_changes=settings.AUDITLOG_STORE_JSON_CHANGES)
    entry = _Entries().log_create(row, action=LogEntry.Action.CREATE, changes=changes)
    # Where the actor is named, and whatever else is said of an entry before it is saved.
    pre_save.send(LogEntry, instance=entry, raw=False, using=row._state.db, update_fields=None)
    return entry
