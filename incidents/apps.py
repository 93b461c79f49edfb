"""Incidents as a Django app."""

from django.apps import AppConfig


class IncidentsConfig(AppConfig):
    name = "incidents"
    verbose_name = "Incidents"

    def ready(self) -> None:
        from incidents.freshdesk import delivery as freshdesk
        from incidents.models import OutboxRow
        from incidents.outbox import registry
        from incidents.status import delivery as status

        places = {OutboxRow.Destination.FRESHDESK: freshdesk, OutboxRow.Destination.STATUS: status}
        for name, place in places.items():
            registry.register(name, deliver=place.deliver, is_configured=place.is_configured)
