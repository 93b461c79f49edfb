"""Incidents as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from incidents import holds

        post_migrate.connect(holds.install, sender=self, dispatch_uid="holds")
        _seal_and_wall()
        _deliver()


def _seal_and_wall() -> None:
    """What is guarded as it is typed, chained once written, and the vendor's alone."""
    from accounts import typed
    from accounts.chain import sealing
    from accounts.wall import policies
    from incidents.guard import refuse_patient_data
    from incidents.models import Conversation, LegalHold, PatientReport, timeline

    typed.register(refuse_patient_data)
    sealing.register(timeline.CHAIN)
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


def _deliver() -> None:
    """Where the outbox sends to, and who follows what is published."""
    from incidents.freshdesk import delivery as freshdesk
    from incidents.models import OutboxRow
    from incidents.outbox import people, registry
    from incidents.redaction import telling
    from incidents.status import delivery as status
    from incidents.status import snapshot, spreading
    from incidents.status.connectors.places import PLACES
    from incidents.status.subscribers import delivery as subscribers

    people.register(telling.EVENT, telling.tell)
    to = OutboxRow.Destination
    places = {
        to.FRESHDESK: freshdesk, to.STATUS: status, to.SUBSCRIBERS: subscribers, to.PEOPLE: people,
        to.SNAPSHOT: snapshot,
    }  # fmt: skip
    for name, place in places.items():
        registry.register(name, deliver=place.deliver, is_configured=place.is_configured)
    spreading.register(snapshot.follow)
    spreading.register(subscribers.follow)
    for hosted in PLACES:
        registry.register(hosted.name, deliver=hosted.deliver, is_configured=hosted.is_configured)
        spreading.register(hosted.follow)
