"""An incident for which there was no SOP: counted, so that the vendor writes one."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.roles import Permission
from incidents.models import Incident


class SopGapQuerySet(models.QuerySet["SopGap"]):
    def visible_to(self, user: Any) -> Self:
        """As runs: what was missing is for both organisations to read."""
        return self if user.has_perm(Permission.VIEW_RUN) else self.none()

    def counted(self) -> Self:
        """What reports and the coverage matrix count: rehearsals never."""
        return self.filter(incident__is_rehearsal=False)


class SopGap(models.Model):
    """Somebody looked for an SOP that fits, found none, and escalated. Once an incident."""

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="sop_gap")
    reason = models.CharField(max_length=500, help_text="What an SOP would have had to do.")
    stated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField()

    objects = SopGapQuerySet.as_manager()

    class Meta:
        verbose_name = "SOP gap"
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=~Q(reason=""), name="sop_gap_says_what"),)

    def __str__(self) -> str:
        return f"No SOP for {self.incident}"
