"""Planned work that the public is told of before it begins."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from accounts.models import Service, User
from accounts.roles import Permission
from incidents.local_time import format_day_time
from incidents.models.incident import public_token


class MaintenanceQuerySet(models.QuerySet["Maintenance"]):
    def visible_to(self, user: Any) -> Self:
        """Published ones are for everybody; all, for those who plan it or post status updates."""
        if user is not None and user.is_authenticated and (
            user.has_perm(Permission.PLAN_MAINTENANCE) or user.has_perm(Permission.VIEW_INCIDENT)
        ):  # fmt: skip
            return self
        return self.published()

    def published(self) -> Self:
        return self.filter(updates__published_at__isnull=False).distinct()

    def with_last_phase(self) -> Self:
        """Each with the phase that was posted last in `last_phase`, None before it is announced."""
        newest = MaintenanceUpdate.objects.filter(maintenance=OuterRef("pk")).order_by("-posted_at", "-pk")
        return self.annotate(last_phase=Subquery(newest.values("phase")[:1]))

    def unfinished(self) -> Self:
        """Announced and neither completed nor cancelled, the earliest first."""
        listed: Any = self.with_last_phase()  # annotated, which the type does not say
        phase = MaintenanceUpdate.Phase
        found: Self = listed.filter(last_phase__in=(phase.SCHEDULED, phase.IN_PROGRESS, phase.VERIFYING))
        return found

    def overdue(self, at: datetime) -> Self:
        """Announced ones that should have begun or ended by now, while nobody said so."""
        to_begin = Q(last_phase=MaintenanceUpdate.Phase.SCHEDULED, starts_at__lt=at)
        unfinished: Any = self.unfinished()
        found: Self = unfinished.filter(to_begin | Q(ends_at__lt=at))
        return found


class Maintenance(models.Model):
    """A window in which services may be away. It moves by what is posted, never by the clock alone."""

    public_id = models.CharField(max_length=8, unique=True, default=public_token, editable=False)
    title = models.CharField(max_length=120)
    services = models.ManyToManyField(Service, related_name="maintenances")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    planned_at = models.DateTimeField(auto_now_add=True)

    last_phase: str | None  # only where it was read `with_last_phase`

    objects = MaintenanceQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="maintenance_ends_after"),
        )

    def __str__(self) -> str:
        return self.title

    def is_overdue(self, at: datetime) -> bool:
        """Of an unfinished one."""
        return (self.starts_at if self.is_to_begin else self.ends_at) < at

    @property
    def is_to_begin(self) -> bool:
        return self.last_phase == MaintenanceUpdate.Phase.SCHEDULED

    @property
    def overdue_words(self) -> str:
        """Of one that is overdue: what somebody should have said by now."""
        if self.is_to_begin:
            return f"It was to begin {format_day_time(self.starts_at)}"
        return f"It was to end {format_day_time(self.ends_at)}"

    @property
    def last_phase_words(self) -> str:
        return str(MaintenanceUpdate.Phase(self.last_phase).label) if self.last_phase else "Not announced"


class MaintenanceUpdateQuerySet(models.QuerySet["MaintenanceUpdate"]):
    def visible_to(self, user: Any) -> Self:
        """With its maintenance."""
        return self.filter(maintenance__in=Maintenance.objects.visible_to(user))

    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class MaintenanceUpdate(models.Model):
    """What the public is told of it, frozen once posted."""

    class Phase(models.TextChoices):
        SCHEDULED = "scheduled", "Scheduled"
        IN_PROGRESS = "in_progress", "In progress"
        VERIFYING = "verifying", "Verifying"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    maintenance = models.ForeignKey(Maintenance, on_delete=models.PROTECT, related_name="updates")
    phase = models.CharField(max_length=12, choices=Phase.choices)
    words = models.TextField(max_length=2000)
    posted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    objects = MaintenanceUpdateQuerySet.as_manager()

    class Meta:
        ordering = ("-posted_at", "-id")

    def __str__(self) -> str:
        return f"{self.get_phase_display()}, {self.maintenance_id}"
