"""`manage.py sync_roles`: the groups follow the table of roles. Safe to run again, and after each release."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import acting_as
from accounts.models import User
from accounts.role_groups import differences, follow_table


class Command(BaseCommand):
    help = "Make the groups as accounts/roles.py has them, and take away what was added beyond it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="Change nothing; exit code 1 when they differ."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            found = [each.words for each in differences()]
        else:
            with acting_as(User.objects.system()):
                found = follow_table()
        for words in found:
            self.stdout.write(words)
        if options["check"] and found:
            raise CommandError(f"{len(found)} not as in the table. Run sync_roles.")
        self.stdout.write("The groups follow the table." if not found else f"{len(found)} put right.")
