"""What became of one step in one run: claimed, done, failed, or not known."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from accounts.models import Component, User
from accounts.roles import Side
from sops.models.run import Run
from sops.models.step import Step


class StepRunState(models.TextChoices):
    PENDING = "pending", "Not yet"
    WAITING = "waiting", "Waits for a person"
    CLAIMED = "claimed", "Running"
    UNDERWAY = "underway", "Under way"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Not known"
    SKIPPED = "skipped", "Left out"


class Risk(models.TextChoices):
    NONE = "", "By a person"
    READ = "read", "Reads only"
    CHANGE = "change", "Changes"
    DISRUPTIVE = "disruptive", "Disruptive"


HOLDS_FOR = timedelta(minutes=15)  # a confirmation, and the vendor's agreement to an elevated action
# It acts on its target now, or may have.
IN_FLIGHT = (StepRunState.CLAIMED, StepRunState.UNDERWAY, StepRunState.UNKNOWN)


class StepRunQuerySet(models.QuerySet["StepRun"]):
    def visible_to(self, user: Any) -> Self:
        """Those of the runs that the person sees."""
        return self.filter(run__in=Run.objects.visible_to(user))

    def in_flight_on(self, component: Component) -> Self:
        """Disruptive actions that act on this target now, or may have: one at a time."""
        return self.filter(component=component, is_disruptive=True, state__in=IN_FLIGHT)

    def disrupting_since(self, at: datetime, component: Component) -> Self:
        """Disruptive actions sent to this target after this instant, whatever came of it; last first."""
        sent = self.filter(component=component, is_disruptive=True, sent_at__gt=at, run__is_rehearsal=False)
        return sent.order_by("-sent_at")


class StepRun(models.Model):
    """The step as it was when the run began, its target, its claim and its result."""

    State = StepRunState

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="step_runs")
    position = models.PositiveSmallIntegerField()
    content = models.JSONField(default=dict, help_text="The step as it was when the run began.")
    state = models.CharField(max_length=10, choices=StepRunState.choices, default=StepRunState.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0, help_text="How often a worker has claimed it.")

    # What is done, and to what
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="step_runs"
    )
    action = models.CharField(max_length=40, blank=True)
    risk = models.CharField(max_length=10, choices=Risk.choices, blank=True)
    is_disruptive = models.BooleanField(default=False)
    is_elevated = models.BooleanField(default=False, help_text="Needs a second person, of the vendor.")
    parameters = models.JSONField(default=dict, blank=True)

    # The person's part
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    resource_id = models.CharField(
        max_length=400, blank=True, help_text="Of the target, as it was registered when it was confirmed."
    )
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agreed_at = models.DateTimeField(null=True, blank=True, help_text="By the vendor, to an elevated action.")
    agreed_side = models.CharField(max_length=10, blank=True, editable=False)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=120, blank=True)
    evidence = models.TextField(max_length=2000, blank=True)

    # The worker's part: the claim, and the deadlines that the sweep looks at
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True, help_text="The task that holds it.")
    claim_expires_at = models.DateTimeField(null=True, blank=True)
    losses = models.PositiveSmallIntegerField(default=0, help_text="How often a worker died with it.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the last attempt was sent.")
    turned_away = models.PositiveSmallIntegerField(default=0, help_text="How often it was asked to wait.")
    operation = models.JSONField(default=dict, blank=True, help_text="What goes on at the other side.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When it is looked at again.")
    gives_up_at = models.DateTimeField(null=True, blank=True, help_text="Until when it is looked at again.")

    # A look that settles what is not known: a check on the same target, asked for by a person
    look_asked_at = models.DateTimeField(null=True, blank=True)
    look_asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    looked_at = models.DateTimeField(null=True, blank=True)
    look_words = models.CharField(max_length=300, blank=True)
    look_is_bad = models.BooleanField(default=False)

    # What came of it
    summary = models.CharField(max_length=300, blank=True)
    is_bad = models.BooleanField(default=False)
    result = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = StepRunQuerySet.as_manager()

    class Meta:
        ordering = ("run_id", "position")  # by the column: no join for each read
        constraints = (
            models.UniqueConstraint(fields=["run", "position"], name="step_run_once_a_run"),
            models.UniqueConstraint(
                fields=["component"], condition=Q(is_disruptive=True, state__in=IN_FLIGHT),
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
                condition=Q(is_disruptive=False) | ~Q(state__in=[*IN_FLIGHT, "done"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, component__isnull=False),
                name="step_run_disruptive_was_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by=None)
                | Q(agreed_at__isnull=False, agreed_side=Side.VENDOR) & ~Q(agreed_by=F("confirmed_by")),
                name="step_run_agreed_by_another_of_the_vendor",
            ),
            models.CheckConstraint(
                condition=Q(is_elevated=False) | ~Q(state__in=[*IN_FLIGHT, "done"])
                | Q(agreed_by__isnull=False, confirmed_by__isnull=False),
                name="step_run_elevated_was_agreed",
            ),
            models.CheckConstraint(
                condition=~Q(state="underway") | Q(due_at__isnull=False, gives_up_at__isnull=False),
                name="step_run_underway_is_looked_at_again",
            ),
        )  # fmt: skip
        indexes = (models.Index(fields=["state", "claim_expires_at"]),)

    def __str__(self) -> str:
        return f"Step {self.position} of run {self.run_id}"

    @cached_property
    def step(self) -> Step:
        """The step as it was when the run began: its version may be a draft, and have changed since."""
        return Step(position=self.position, **self.content)

    @property
    def is_settled(self) -> bool:
        """The run may go past it: done, left out, or a person said what follows from its failure."""
        if self.state == StepRunState.FAILED:
            return self.decided_at is not None or self.risk == Risk.READ
        return self.state in (StepRunState.DONE, StepRunState.SKIPPED)

    def is_agreed_at(self, at: datetime) -> bool:
        """Whether an elevated action has the vendor's word, given in the last minutes; others need none."""
        if not self.is_elevated:
            return True
        return _holds(self.agreed_at, at)

    def is_confirmed_at(self, at: datetime) -> bool:
        """Whether a person has confirmed it in the last minutes."""
        return _holds(self.confirmed_at, at)

    def forget_words(self) -> None:
        """Neither the confirmation nor the vendor's agreement counts any more: both are asked for again."""
        self.confirmed_by, self.confirmed_at, self.resource_id = None, None, ""
        self.agreed_by, self.agreed_at, self.agreed_side = None, None, ""

    @property
    def has_begun(self) -> bool:
        """It was done, or sent, whatever came of it."""
        return self.state not in (StepRunState.PENDING, StepRunState.WAITING, StepRunState.SKIPPED)

    @property
    def is_left_out(self) -> bool:
        return self.state == StepRunState.SKIPPED

    @property
    def sends(self) -> int:
        """How often it was sent and not turned away: each may have done something."""
        return self.attempt - self.turned_away

    @property
    def is_tried_again(self) -> bool:
        """It was sent, and waits for a new word all the same."""
        return self.state == StepRunState.WAITING and self.attempt > 0 and self.risk != Risk.READ

    @property
    def is_good(self) -> bool:
        return self.state == StepRunState.DONE and not self.is_bad

    @property
    def sentence(self) -> str:
        """What the run shows of it afterwards, in one line."""
        if self.risk == Risk.READ and self.summary:
            return f"{self.step.title}: {self.summary}"
        return self.summary or self.step.title


def _holds(given_at: datetime | None, at: datetime) -> bool:
    """Whether a word still counts. One from the future comes from a clock that was wrong, then or now."""
    return given_at is not None and abs(at - given_at) <= HOLDS_FOR
