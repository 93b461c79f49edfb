"""The exception to the table of roles: one thing for one person, for a time, with a reason."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from guardian.managers import UserObjectPermissionManager
from guardian.models import UserObjectPermissionBase

from accounts.models.user import User
from accounts.roles import Permission


class GrantQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Any) -> Self:
        """One's own; all for whoever may give them, and for auditors."""
        if not user.is_authenticated:
            return self.none()
        model: type[Grant] = self.model
        if user.has_perm(model.given_with) or user.has_perm(Permission.VIEW_AUDIT):
            return self
        return self.filter(user=user)

    def in_force(self) -> Self:
        """Those that hold at this moment: what has expired or was withdrawn grants nothing from then on."""
        return self.filter(withdrawn_at=None, expires_at__gt=timezone.now())

    def held_by(self, user: Any) -> Self:
        return self.in_force().filter(user=user.pk)


class Grant(UserObjectPermissionBase):
    """guardian's row of one object, made whole: each floor has a table of its own, with `content_object`.

    Rows stay when they are over. guardian's own shortcuts cannot make one: they know no reason and no end.
    """

    given_with: ClassVar[Permission]

    reason = models.CharField(max_length=300)
    given_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = UserObjectPermissionManager.from_queryset(GrantQuerySet)()  # type: ignore[misc]

    class Meta:
        abstract = True
        ordering = ("-given_at", "-id")
        indexes = (models.Index(fields=["user", "expires_at"], name="%(class)s_held"),)
        constraints = (
            models.CheckConstraint(condition=~Q(reason=""), name="%(class)s_says_why"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("given_at")), name="%(class)s_has_an_end"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="%(class)s_withdrawn_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def is_in_force(self) -> bool:
        return self.withdrawn_at is None and self.expires_at > timezone.now()
