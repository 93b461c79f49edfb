"""`manage.py freshdesk doctor`: would it take what we send? `reconcile`: do both sides say the same?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import acting_as
from accounts.models import User
from incidents.freshdesk.doctor import examine
from incidents.freshdesk.reconcile import compare
from incidents.outbox.registry import CannotDeliver, RetryLater

DAYS = 3
MOST_DAYS = 28  # Freshdesk lists a month


class Command(BaseCommand):
    help = "Check the account at Freshdesk, or compare the last days on both sides. Sends nothing there."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser(
            "doctor", help="Address, key, agent, fields, groups: what is right, what to configure."
        )
        reconcile = acts.add_parser(
            "reconcile", help="Repair here what is there; tell what is missing there."
        )
        reconcile.add_argument(
            "--days", type=int, default=DAYS, help=f"How many days back; {DAYS} if not said."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "doctor":
            self._examine()
        else:
            self._reconcile(options["days"])

    def _examine(self) -> None:
        wrong = 0
        for line in examine():
            wrong += line.is_wrong
            self.stdout.write(f"{'WRONG' if line.is_wrong else 'ok':<6} {line.words}")
        if wrong:
            raise CommandError(f"{wrong} to put right.")

    def _reconcile(self, days: int) -> None:
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days is {days}. Use 1 to {MOST_DAYS}.")
        to_look_at = found = 0
        try:
            with acting_as(User.objects.system()):
                for finding in compare(days):
                    found += 1
                    to_look_at += finding.did == "look"
                    self.stdout.write(f"{finding.did:<9} {finding.words}")
        except (RetryLater, CannotDeliver) as trouble:
            raise CommandError(f"Stopped: {trouble}. What was repaired stays. Run it again later.") from None
        if not found:
            self.stdout.write("Both sides say the same.")
        if to_look_at:
            raise CommandError(f"{to_look_at} to look at.")
