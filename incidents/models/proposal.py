"""What monitoring proposes. A person logs it as an incident, or says why not."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import Component, Customer, Service, User
from accounts.roles import Permission
from incidents.models.incident import Incident


class ReceivedQuerySet(models.QuerySet["ReceivedAlerts"]):
    def undone(self) -> Self:
        return self.filter(done_at=None)

    def due(self, at: datetime, tries: int, rest: timedelta) -> Self:
        """Undone, and not in the rest after its last try: `rest` after the first, then twice as long each."""
        turn = Q(failures=0)
        for failures in range(1, tries + 1):
            turn |= Q(failures=failures, received_at__lte=at - rest * (2**failures - 1))
        turn |= Q(failures__gt=tries, received_at__lte=at - rest * 2 ** (tries + 1))
        return self.undone().filter(turn).order_by("pk")


class ReceivedAlerts(models.Model):
    """What a source sent and we understood, until a task has proposed it: the source is answered first."""

    source = models.CharField(max_length=20)
    alerts = models.JSONField(help_text="As read: our own fields, not the body that came.")
    received_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    objects = ReceivedQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["id"], name="received_undone", condition=Q(done_at=None)),)
        verbose_name_plural = "received alerts"

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.has_perm(Permission.VIEW_INCIDENT) else self.none()

    def waiting(self) -> Self:
        return self.filter(state=Proposal.State.WAITING)

    def to_tell(self) -> Self:
        """Those that should wake somebody, have woken nobody, and are not over already."""
        return self.waiting().filter(pages=True, told_at=None, cleared_at=None)


class Proposal(models.Model):
    """An alert that may be an incident. Repeats of the same alert join it; a waiting one is never doubled."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        TAKEN = "taken", "Logged as an incident"
        DISMISSED = "dismissed", "Dismissed"

    source = models.CharField(max_length=20)
    dedup_key = models.CharField(max_length=400)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    title = models.CharField(max_length=200)
    summary = models.TextField(max_length=2000, blank=True)
    pages = models.BooleanField(default=False, help_text="Whether the person on call is told at night.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the person on call was told.")
    severity = models.CharField(max_length=40, blank=True)
    monitor = models.CharField(max_length=200, blank=True)
    targets = models.JSONField(default=list)
    labels = models.JSONField(default=dict)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    fired_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    times_seen = models.PositiveIntegerField(default=1)
    cleared_at = models.DateTimeField(
        null=True, blank=True, help_text="When monitoring said that it is over."
    )
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        ordering = ("-fired_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["source", "dedup_key"], condition=Q(state="waiting"), name="proposal_waits_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | ~Q(reason=""), name="proposal_dismissed_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="taken") | Q(incident__isnull=False), name="proposal_taken_has_incident"
            ),
        )

    def __str__(self) -> str:
        return self.title
