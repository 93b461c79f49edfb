"""What the public is told."""

from typing import Any, Self

from django.db import models

from accounts.models import User
from incidents.models.incident import Incident


class Phase(models.TextChoices):
    INVESTIGATING = "investigating", "Investigating"
    IDENTIFIED = "identified", "Identified"
    MONITORING = "monitoring", "Monitoring"
    RESOLVED = "resolved", "Resolved"


class StatusUpdateQuerySet(models.QuerySet["StatusUpdate"]):
    def visible_to(self, user: Any) -> Self:
        """Published updates are for everybody; what still waits, for those who see the incident."""
        published = models.Q(published_at__isnull=False)
        if user is None or not user.is_authenticated:
            return self.filter(published)
        return self.filter(published | models.Q(incident__in=Incident.objects.visible_to(user)))

    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class StatusUpdate(models.Model):
    """One public update, frozen once posted. It names no customer, person or machine."""

    class ServiceState(models.TextChoices):
        MAJOR_OUTAGE = "major_outage", "Unavailable for some"
        PARTIAL_OUTAGE = "partial_outage", "Partly available"
        DEGRADED = "degraded_performance", "Slow"
        OPERATIONAL = "operational", "Available"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="status_updates")
    phase = models.CharField(max_length=15, choices=Phase.choices)
    words = models.TextField(max_length=2000)
    service_state = models.CharField(
        "state of the service", max_length=25, choices=ServiceState.choices, default=ServiceState.MAJOR_OUTAGE
    )
    next_update_due_at = models.DateTimeField(null=True, blank=True)
    posted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    posted_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)

    objects = StatusUpdateQuerySet.as_manager()

    class Meta:
        ordering = ("-posted_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(phase="resolved") | models.Q(next_update_due_at__isnull=False),
                name="status_update_promises_the_next",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_phase_display()}, {self.incident_id}"
