"""What is kept while a call is taken, and what makes a repeated request harmless."""

from typing import Any, Self
from uuid import uuid4

from django.db import models

from accounts.models import User
from incidents.models.incident import Incident


class IntakeDraftQuerySet(models.QuerySet["IntakeDraft"]):
    def visible_to(self, user: Any) -> Self:
        """A draft is its writer's alone."""
        return self.filter(by=user) if user.is_authenticated else self.none()

    def unfinished(self) -> Self:
        return self.filter(incident=None, discarded_at=None)


class IntakeDraft(models.Model):
    """A call being taken. Kept with each change, so that a lost session loses no word."""

    key = models.UUIDField(unique=True, default=uuid4, editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="intake_drafts")
    fields = models.JSONField(default=dict)
    call_began_at = models.DateTimeField()
    saved_at = models.DateTimeField(auto_now=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    incident = models.OneToOneField(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="draft"
    )

    objects = IntakeDraftQuerySet.as_manager()

    class Meta:
        ordering = ("-saved_at",)

    def __str__(self) -> str:
        return f"Draft {self.key}"


class RequestKey(models.Model):
    """An `Idempotency-Key` of the API: the same key and body give the same incident, another body none."""

    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=100)
    fingerprint = models.CharField(max_length=64)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["by", "key"], name="request_key_once"),)

    def __str__(self) -> str:
        return self.key
