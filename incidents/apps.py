"""Incidents as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from accounts import typed
        from accounts.chain import sealing
        from accounts.wall import policies
        from incidents import holds
        from incidents.freshdesk import delivery as freshdesk
        from incidents.guard import refuse_patient_data
        from incidents.models import Conversation, LegalHold, OutboxRow, PatientReport, timeline
        from incidents.outbox import people, registry
        from incidents.redaction import telling
        from incidents.status import delivery as status
        from incidents.status import snapshot, spreading
        from incidents.status.connectors.places import PLACES
        from incidents.status.subscribers import delivery as subscribers

        typed.register(refuse_patient_data)
        sealing.register(timeline.CHAIN)
        post_migrate.connect(holds.install, sender=self, dispatch_uid="holds")
        policies.protect(
            timeline.TimelineEntry, shared="wall IN ('public', 'service')",
            audited="changes #>> '{wall,1}' IN ('public', 'service')",
        )  # fmt: skip
        # Of a private note over there not even that it exists.
        policies.protect(
            Conversation,
            shared="entry_id IS NULL OR EXISTS (SELECT 1 FROM incidents_timelineentry entry"
            " WHERE entry.id = incidents_conversation.entry_id AND entry.wall IN ('public', 'service'))",
        )
        policies.keep_trail(LegalHold, PatientReport)
        people.register(telling.EVENT, telling.tell)
        to = OutboxRow.Destination
        places = {
            to.FRESHDESK: freshdesk, to.STATUS: status, to.SUBSCRIBERS: subscribers, to.PEOPLE: people,
        }  # fmt: skip
        for name, place in places.items():
            registry.register(name, deliver=place.deliver, is_configured=place.is_configured)
        registry.register(to.SNAPSHOT, deliver=snapshot.deliver, is_configured=snapshot.is_configured)
        spreading.register(snapshot.follow)
        spreading.register(subscribers.follow)
        for hosted in PLACES:
            registry.register(hosted.name, deliver=hosted.deliver, is_configured=hosted.is_configured)
            spreading.register(hosted.follow)
