"""`manage.py subject`: what the desk holds about one of its people, as a signed pack."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from ooh import subjects


class Command(BaseCommand):
    help = "Write a signed pack of all that the desk holds about one person. Check it with `audit check`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="Whose.")
        parser.add_argument("--to", type=Path, required=True, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(email__iexact=options["email"]).first()
        if person is None:
            raise CommandError(f"Nobody has the e-mail address {options['email']}.")
        manifest = subjects.write(options["to"], person, by=User.objects.system(), where="manage.py subject")
        rows = sum(told["rows"] for told in manifest["files"].values())
        self.stdout.write(f"{manifest['what']}: {rows} rows. Written to {options['to']}.")
