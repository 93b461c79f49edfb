"""SOPs as a Django app."""

from django.apps import AppConfig


class SopsConfig(AppConfig):
    name = "sops"
    verbose_name = "SOPs"

    def ready(self) -> None:
        """Deliver what owners are told of reviews; keep drafts, and what became of them, the vendor's own."""
        from accounts.wall import policies
        from incidents.outbox import people
        from sops import reviewing
        from sops.models import SopVersion, Step

        policies.keep_trail(SopVersion, Step)
        people.register(reviewing.EVENT, reviewing.deliver)
