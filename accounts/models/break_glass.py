"""A role that somebody took for a while at night, why, and who looked at it afterwards."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Q

from accounts.models.user import User
from accounts.roles import Permission, Role

if TYPE_CHECKING:
    from datetime import datetime


class BreakGlassQuerySet(models.QuerySet["BreakGlass"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; all for service managers and auditors, of a partner's auditor the partner's."""
        if not user.is_authenticated:
            return self.none()
        if user.has_perm(Permission.REVIEW_ACCESS):
            return self
        if user.has_perm(Permission.VIEW_AUDIT):
            return self.filter(person__organisation=user.organisation_id)
        return self.filter(person=user)

    def unreviewed(self) -> Self:
        return self.filter(reviewed_at=None)


class BreakGlass(models.Model):
    """Taken by the person alone, so that nobody has to be awake; told to the vendor's service managers."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="glasses")
    role = models.CharField(max_length=20, choices=Role.choices)
    reason = models.CharField(max_length=500)
    taken_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    until: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    returned_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )
    returned_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    finding = models.CharField(max_length=500, blank=True)

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        ordering = ("-taken_at",)
        verbose_name_plural = "break-glass uses"
        constraints = (
            models.CheckConstraint(condition=Q(until__gt=F("taken_at")), name="break_glass_ends"),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("person")), name="break_glass_four_eyes"
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} as {self.get_role_display()}"

    def is_open(self, at: "datetime") -> bool:
        return self.returned_at is None and self.until > at
