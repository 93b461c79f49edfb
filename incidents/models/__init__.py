"""What happened, in rows."""

from incidents.models.calendar_day import CalendarDay
from incidents.models.incident import Incident, IncidentGrant, ReferenceCounter, State
from incidents.models.intake import IntakeDraft, RequestKey
from incidents.models.outbox import Heartbeat, OutboxRow
from incidents.models.proposal import Proposal
from incidents.models.status import Phase, StatusUpdate
from incidents.models.ticket import Ticket
from incidents.models.timeline import Kind, TimelineEntry, Wall

__all__ = [
    "CalendarDay",
    "Heartbeat",
    "Incident",
    "IncidentGrant",
    "IntakeDraft",
    "Kind",
    "OutboxRow",
    "Phase",
    "Proposal",
    "ReferenceCounter",
    "RequestKey",
    "State",
    "StatusUpdate",
    "Ticket",
    "TimelineEntry",
    "Wall",
]
