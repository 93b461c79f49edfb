"""What the public is told."""

from typing import Any, Self

from django.db import models

from accounts.models import Service, User
from accounts.roles import Permission
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
        MAINTENANCE = "under_maintenance", "Under maintenance"

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
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

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


class AffectedService(models.Model):
    """A service besides the incident's own that an update speaks of, and its state from then on."""

    update = models.ForeignKey(StatusUpdate, on_delete=models.PROTECT, related_name="affected")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=25, choices=StatusUpdate.ServiceState.choices)

    class Meta:
        ordering = ("service__position", "service__name")
        constraints = (
            models.UniqueConstraint(fields=["update", "service"], name="affected_service_once_an_update"),
        )

    def __str__(self) -> str:
        return f"{self.service}, {self.get_state_display()}"


class StatusTemplateQuerySet(models.QuerySet["StatusTemplate"]):
    def visible_to(self, user: Any) -> Self:
        may = user.is_authenticated and (
            user.has_perm(Permission.POST_STATUS)
            or user.has_perm(Permission.WRITE_TEMPLATE)
            or user.has_perm(Permission.APPROVE_TEMPLATE)
        )
        return self if may else self.none()

    def in_force(self) -> Self:
        return self.filter(approved_at__isnull=False, withdrawn_at=None)


class StatusTemplate(models.Model):
    """Approved words with blanks such as {service}. Changed words are a new template."""

    name = models.CharField(max_length=80)
    phase = models.CharField(max_length=15, choices=Phase.choices)
    words = models.TextField(max_length=1500)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = StatusTemplateQuerySet.as_manager()

    class Meta:
        ordering = ("phase", "name")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("written_by")),
                name="status_template_four_eyes",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None, approved_at=None)
                | models.Q(approved_by__isnull=False, approved_at__isnull=False),
                name="status_template_approved_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(withdrawn_at=None, approved_at__isnull=False),
                name="status_template_name_once_in_force",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.name


class RemoteIncident(models.Model):
    """What a hosted status page calls one of our incidents or maintenances."""

    place = models.CharField(max_length=12)
    public_id = models.CharField(max_length=8)
    remote_id = models.CharField(max_length=120)
    known_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["place", "public_id"], name="remote_incident_once_a_place"),
        )

    def __str__(self) -> str:
        return f"{self.place} {self.remote_id}"
