"""Reads Freshdesk back as Celery and the passing of time would: each task twice."""

from django.utils import timezone

from accounts.models import User
from incidents.freshdesk import polling
from incidents.freshdesk.tasks import read_ticket
from incidents.models import RateBudget, SyncCursor, Ticket, TimelineEntry
from incidents.status.services import resolve_with_update


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


def entries(ticket: Ticket) -> list[TimelineEntry]:
    """What was read over there, in the order of reading."""
    read = ticket.incident.timeline.filter(by=User.objects.vendors_desk())
    return list(read.order_by("pk"))


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.select_related("incident").get(pk=ticket.pk)


def resolve(ticket: Ticket, by: User) -> None:
    """Its incident, with the last status update."""
    resolve_with_update(
        ticket.incident_id, resolution="A restart", restored_at=timezone.now(), words="It is back.", by=by
    )
