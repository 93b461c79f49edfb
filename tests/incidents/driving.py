"""Delivers as Celery and the passing of time would: every task twice, what is due, until nothing moves."""

from datetime import timedelta

from django.utils import timezone

from incidents.models import OutboxRow, RateBudget
from incidents.outbox.tasks import deliver

MANY = 200


def deliver_due() -> int:
    """Each due row once more than needed; how many there were."""
    row_ids = list(OutboxRow.objects.due(timezone.now()).values_list("pk", flat=True))
    for row_id in row_ids:
        deliver(row_id)
        deliver(row_id)
    return len(row_ids)


def let_time_pass() -> None:
    """Back-offs are over, leases of workers that died, and the minute of the rate budget."""
    past = timezone.now() - timedelta(seconds=1)
    RateBudget.objects.update(resets_at=past)
    OutboxRow.objects.waiting().update(due_at=past)
    OutboxRow.objects.waiting().filter(locked_until__isnull=False).update(locked_until=past)


def settle() -> None:
    """Until nothing is left that a person need not decide."""
    for _ in range(MANY):
        let_time_pass()
        if not deliver_due():
            return
    waiting = list(OutboxRow.objects.waiting().values_list("key", "last_error"))
    raise AssertionError(f"Still waiting after {MANY} rounds: {waiting}")
