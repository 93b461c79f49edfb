"""One run of one version on one incident."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Service, User
from accounts.roles import Permission, Side
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
    WORKED = "worked", "Worked as written"
    DID_NOT_WORK = "did_not_work", "Did not work as written"


ACTIVE = (RunState.RUNNING, RunState.WAITING)
RunOutcome = Outcome  # inside the class of runs the name is the class's own
OF_INCIDENTS = (Outcome.RESTORED, Outcome.NOT_RESTORED)
OF_REHEARSALS = (Outcome.WORKED, Outcome.DID_NOT_WORK)


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, user: Any) -> Self:
        """Runs hold what both organisations may read, but rehearsals of what was never approved."""
        if not user.has_perm(Permission.VIEW_RUN):
            return self.none()
        if user.side == Side.VENDOR:
            return self
        return self.filter(Q(is_rehearsal=False) | Q(version__approved_at__isnull=False))

    def active(self) -> Self:
        return self.filter(state__in=ACTIVE)

    def counted(self) -> Self:
        """What reports count: rehearsals never."""
        return self.filter(is_rehearsal=False)

    def newest_first(self) -> Self:
        return self.select_related("version__sop", "incident", "customer", "started_by").order_by("-id")

    def proving(self, content_hash: str | F) -> Self:
        """Rehearsals that came to their end, and worked, with just these words and steps."""
        return self.filter(is_rehearsal=True, outcome=Outcome.WORKED, content_hash=content_hash)


class Run(models.Model):
    """Pinned to its version. `sops.engine` and `sops.services.runs` alone move it, under its row's lock."""

    State = RunState
    Outcome = Outcome

    version = models.ForeignKey(SopVersion, on_delete=models.PROTECT, related_name="runs")
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="runs",
        help_text="Empty: a rehearsal.",
    )  # fmt: skip
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="runs")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="runs")
    is_rehearsal = models.BooleanField(default=False)
    content_hash = models.CharField(
        "fingerprint", max_length=64, blank=True, help_text="Of the version, as it was when the run began."
    )
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
                condition=Q(is_rehearsal=True) | Q(incident__isnull=False),
                name="run_without_incident_is_a_rehearsal",
            ),
            models.CheckConstraint(
                condition=Q(outcome="")
                | Q(is_rehearsal=True, outcome__in=OF_REHEARSALS)
                | Q(is_rehearsal=False, outcome__in=OF_INCIDENTS),
                name="run_outcome_fits_its_kind",
            ),
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

    @property
    def outcomes(self) -> "tuple[RunOutcome, RunOutcome]":
        """What may be said at its end: the good one first."""
        return OF_REHEARSALS if self.is_rehearsal else OF_INCIDENTS

    # Of the step runs, which the caller has fetched (`prefetch_related("step_runs")`)

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
        """What was done, or sent: of a run that has ended also what went wrong and was not dealt with."""
        current = self.current
        return [each for each in self.ordered if each != current and each.has_begun]

    @property
    def not_done(self) -> "list[StepRun]":
        """What an answer led past, or a stop left."""
        return [each for each in self.ordered if each.is_left_out]

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
