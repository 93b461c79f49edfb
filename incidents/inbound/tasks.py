"""Working on stored alerts: at once, and by a sweep for what was missed."""

from celery import shared_task
from django.utils import timezone

from incidents.inbound import receiving
from incidents.tasks import DeskTask

SWEEP_BATCH = 100


@shared_task(base=DeskTask)
def propose(row_id: int) -> None:
    """Propose what one row holds, if that is still wanted. Running it twice does it once."""
    receiving.propose(row_id)


@shared_task(base=DeskTask)
def sweep() -> None:
    """What was missed: broker away, worker killed, a try that failed. Here, for it is quickly done."""
    rows = receiving.due(timezone.now()).values_list("pk", flat=True)
    for row_id in list(rows[:SWEEP_BATCH]):
        receiving.propose(row_id)
