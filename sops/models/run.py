"""One run of one version on one incident."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.roles import Permission
from incidents.models import Incident
from sops.models.version import SopVersion

if TYPE_CHECKING:
    from sops.models.step_run import StepRun


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waits for a person"
    STOPPED = "stopped", "Stopped"
    FINISHED = "finished", "Finished"


class Outcome(models.TextChoices):
    RESTORED = "restored", "Service restored"
    NOT_RESTORED = "not_restored", "Service not restored"


ACTIVE = (RunState.RUNNING, RunState.WAITING)


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: Any) -> Self:
        """Runs hold what both organisations may read. Whoever may see runs sees them all."""
        return self if user.has_perm(Permission.VIEW_RUN) else self.none()

    def active(self) -> Self:
        return self.filter(state__in=ACTIVE)

    def counted(self) -> Self:
        """What reports count: rehearsals never."""
        return self.filter(is_rehearsal=False)

    def newest_first(self) -> Self:
        return self.select_related("version__sop", "incident__customer", "started_by").order_by("-id")


class Run(models.Model):
    """Pinned to its version. `sops.engine` and `sops.services.runs` alone move it, under its row's lock."""

    State = RunState
    Outcome = Outcome

    version = models.ForeignKey(SopVersion, on_delete=models.PROTECT, related_name="runs")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="runs")
    is_rehearsal = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    outcome = models.CharField(max_length=15, choices=Outcome.choices, blank=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    is_stop_requested = models.BooleanField(default=False)
    stopped_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    stop_reason = models.CharField(max_length=500, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["incident"],
                condition=Q(state__in=["running", "waiting"]),
                name="run_one_active_per_incident",
            ),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["running", "waiting"], ended_at=None)
                | Q(state="finished", ended_at__isnull=False) & ~Q(outcome="")
                | Q(state="stopped", ended_at__isnull=False, stopped_by__isnull=False) & ~Q(stop_reason=""),
                name="run_ended_says_how",
            ),
        )

    def __str__(self) -> str:
        return f"Run {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    # Of the step runs, which the caller has fetched (`prefetch_related("step_runs__step")`)

    @property
    def current(self) -> "StepRun | None":
        """The first step that is not settled; None when all are, or when the run has ended."""
        if not self.is_active:
            return None
        return next((each for each in self.ordered if not each.is_settled), None)

    @property
    def ordered(self) -> "list[StepRun]":
        rows: list[StepRun] = list(self.step_runs.all())
        return sorted(rows, key=lambda each: each.position)

    @property
    def past(self) -> "list[StepRun]":
        return [each for each in self.ordered if each.is_settled and each.state != each.State.SKIPPED]

    @property
    def then(self) -> "list[StepRun]":
        current = self.current
        return (
            [each for each in self.ordered if not each.is_settled and each != current]
            if self.is_active
            else []
        )

    @property
    def length(self) -> int:
        return len(self.ordered)
