"""Handover as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class HandoverConfig(AppConfig):
    name = "handover"
    verbose_name = "Handover"

    def ready(self) -> None:
        """Freeze closed handovers in the database, and deliver pages."""
        from handover import glass, paging, redacting
        from handover.freezing import freeze

        post_migrate.connect(freeze, sender=self)
        paging.register()
        glass.register()
        redacting.register()
