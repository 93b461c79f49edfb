"""When a token was last used: knox keeps no such thing, and one that nobody uses should be revoked."""

from datetime import datetime, timedelta

from django.db import models

NOTED_EVERY = timedelta(minutes=1)


class TokenUseManager(models.Manager["TokenUse"]):
    def note(self, token_key: str, at: datetime) -> None:
        """Once a minute at most, and not in the audit trail: a pulse is no change."""
        known = self.filter(token_key=token_key)
        if known.filter(last_used_at__gt=at - NOTED_EVERY, last_used_at__lte=at).exists():
            return
        if not known.update(last_used_at=at):
            self.get_or_create(token_key=token_key, defaults={"last_used_at": at})


class TokenUse(models.Model):
    """By the first characters of the token, which alone are kept readable. Stays when it is revoked."""

    token_key = models.CharField(max_length=25, unique=True)
    last_used_at = models.DateTimeField()

    objects = TokenUseManager()

    def __str__(self) -> str:
        return f"{self.token_key}…"
