"""What a person proves besides the password: an app that shows codes, security keys, recovery codes."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from accounts.models.user import User
from accounts.roles import Permission

if TYPE_CHECKING:
    from datetime import datetime


class SecondFactorQuerySet(models.QuerySet["SecondFactor"]):
    def visible_to(self, user: User) -> Self:
        """One's own; for a lead those of the organisation, for whoever manages people those of everybody."""
        if user.has_perm(Permission.MANAGE_PEOPLE):
            return self
        own = Q(person=user.pk)
        return self.filter(
            own | Q(person__organisation=user.organisation_id) if user.has_perm(Permission.LET_IN) else own
        )


class SecondFactor(models.Model):
    """An app or a security key of one person. Its secret is kept sealed, and no page shows it again."""

    class Kind(models.TextChoices):
        APP = "app", "App that shows codes"
        KEY = "key", "Security key"

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="factors")
    kind = models.CharField(max_length=3, choices=Kind.choices)
    name = models.CharField(max_length=60)
    sealed = models.TextField()
    # Of an app the period of the last code taken, of a key its own count: nothing is taken twice.
    counter = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    last_used_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )

    objects = SecondFactorQuerySet.as_manager()

    class Meta:
        ordering = ("added_at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["person"], condition=Q(kind="app"), name="one_app_a_person"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.person}"


class RecoveryCodeQuerySet(models.QuerySet["RecoveryCode"]):
    def visible_to(self, user: User) -> Self:
        """One's own: how many are left. Nobody can read one again."""
        return self.filter(person=user.pk)

    def left(self) -> Self:
        return self.filter(used_at=None)


class RecoveryCode(models.Model):
    """For when the app or key is lost: each is good once, and kept as a digest."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = RecoveryCodeQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "digest"], name="recovery_code_once"),)

    def __str__(self) -> str:
        return f"Recovery code of {self.person}"
