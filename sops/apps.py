"""SOPs as a Django app."""

from django.apps import AppConfig


class SopsConfig(AppConfig):
    name = "sops"
    verbose_name = "SOPs"

    def ready(self) -> None:
        """Deliver what owners are told of reviews."""
        from incidents.outbox import people
        from sops import reviewing

        people.register(reviewing.EVENT, reviewing.deliver)
