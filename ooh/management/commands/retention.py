"""`manage.py retention`: what is kept for how long, what is due, and letting it go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.audit import acting_as
from accounts.models import User
from ooh.retention.kinds import KINDS
from ooh.retention.purging import Line, purge, report


class Command(BaseCommand):
    help = "Show what is kept for how long, or purge what is due. A purge changes nothing without --yes."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("report", help="Each kind: how long it is kept and why, and how many are due.")
        purging = acts.add_parser("purge", help="Let go of what is due; without --yes, show it.")
        names = [kind.name for kind in KINDS]
        purging.add_argument("--kind", choices=names, default="", help="This kind alone.")
        purging.add_argument("--yes", action="store_true", help="Do it. What is let go does not come back.")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(options)

    def _report(self, options: dict[str, Any]) -> None:
        for line in report(timezone.now()):
            kind = line.kind
            self.stdout.write(f"{kind.name}: {kind.what}")
            self.stdout.write(f"    {kind.rule}, {kind.why}; then: {kind.then}")
            self.stdout.write(f"    {_words(line)}")

    def _purge(self, options: dict[str, Any]) -> None:
        now, only = timezone.now(), options["kind"]
        if not options["yes"]:
            for line in report(now):
                if not only or line.kind.name == only:
                    self.stdout.write(f"{line.kind.name}: {_words(line)}")
            self.stdout.write("Nothing was changed. Say --yes to let go of what is due.")
            return
        failed = False
        with acting_as(User.objects.system()):
            for line in purge(now, by=User.objects.system(), only=only):
                self.stdout.write(f"{line.kind.name}: {line.purged} let go, {_words(line)}")
                failed |= line.due > 0 and line.purged == 0
        if failed:
            raise CommandError("Something that was due is still there.")


def _words(line: Line) -> str:
    return f"{line.due} due" + (f", {line.held} kept by a legal hold" if line.held else "")
