"""`manage.py status snapshot`: write the public status pages as files, by hand."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.templatetags.desk import long_words
from incidents.status import snapshot


class Command(BaseCommand):
    help = "The public status pages as files, for a plain web server."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        write = verbs.add_parser("snapshot", help="write the whole site into a folder")
        write.add_argument(
            "--to", default=settings.STATUS_SNAPSHOT_DIR, help="instead of STATUS_SNAPSHOT_DIR"
        )

    def handle(self, *args: Any, to: str, **options: Any) -> None:
        if not to:
            raise CommandError("Say where: --to /some/folder, or set STATUS_SNAPSHOT_DIR.")
        try:
            edition = snapshot.write(Path(to))
        except OSError as error:
            raise CommandError(f"{to} cannot be written: {error.strerror}") from None
        self.stdout.write(f"Written to {to}, as of {long_words(edition.as_of)}")
