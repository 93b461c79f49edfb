"""Reads Freshdesk back as Celery and the passing of time would: each task twice."""

from django.utils import timezone

from incidents.freshdesk import polling
from incidents.freshdesk.tasks import read_ticket
from incidents.models import RateBudget, SyncCursor, Ticket


def look_back() -> None:
    """Time for the next poll has come; what it finds is read, each ticket once more than needed."""
    SyncCursor.objects.update(ran_at=None)
    RateBudget.objects.update(resets_at=timezone.now())
    polling.poll()
    read_due()


def read_due() -> None:
    for ticket_id in list(Ticket.objects.due(timezone.now()).values_list("pk", flat=True)):
        read_ticket(ticket_id)
        read_ticket(ticket_id)
