"""What a person answers when a ticket was resolved over there while its incident is open here.

“It is resolved here too” is the form of resolving (`incidents.services.resolve`). “It goes on here” is below.
"""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_time
from incidents.models import Incident, Kind, OutboxRow, Ticket
from incidents.outbox.writing import announce
from incidents.services import open_for
from incidents.timeline import record


def may_answer(incident: Incident, by: User) -> bool:
    """Who may say whether it is over: whoever may resolve it, on the side that owns it."""
    return by.has_perm(Permission.RESOLVE_INCIDENT) and by.side == incident.owner_side


@transaction.atomic
def keep_open(incident_id: int, *, reason: str, by: User) -> Ticket:
    """It goes on here: say why in the ticket, and write our status back over what was set there.

    Raises ValidationError (reason), PermissionDenied, Conflict when nothing is asked any more. Queues a note
    and the status for Freshdesk.
    """
    require(reason=(reason, "Say what still fails. The service desk reads it in the ticket"))
    refuse_patient_data(reason=reason)
    incident = open_for(incident_id, by, Permission.RESOLVE_INCIDENT)
    if not may_answer(incident, by):
        raise PermissionDenied
    ticket = Ticket.objects.select_for_update(of=("self",)).filter(incident=incident).first()
    if ticket is None or not ticket.is_asking:
        if ticket and ticket.answered_by_id == by.pk and ticket.answer == Ticket.Answer.STILL_OPEN:
            return ticket
        raise _nothing_asked(ticket)
    now = timezone.now()
    ticket.answer, ticket.answered_by, ticket.answered_at = Ticket.Answer.STILL_OPEN, by, now
    # A person took note of it: it is what stands there, so ours differs from it and is written.
    ticket.status = ticket.seen_status or ticket.status
    ticket.save()
    entry = record(incident, Kind.NOTE, "It goes on here: the ticket is set back", reason, by=by, at=now)
    announce(
        OutboxRow.Destination.FRESHDESK, "state", key=f"freshdesk:state:{entry.pk}", incident=incident,
        state=incident.state,
    )  # fmt: skip
    return ticket


def _nothing_asked(ticket: Ticket | None) -> Conflict:
    if ticket and ticket.answered_at and ticket.answered_by:
        said = Ticket.Answer(ticket.answer).label.lower()
        return Conflict(
            f"{ticket.answered_by} has already answered: {said}",
            f"At {format_time(ticket.answered_at)}. Yours was not sent.",
        )
    return Conflict("The ticket is open again in Freshdesk", "There is nothing to answer.")
