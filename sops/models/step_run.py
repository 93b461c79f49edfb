"""What became of one step in one run: claimed, done, failed, or not known."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import Component, User
from accounts.roles import Permission
from sops.models.run import Run
from sops.models.step import Step


class StepRunState(models.TextChoices):
    PENDING = "pending", "Not yet"
    WAITING = "waiting", "Waits for a person"
    CLAIMED = "claimed", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Not known"
    SKIPPED = "skipped", "Left out"


class Risk(models.TextChoices):
    NONE = "", "By a person"
    READ = "read", "Reads only"
    CHANGE = "change", "Changes"
    DISRUPTIVE = "disruptive", "Disruptive"


class StepRunQuerySet(models.QuerySet["StepRun"]):
    def visible_to(self, user: Any) -> Self:
        """As the runs themselves."""
        return self if user.has_perm(Permission.VIEW_RUN) else self.none()

    def in_flight_on(self, component: Component) -> Self:
        """Disruptive actions that act on this target now, or may have: one at a time."""
        states = (StepRunState.CLAIMED, StepRunState.UNKNOWN)
        return self.filter(component=component, is_disruptive=True, state__in=states)


class StepRun(models.Model):
    """The step as it was when the run began, its target, its claim and its result."""

    State = StepRunState

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="step_runs")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="step_runs")
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=StepRunState.choices, default=StepRunState.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="How often a worker has claimed it.")

    # What is done, and to what
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="step_runs"
    )
    action = models.CharField(max_length=40, blank=True)
    risk = models.CharField(max_length=10, choices=Risk.choices, blank=True)
    is_disruptive = models.BooleanField(default=False)
    parameters = models.JSONField(default=dict, blank=True)

    # The person's part
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=120, blank=True)
    evidence = models.TextField(max_length=2000, blank=True)

    # The worker's part: the claim, and the deadlines that the sweep looks at
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True, help_text="The task that holds it.")
    claim_expires_at = models.DateTimeField(null=True, blank=True)
    losses = models.PositiveSmallIntegerField(default=0, help_text="How often a worker died with it.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="A check that looks again: when.")
    gives_up_at = models.DateTimeField(
        null=True, blank=True, help_text="A check that looks again: until when."
    )

    # What came of it
    summary = models.CharField(max_length=300, blank=True)
    is_bad = models.BooleanField(default=False)
    result = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StepRunQuerySet.as_manager()

    class Meta:
        ordering = ("run", "position")
        constraints = (
            models.UniqueConstraint(fields=["run", "step"], name="step_run_once_a_run"),
            models.UniqueConstraint(
                fields=["component"], condition=Q(is_disruptive=True, state__in=["claimed", "unknown"]),
                name="step_run_one_disruptive_per_target",
            ),
            models.CheckConstraint(condition=Q(state__in=StepRunState.values), name="step_run_state_known"),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(claimed_at__isnull=False, claim_expires_at__isnull=False)
                & ~Q(claimed_by=""),
                name="step_run_claimed_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(is_disruptive=False) | Q(risk="disruptive"), name="step_run_disruptive_is_a_risk"
            ),
            models.CheckConstraint(
                condition=Q(is_disruptive=False) | ~Q(state__in=["claimed", "done", "unknown"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, component__isnull=False),
                name="step_run_disruptive_was_confirmed",
            ),
        )  # fmt: skip
        indexes = (models.Index(fields=["state", "claim_expires_at"]),)

    def __str__(self) -> str:
        return f"Step {self.position} of run {self.run_id}"

    @property
    def is_settled(self) -> bool:
        """The run may go past it: done, left out, or a person said what follows from its failure."""
        if self.state == StepRunState.FAILED:
            return self.decided_at is not None or self.risk == Risk.READ
        return self.state in (StepRunState.DONE, StepRunState.SKIPPED)

    @property
    def is_good(self) -> bool:
        return self.state == StepRunState.DONE and not self.is_bad

    @property
    def sentence(self) -> str:
        """What the run shows of it afterwards, in one line."""
        if self.risk == Risk.READ and self.summary:
            return f"{self.step.title}: {self.summary}"
        return self.summary or self.step.title
