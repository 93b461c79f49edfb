"""Celery's part of reading Freshdesk back: what is due lies in rows, and these look for it."""

from celery import shared_task
from django.utils import timezone

from incidents.freshdesk import polling, reading
from incidents.freshdesk.delivery import is_configured
from incidents.models import Ticket
from incidents.outbox.writing import tell_celery
from incidents.tasks import DeskTask

BATCH = 50  # tickets that one sweep hands over


@shared_task(base=DeskTask)
def read_ticket(ticket_id: int) -> None:
    """Read one ticket back, if that is still due. Running it twice reads it once."""
    if is_configured():
        reading.read(ticket_id)


@shared_task(base=DeskTask)
def look() -> None:
    """Ask what changed, if it is time, and hand over what is to be read."""
    if not is_configured():
        return
    polling.poll()
    due = Ticket.objects.due(timezone.now()).order_by("read_due_at").values_list("pk", flat=True)
    for ticket_id in due[:BATCH]:
        if not tell_celery(read_ticket, ticket_id):
            return
