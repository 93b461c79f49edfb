"""What people decide about a delivery that is parked: try it again, or give it up. Both need a reason."""

from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_time
from incidents.models import Kind, OutboxRow
from incidents.outbox.writing import hurry
from incidents.timeline import record

DONE_WORDS = {OutboxRow.Decision.RETRY: "sent this on its way again", OutboxRow.Decision.DROP: "dropped this"}


# Who alone may drop one, by the event: the partner’s engineers may retry it.
ALARMS = {"glass_broken": Permission.REVIEW_ACCESS}


@transaction.atomic
def retry_row(row_id: int, *, reason: str, by: User) -> OutboxRow:
    """Send a parked row on its way again. The receiver is asked first whether it has it already.

    Raises ValidationError (reason), PermissionDenied, Conflict when it is not parked. Queues the delivery.
    """
    return _decide(row_id, OutboxRow.Decision.RETRY, reason, by=by)


@transaction.atomic
def drop_row(row_id: int, *, reason: str, by: User) -> OutboxRow:
    """Give a parked row up, so that what waits behind it goes on. Never the ticket: its notes need it.

    Raises ValidationError (reason), PermissionDenied, Conflict. Queues the delivery behind it.
    """
    return _decide(row_id, OutboxRow.Decision.DROP, reason, by=by)


def _decide(row_id: int, decision: OutboxRow.Decision, reason: str, *, by: User) -> OutboxRow:
    if not by.has_perm(Permission.RETRY_DELIVERY):
        raise PermissionDenied
    require(reason=(reason, "Say why. It is kept with the delivery"))
    refuse_patient_data(reason=reason)
    row = OutboxRow.objects.select_for_update().get(pk=row_id)
    if row.parked_at is None or row.dropped_at or row.done_at:
        if row.decided_by_id == by.pk and row.decision == decision:
            return row
        _refuse(row)
    if decision == OutboxRow.Decision.DROP and row.event == "ticket":
        raise Conflict(
            "The ticket itself cannot be dropped: its notes need it",
            f"Open it in Freshdesk by hand with the tag ooh-{row.incident}, then retry: it is found.",
        )
    if decision == OutboxRow.Decision.DROP and row.event in ALARMS and not by.has_perm(ALARMS[row.event]):
        raise Conflict("Only a service manager drops this alarm", "Ring one, or retry it.")
    _apply(row, decision, reason, by)
    transaction.on_commit(lambda: _hurry_first(row))
    return row


def _apply(row: OutboxRow, decision: OutboxRow.Decision, reason: str, by: User) -> None:
    now = timezone.now()
    row.decision, row.decision_reason, row.decided_by, row.decided_at = decision, reason[:300], by, now
    if decision == OutboxRow.Decision.DROP:
        row.dropped_at = now
    else:
        row.parked_at, row.due_at, row.failures, row.is_unsure = None, now, 0, True
    row.save()
    if row.incident:
        what = f"{row.get_destination_display()}: {row.words}"
        record(row.incident, Kind.NOTE, f"Delivery {DECIDED[decision]}: {what}", reason, by=by, at=now)


DECIDED = {OutboxRow.Decision.RETRY: "retried", OutboxRow.Decision.DROP: "dropped"}


def _refuse(row: OutboxRow) -> NoReturn:
    if row.decided_by and row.decided_at and row.decision:
        done = DONE_WORDS[OutboxRow.Decision(row.decision)]
        raise Conflict(
            f"{row.decided_by} has already {done}", f"At {format_time(row.decided_at)}. Yours was not sent."
        )
    raise Conflict("It is not parked", "It is sent by itself. There is nothing to do.")


def _hurry_first(row: OutboxRow) -> None:
    due = OutboxRow.objects.due(timezone.now())
    has_order = row.incident_id is not None or row.lane
    first = due.in_order_with(row) if has_order else due.filter(pk=row.pk)
    if (row_id := first.values_list("pk", flat=True).first()) is not None:
        hurry(row_id)
