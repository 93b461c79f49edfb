"""`manage.py status`: write the public pages as files by hand; take in a bounce of a subscriber's mail."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import acting_as
from accounts.models import User
from accounts.templatetags.desk import long_words
from incidents.status import snapshot
from incidents.status.subscribers import bounces


class Command(BaseCommand):
    help = "The public status pages as files, for a plain web server; bounces of subscribers' mail."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        write = verbs.add_parser("snapshot", help="write the whole site into a folder")
        write.add_argument(
            "--to", default=settings.STATUS_SNAPSHOT_DIR, help="instead of STATUS_SNAPSHOT_DIR"
        )
        verbs.add_parser("bounce", help="read one message from a mail server, and count what it says")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        if verb == "bounce":
            self._bounce()
        else:
            self._snapshot(options["to"])

    def _bounce(self) -> None:
        with acting_as(User.objects.system()):
            try:
                self.stdout.write(bounces.take_in(sys.stdin.buffer.read(bounces.LARGEST)))
            except bounces.NotUnderstood as error:
                raise CommandError(str(error)) from None

    def _snapshot(self, to: str) -> None:
        if not to:
            raise CommandError("Say where: --to /some/folder, or set STATUS_SNAPSHOT_DIR.")
        try:
            edition = snapshot.write(Path(to))
        except OSError as error:
            raise CommandError(f"{to} cannot be written: {error.strerror}") from None
        self.stdout.write(f"Written to {to}, as of {long_words(edition.as_of)}")
