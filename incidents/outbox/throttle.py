"""Turns: how often all workers together ask one receiver, kept in one row for each."""

from datetime import timedelta
from time import sleep

from django.db import transaction
from django.utils import timezone

from incidents.models import RateBudget
from incidents.outbox.registry import RetryLater

PATIENCE = 10.0  # seconds that a worker waits for its turn; what is farther off waits in the outbox


def take_turn(name: str, seconds_between: float) -> None:
    """Wait for the next turn of this receiver, so that no two requests are closer together.

    Raises RetryLater, for all its rows, when the next turn is farther off than a worker waits. Locks the
    row of the receiver for a moment; no transaction is open while it waits.
    """
    if seconds_between <= 0:
        return
    with transaction.atomic():
        now = timezone.now()
        row, _ = RateBudget.objects.select_for_update().get_or_create(
            name=f"turn {name}", defaults={"total": 1, "remaining": 1, "resets_at": now}
        )
        turn = max(row.resets_at, now)
        wait = (turn - now).total_seconds()
        if wait > PATIENCE:
            raise RetryLater("Many are waiting for their turn", wait - PATIENCE / 2, for_all=True)
        # Not by save(): the audit trail is not for a count.
        RateBudget.objects.filter(name=row.name).update(resets_at=turn + timedelta(seconds=seconds_between))
    sleep(wait)


def hold(name: str, seconds: float) -> None:
    """The receiver asked us to wait: nobody has a turn for so long."""
    until = timezone.now() + timedelta(seconds=seconds)
    RateBudget.objects.filter(name=f"turn {name}").update(resets_at=until)
