"""`manage.py token <e-mail>`: a token for an integration, printed once, that expires."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import AuthToken

from accounts import tokens
from accounts.audit import acting_as
from accounts.models import User
from accounts.models.user import MACHINES


class Command(BaseCommand):
    help = "Issue, list or revoke the tokens of an integration. People sign in instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="E-mail address of the integration, as in the admin.")
        parser.add_argument(
            "--days", type=int, default=tokens.DAYS, help="How long it lasts; 90 if not said."
        )
        parser.add_argument("--list", action="store_true", help="Show its tokens by their first characters.")
        parser.add_argument(
            "--revoke", metavar="START", help="End the token that starts with these characters."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        integration = self._find(options["email"])
        with acting_as(User.objects.system()):
            if options["list"]:
                self._list(integration)
            elif options["revoke"] is not None:
                self._revoke(integration, options["revoke"])
            else:
                self._issue(integration, options["days"])

    def _find(self, email: str) -> User:
        user: User | None = User.objects.working().filter(email__iexact=email).first()
        if user is None:
            raise CommandError(
                f"Nobody active has the e-mail address {email}. Make the integration in the admin."
            )
        if not user.roles or not user.roles <= set(MACHINES):
            raise CommandError(
                f"{user} is not an integration: people sign in, and only integrations have tokens."
            )
        return user

    def _issue(self, integration: User, days: int) -> None:
        if not 1 <= days <= tokens.MOST_DAYS:
            raise CommandError(f"--days is {days}. Give 1 to {tokens.MOST_DAYS}: every token expires.")
        issued, token = AuthToken.objects.create(integration, expiry=timedelta(days=days))
        self.stderr.write(
            f"For {integration}, until {issued.expiry:%Y-%m-%d %H:%M %Z}. It is shown this once:"
        )
        self.stdout.write(token)

    def _list(self, integration: User) -> None:
        listed = tokens.tokens_of(integration)
        for token in listed:
            state = "expired" if token.is_expired else "until"
            used = f"last used {token.last_used_at:%Y-%m-%d %H:%M %Z}" if token.last_used_at else "never used"
            end = f"{token.expiry:%Y-%m-%d %H:%M %Z}" if token.expiry else "revoked"
            self.stdout.write(f"{token.start}…  {state} {end}, {used}")
        if not listed:
            self.stdout.write(f"{integration} has no token.")

    def _revoke(self, integration: User, start: str) -> None:
        found = [
            token
            for token in AuthToken.objects.filter(user=integration)
            if start.startswith(token.token_key) or token.token_key.startswith(start)
        ]
        if len(found) != 1 or not start:
            raise CommandError(
                f"{len(found)} tokens of {integration} start so. Name one, as --list shows them."
            )
        found[0].delete()
        self.stdout.write(f"Revoked {found[0].token_key}….")
