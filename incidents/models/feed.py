"""Each source of alerts: how much it sends, and what of it the desk could not read."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import User
from accounts.roles import Permission


class AlertFeedQuerySet(models.QuerySet["AlertFeed"]):
    def visible_to(self, user: Any) -> Self:
        allowed = user.is_authenticated and (
            user.has_perm(Permission.VIEW_INCIDENT) or user.has_perm(Permission.MANAGE_PEOPLE)
        )
        return self if allowed else self.none()

    def refused(self) -> Self:
        """Those of which something was refused, and nobody has said yet that they know."""
        return self.filter(refused__gt=0).annotate(source_name=F("source__name"))


class AlertFeed(models.Model):
    """One source. What was not understood is counted here with our own reason: nothing of it is kept."""

    source = models.OneToOneField(User, on_delete=models.PROTECT, related_name="alert_feed")
    last_heard_at = models.DateTimeField(null=True, blank=True)
    # The rate: how many requests came in the minute that began then
    minute_at = models.DateTimeField(null=True, blank=True)
    used = models.PositiveIntegerField(default=0)
    # What was refused since somebody last said that they know
    refused = models.PositiveIntegerField(default=0)
    refused_since = models.DateTimeField(null=True, blank=True)
    refused_last_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why the last one was refused.")
    seen_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = AlertFeedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(refused=0) | (Q(refused_since__isnull=False) & ~Q(reason="")),
                name="alert_feed_refused_says_why",
            ),
        )

    def __str__(self) -> str:
        return str(self.source)
