"""The roof as a Django app: checks, commands, static files, template context."""

from django.apps import AppConfig


class OohConfig(AppConfig):
    name = "ooh"
    verbose_name = "Out-of-hours desk"

    def ready(self) -> None:
        from ooh import checks  # noqa: F401  (registers the system checks)
