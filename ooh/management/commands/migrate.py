"""Django's own `migrate`, which moves every row: also those behind the wall."""

from typing import Any

from django.core.management.commands import migrate

from accounts.wall.identity import as_system


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with as_system("a migration changes every row"):
            super().handle(*args, **options)
