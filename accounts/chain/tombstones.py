"""Takes the words out of sealed rows whose time is over. The rows stay, and so does the chain.

A row that only grows cannot be deleted. It becomes a tombstone: what it said is blanked, by a redaction that
names who, when and by which rule; its link in the chain keeps the seal of before (see ADR 0012).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from auditlog.models import LogEntry
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.chain import sealing, trail
from accounts.chain.sealing import Chain
from accounts.chain.verifying import redaction_proof
from accounts.models import ReadRecord, Redaction, User
from accounts.models.read_record import CHAIN as READS
from accounts.wall.identity import as_system

BATCH = 500
Row = TypeVar("Row")
# Changes the row in place: what it says from then on, but its seal.
Blank = Callable[[Any, str], None]


def bury_trail(entries: "QuerySet[LogEntry]", *, rule: str, by: User) -> int:
    """Of these audit rows only the time, the kind of act and which row it was are left."""
    kept = entries.exclude(additional_data__has_key="purged")
    return bury(trail.CHAIN, kept, _blank_entry, rule=rule, by=by)


def bury_reads(records: "QuerySet[ReadRecord]", *, rule: str, by: User) -> int:
    """Of these reads only the time, the kind and how many rows are left."""

    def blank(record: ReadRecord, rule: str) -> None:
        record.reader, record.organisation = by, None
        record.object_type = record.object_id = record.object_name = record.request_id = record.route = ""
        record.once = f"purged {record.pk}"

    kept = records.exclude(once__startswith="purged ")
    return bury(READS, kept, blank, rule=rule, by=by)


@as_system("what is over goes from every row")
def bury(chain: Chain, rows: "QuerySet[Any]", blank: Blank, *, rule: str, by: User) -> int:
    """Blank these rows of the chain, a batch a transaction. How many."""
    done, at = 0, timezone.now()
    for batch in _batches(rows.order_by("pk").iterator(BATCH)):
        _bury(chain, batch, blank, rule=rule, by=by, at=at)
        done += len(batch)
    return done


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


@transaction.atomic
def _bury(chain: Chain, rows: list[Any], blank: Blank, *, rule: str, by: User, at: datetime) -> None:
    redactions = []
    for row in rows:
        blank(row, rule)
        new = sealing.seal(chain.name, chain.content(row))
        for column, value in chain.sealed(row, new).items():
            setattr(row, column, value)
        redaction = Redaction(chain=chain.name, row_id=row.pk, reason=rule[:300], by=by, at=at, seal=new)
        redaction.proof = redaction_proof(redaction)
        redactions.append(redaction)
    opened = Redaction.objects.bulk_create(redactions)
    _write(chain.model, rows)
    Redaction.objects.filter(pk__in=[each.pk for each in opened]).update(done_at=timezone.now())


def _write(model: type[Model], rows: list[Any]) -> None:
    """Beneath the model's own refusal to change anything: the database lets just these rows be written."""
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    QuerySet(model).bulk_update(rows, fields, batch_size=100)


def _blank_entry(entry: LogEntry, rule: str) -> None:
    entry.object_repr = entry.changes_text = ""
    entry.changes, entry.serialized_data, entry.remote_addr = {}, None, None
    entry.actor, entry.actor_email, entry.cid = None, None, None
    entry.additional_data = {"purged": rule}
