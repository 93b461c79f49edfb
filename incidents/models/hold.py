"""What must be kept beyond its time, and what was let go when its time had come."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Customer, User
from accounts.roles import Permission
from incidents.models.incident import Incident


class LegalHoldQuerySet(models.QuerySet["LegalHold"]):
    def visible_to(self, user: Any) -> Self:
        """For who places them, and for the vendor's auditors: a partner need not know of a dispute."""
        if not user.is_authenticated or not user.has_perm(Permission.VIEW_HOLDS):
            return self.none()
        return self

    def in_force(self, day: date | None = None) -> Self:
        """Neither lifted nor past their last day."""
        today = day or timezone.localdate()
        return self.filter(Q(until=None) | Q(until__gte=today), lifted_at=None)

    def update(self, **fields: Any) -> int:
        raise TypeError("A hold is placed and lifted by incidents.holds.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("A hold is lifted, never deleted.")


class LegalHold(models.Model):
    """Nothing of this incident, this customer or the whole desk is purged while it is in force."""

    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="holds"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="holds"
    )
    reason = models.CharField(max_length=300)
    until = models.DateField(null=True, blank=True, help_text="The last day. Empty: until it is lifted.")
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(default=timezone.now)
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_reason = models.CharField(max_length=300, blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        ordering = ("-placed_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(incident=None) | Q(customer=None), name="hold_of_one_thing_or_of_all"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="hold_says_why"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False) & ~Q(lifted_reason=""),
                name="hold_lifted_says_by_whom_and_why",
            ),
        )

    def __str__(self) -> str:
        return f"Hold on {self.of}"

    @property
    def of(self) -> str:
        """What it holds, in words."""
        return str(self.incident or self.customer or "the whole desk")

    @property
    def is_in_force(self) -> bool:
        return self.lifted_at is None and (self.until is None or self.until >= timezone.localdate())


class PurgeQuerySet(models.QuerySet["Purge"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(incident__in=Incident.objects.visible_to(user))


class Purge(models.Model):
    """An incident whose words were let go: when, and by which rule. The database makes none beside a hold."""

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="purge")
    at = models.DateTimeField(default=timezone.now)
    rule = models.CharField(max_length=200)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = PurgeQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.incident}, {self.rule}"
