"""How often somebody failed to sign in, and until when the next try waits."""

from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.models.user import User
from accounts.roles import Permission

if TYPE_CHECKING:
    from datetime import datetime


class SignInDelayQuerySet(models.QuerySet["SignInDelay"]):
    def visible_to(self, user: User) -> Self:
        """For those who may let people in again: a lead those of their organisation, a manager all."""
        if user.has_perm(Permission.MANAGE_PEOPLE):
            return self
        if user.has_perm(Permission.LET_IN):
            return self.filter(person__organisation=user.organisation_id)
        return self.none()

    def waiting(self, at: "datetime") -> Self:
        return self.filter(until__gt=at)


class SignInDelay(models.Model):
    """One count: of an account at strange devices, of an account at its own device, or of an address.

    `key` is a keyed digest, the same whether the account exists or not. Written by `update()`: a count of
    failures is no change for the audit trail, which has the `AccessEvent` of each.
    """

    key = models.CharField(max_length=64, unique=True)
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    failures = models.PositiveIntegerField(default=0)
    last_failed_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    until: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )

    objects = SignInDelayQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.failures} failures"
