"""One typed step of a version."""

from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.errors import Conflict
from accounts.models import ComponentKind
from sops.models.version import EDITABLE, SopVersion


class StepKind(models.TextChoices):
    CHECK = "check", "Check"
    ACTION = "action", "Action"
    MANUAL = "manual", "Manual"
    DECISION = "decision", "Decision"
    COMMUNICATE = "communicate", "Status update"
    ESCALATE = "escalate", "Escalate"


AUTOMATED = (StepKind.CHECK, StepKind.ACTION)


class StepQuerySet(models.QuerySet["Step"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the versions that the person sees."""
        return self.filter(version__in=SopVersion.objects.visible_to(user))


class Step(models.Model):
    """What is done, on what kind of target, and how. `sops.writing` says when it is whole."""

    Kind = StepKind

    version = models.ForeignKey(SopVersion, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    kind = models.CharField(max_length=15, choices=StepKind.choices)
    title = models.CharField(max_length=120, help_text="What is done, in one line.")
    instructions = models.TextField(max_length=2000, blank=True)
    action = models.CharField(
        max_length=40, blank=True, help_text="Of the catalogue; for checks and actions."
    )
    target_kind = models.CharField(max_length=20, choices=ComponentKind.choices, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    options = models.JSONField(
        default=list, blank=True,
        help_text='Of a decision: [{"answer": "Yes", "then": 8, "outcome": "restored"}]; or "then": "end".',
    )  # fmt: skip
    words = models.TextField(
        max_length=2000, blank=True, help_text="Of a status update. {service} and {next} are filled in."
    )
    stop_when_failed = models.BooleanField(default=False, help_text="A bad finding here stops the run.")

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ("version_id", "position")  # by the column: no join for each read
        constraints = (
            models.UniqueConstraint(fields=["version", "position"], name="step_position_once"),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="step_kind_known"),
            models.CheckConstraint(
                condition=Q(kind__in=["check", "action"]) & ~Q(action="") & ~Q(target_kind="")
                | ~Q(kind__in=["check", "action"]) & Q(action="", target_kind=""),
                name="step_names_its_action_and_target",
                violation_error_message="Checks and actions name their action and target; others do not.",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Step {self.position}: {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuses to change a version that was submitted."""
        self._refuse_fixed_version()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_fixed_version()
        return super().delete(*args, **kwargs)

    def _refuse_fixed_version(self) -> None:
        state = SopVersion.objects.filter(pk=self.version_id).values_list("state", flat=True).first()
        if state is not None and state not in EDITABLE:
            raise Conflict(
                "The steps of a submitted version cannot be changed", "Start a new version instead."
            )

    @property
    def is_automated(self) -> bool:
        return self.kind in AUTOMATED
