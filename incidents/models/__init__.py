"""What happened, in rows."""

from incidents.models.attachment import Attachment
from incidents.models.calendar_day import CalendarDay
from incidents.models.call import PhoneCall
from incidents.models.feed import AlertFeed
from incidents.models.grant import IncidentGrant
from incidents.models.guard_decision import GuardDecision
from incidents.models.hold import LegalHold, Purge
from incidents.models.incident import Incident, ReferenceCounter, State
from incidents.models.intake import IntakeDraft, RequestKey
from incidents.models.maintenance import Maintenance, MaintenanceUpdate
from incidents.models.outbox import Heartbeat, OutboxRow
from incidents.models.patient_report import PatientReport
from incidents.models.proposal import Proposal, ReceivedAlerts
from incidents.models.status import AffectedService, Phase, RemoteIncident, StatusTemplate, StatusUpdate
from incidents.models.subscriber import Subscriber
from incidents.models.ticket import Conversation, RateBudget, SyncCursor, Ticket
from incidents.models.timeline import Kind, TimelineEntry, Wall

__all__ = [
    "AffectedService",
    "AlertFeed",
    "Attachment",
    "CalendarDay",
    "Conversation",
    "GuardDecision",
    "Heartbeat",
    "Incident",
    "IncidentGrant",
    "IntakeDraft",
    "Kind",
    "LegalHold",
    "Maintenance",
    "MaintenanceUpdate",
    "OutboxRow",
    "PatientReport",
    "Phase",
    "PhoneCall",
    "Proposal",
    "Purge",
    "RateBudget",
    "ReceivedAlerts",
    "ReferenceCounter",
    "RemoteIncident",
    "RequestKey",
    "State",
    "StatusTemplate",
    "StatusUpdate",
    "Subscriber",
    "SyncCursor",
    "Ticket",
    "TimelineEntry",
    "Wall",
]
