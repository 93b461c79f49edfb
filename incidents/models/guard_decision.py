"""What the patient-data guard found and what became of it: the kind and the count, never the text."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission, Side
from incidents.models.incident import Incident
from incidents.pid import KIND_WORDS

KINDS = [(kind, words[0].upper() + words[1:]) for kind, words in KIND_WORDS.items()]


class GuardDecisionQuerySet(models.QuerySet["GuardDecision"]):
    def visible_to(self, user: Any) -> Self:
        """For those who see reports; a partner's auditor meets what the partner's people typed."""
        if not user.is_authenticated or not user.has_perm(Permission.VIEW_REPORT):
            return self.none()
        return self if user.side == Side.VENDOR else self.filter(by__organisation__side=user.side)


class GuardDecision(models.Model):
    """One kind in one field: refused, sent as it is by a person who looked twice, masked, or let pass."""

    class Decision(models.TextChoices):
        REFUSED = "refused", "Refused"
        SENT = "sent", "Sent as it is"
        MASKED = "masked", "Masked on its way in"
        PASSED = "passed", "Passed, by the API"

    class Level(models.TextChoices):
        BLOCK = "block", "Block"
        WARN = "warn", "Warn"

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="guard_decisions"
    )
    field = models.CharField(max_length=60, help_text="Which field, by its name.")
    place = models.CharField(max_length=120, blank=True, help_text="Which page, answer or task.")
    kind = models.CharField(max_length=20, choices=KINDS)
    count = models.PositiveSmallIntegerField(default=1)
    level = models.CharField(max_length=5, choices=Level.choices)
    decision = models.CharField(max_length=10, choices=Decision.choices)

    objects = GuardDecisionQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["at"], name="guard_decision_at"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(level="block") | Q(decision__in=["refused", "masked"]),
                name="guard_decision_never_lets_block_pass",
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="guard_decision_counts"),
        )

    def __str__(self) -> str:
        return f"{self.get_decision_display()}: {self.get_kind_display()}"
