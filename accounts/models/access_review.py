"""The sheet of a quarter: who holds what, and of each person whether it stays."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from accounts.models.user import User
from accounts.roles import Permission

if TYPE_CHECKING:
    from datetime import datetime


class AccessReviewQuerySet(models.QuerySet["AccessReview"]):
    def visible_to(self, user: Any) -> Self:
        """For who reviews access, and the vendor's auditors who prove that it was done."""
        may = user.is_authenticated and user.has_perm(Permission.REVIEW_ACCESS)
        is_auditor = user.is_authenticated and user.has_perm(Permission.VIEW_AUDIT) and user.side == "vendor"
        return self if may or is_auditor else self.none()


class AccessReview(models.Model):
    """Begun and finished by somebody; between the two everybody is confirmed or ended."""

    quarter = models.CharField(max_length=7, unique=True, help_text="Such as 2026-Q4.")
    begun_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    begun_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    finished_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True
    )
    finished_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = AccessReviewQuerySet.as_manager()

    class Meta:
        ordering = ("-quarter",)

    def __str__(self) -> str:
        return f"Access review {self.quarter}"


class AccessDecision(models.Model):
    """What was decided of one person, and what they held at that moment."""

    class Answer(models.TextChoices):
        KEEP = "keep", "Stays"
        END = "end", "Ends"

    review = models.ForeignKey(AccessReview, on_delete=models.PROTECT, related_name="decisions")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=4, choices=Answer.choices)
    held = models.CharField(max_length=300, blank=True, help_text="The roles at that moment.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["review", "person"], name="decided_once_a_quarter"),
            models.CheckConstraint(condition=~Q(by=models.F("person")), name="nobody_decides_of_themselves"),
        )

    def __str__(self) -> str:
        return f"{self.person}: {self.get_answer_display()}"
