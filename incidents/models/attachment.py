"""Files that belong to an incident: in quarantine until the vendor has looked, and purged by two people."""

from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from incidents.models.incident import Incident

if TYPE_CHECKING:
    from datetime import datetime


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: Any) -> Self:
        """That it is there, with its incident. What is in it is for `may_open` to say."""
        return self.filter(incident__in=Incident.objects.visible_to(user))


class Attachment(models.Model):
    """One file. All who see the incident see its name and size, and its content those whom it is open to."""

    class Kind(models.TextChoices):
        PNG = "png", "PNG picture"
        JPEG = "jpg", "JPEG picture"
        PDF = "pdf", "PDF"
        TEXT = "txt", "Text"

    class State(models.TextChoices):
        QUARANTINED = "quarantined", "In quarantine"
        RELEASED = "released", "Released"
        PURGED = "purged", "Purged"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="attachments")
    key = models.UUIDField(unique=True, default=uuid4, editable=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=4, choices=Kind.choices, help_text="By its content, not by its name.")
    size = models.PositiveIntegerField()
    content_hash = models.CharField(max_length=64, help_text="SHA-256 of the file as it is kept.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUARANTINED)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    added_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=timezone.now)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    released_at = models.DateTimeField(null=True, blank=True)

    # Whoever asks hides it at once; another person agrees, or says why it stays
    purge_asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    purge_asked_at = models.DateTimeField(null=True, blank=True)
    purge_reason = models.CharField(max_length=300, blank=True)
    purged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    purged_at = models.DateTimeField(null=True, blank=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ("-added_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="released") | Q(released_by__isnull=False, released_at__isnull=False),
                name="attachment_released_says_by_whom",
            ),
            models.CheckConstraint(
                condition=~Q(state="purged")
                | Q(purged_by__isnull=False, purged_at__isnull=False, purge_asked_by__isnull=False),
                name="attachment_purged_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(purged_by=None) | ~Q(purged_by=F("purge_asked_by")),
                name="attachment_purged_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(purge_asked_by=None) | Q(purge_asked_at__isnull=False) & ~Q(purge_reason=""),
                name="attachment_purge_says_why",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_asked_to_go(self) -> bool:
        """Somebody asked to purge it, and nobody has answered: it is closed to everybody until then."""
        return self.purge_asked_by_id is not None and self.state != self.State.PURGED

    def may_open(self, user: User) -> bool:
        """Released, to whoever sees the incident; in quarantine, to those of the vendor who release."""
        if self.state == self.State.PURGED or self.is_asked_to_go:
            return False
        return self.state == self.State.RELEASED or user.has_perm(Permission.RELEASE_ATTACHMENT)
