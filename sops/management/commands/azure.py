"""`manage.py azure doctor`, what this desk can do at Azure; `manage.py azure roles`, what it needs there."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sops.actions.azure.doctor import examine
from sops.actions.azure.operations import Tier
from sops.actions.azure.role_definitions import TIERS, assignable_scopes, role_definition


class Command(BaseCommand):
    help = "Check the desk's sign-in and rights at Azure, or print the roles that it needs. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        doctor = acts.add_parser("doctor", help="Sign in, read each component, name the rights that miss.")
        doctor.add_argument(
            "--up-to", choices=list(TIERS), default="elevated",
            help="The highest role that the desk is meant to have; elevated if not said.",
        )  # fmt: skip
        roles = acts.add_parser("roles", help="Print the definitions, for `az role definition create`.")
        roles.add_argument("tier", nargs="?", choices=list(TIERS), help="Only this one; all if not said.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "doctor":
            self._examine(options["up_to"])
        else:
            self._print_roles(options["tier"])

    def _examine(self, up_to: Tier) -> None:
        wrong = 0
        for line in examine(up_to):
            wrong += line.is_wrong
            self.stdout.write(f"{'WRONG' if line.is_wrong else 'ok':<6} {line.words}")
        if wrong:
            raise CommandError(f"{wrong} to put right.")

    def _print_roles(self, tier: Tier | None) -> None:
        tiers = [tier] if tier else list(TIERS)
        definitions = [role_definition(each, assignable_scopes(each)) for each in tiers]
        if not all(each["AssignableScopes"] for each in definitions):
            self.stderr.write(
                "No component with a resource id is registered: fill in AssignableScopes yourself."
            )
        self.stdout.write(json.dumps(definitions[0] if tier else definitions, indent=2))
