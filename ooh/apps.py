"""The roof as a Django app: checks, commands, static files, template context."""

from django.apps import AppConfig


class OohConfig(AppConfig):
    name = "ooh"
    verbose_name = "Out-of-hours desk"

    def ready(self) -> None:
        from incidents.outbox import people
        from ooh import checks, telling  # noqa: F401  (registers the system checks)

        people.register("audit_broken", telling.tell_audit_broken)
