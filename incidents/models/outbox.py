"""The outbox: one row for each delivery, written in the transaction of the event that it announces."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from accounts.roles import Permission
from incidents.models.incident import Incident

# Events as people read them; upper floors name theirs so that they read well.
EVENT_WORDS = {
    "ticket": "the ticket", "note": "a note", "state": "the status",
    "summary": "the closing summary", "publish": "a status update",
    "fan_out": "a status update for all subscribers", "status_email": "a status update by e-mail",
    "webhook": "a status update by webhook", "confirmation": "the question whether it is wanted",
    "challenge": "the question whether it is wanted", "update": "a status update",
    "publish_maintenance": "a maintenance update", "snapshot": "the status pages",
    "glass_broken": "the alarm of break-glass",
    "rewrite": "notes without what was hidden", "purge": "the deletion of a note with patient data",
}  # fmt: skip


class OutboxQuerySet(models.QuerySet["OutboxRow"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.has_perm(Permission.VIEW_DELIVERY) else self.none()

    def waiting(self) -> Self:
        """Neither delivered nor dropped; parked rows wait too, for a person."""
        return self.filter(done_at=None, dropped_at=None)

    def is_behind(self) -> Q:
        """Whether something older of the same incident or lane, and destination, waits before it."""
        older = OutboxRow.objects.filter(
            destination=OuterRef("destination"), done_at=None, dropped_at=None, pk__lt=OuterRef("pk")
        )
        in_lane = older.exclude(lane="").filter(lane=OuterRef("lane"))
        return Q(Exists(older.filter(incident=OuterRef("incident")))) | Q(Exists(in_lane))

    def in_order_with(self, row: "OutboxRow") -> Self:
        """Those that keep an order with this row. Where it has neither incident nor lane, there is none."""
        if row.incident_id is None and not row.lane:
            return self.none()
        its_own = Q(incident=row.incident_id) if row.incident_id else Q(lane=row.lane)
        return self.filter(its_own, destination=row.destination)

    def due(self, at: datetime) -> Self:
        """Undone, not parked, its time has come, nobody holds it, and nothing older waits before it.

        Rows of no incident and no lane have no order among them.
        """
        free = Q(locked_until=None) | Q(locked_until__lt=at)
        return self.waiting().filter(free, parked_at=None, due_at__lte=at).exclude(self.is_behind())


class OutboxRow(models.Model):
    """A delivery to one destination. Its order within an incident and destination is the order of its id.

    Whoever announces holds the incident's row locked, so ids come in the order of the commits. A row of no
    incident may have a lane instead: one receiver that is away then holds up nobody else.
    """

    class Destination(models.TextChoices):
        FRESHDESK = "freshdesk", "Freshdesk"
        STATUS = "status", "Service Status"
        SNAPSHOT = "snapshot", "Status snapshot"
        SUBSCRIBERS = "subscribers", "Status subscribers"
        STATUSPAGE = "statuspage", "Statuspage"
        FRESHSTATUS = "freshstatus", "Freshstatus"
        CACHET = "cachet", "Cachet"
        INSTATUS = "instatus", "Instatus"
        PEOPLE = "people", "E-mail and pages"

    class Decision(models.TextChoices):
        RETRY = "retry", "Retry"
        DROP = "drop", "Drop"

    destination = models.CharField(max_length=12, choices=Destination.choices)
    event = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, null=True, related_name="deliveries")
    lane = models.CharField(
        max_length=60, blank=True, default="", help_text="Order among rows of no incident."
    )
    payload = models.JSONField(default=dict, help_text="Ids only: what is said is read when it is sent.")
    written_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(
        default=0,
        help_text="Attempts that went wrong with this row itself; a receiver that is away counts none.",
    )
    is_unsure = models.BooleanField(
        default=False, help_text="Sent, and no answer came: ask before sending again."
    )
    done_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    # What a person decided about it when it was parked, last
    decision = models.CharField(max_length=5, choices=Decision.choices, blank=True)
    decision_reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(
                fields=["due_at"], name="outbox_undone", condition=Q(done_at=None, dropped_at=None)
            ),
            models.Index(
                fields=["incident", "destination", "id"], name="outbox_order",
                condition=Q(done_at=None, dropped_at=None),
            ),
            models.Index(
                fields=["lane", "destination", "id"], name="outbox_lane",
                condition=Q(done_at=None, dropped_at=None) & ~Q(lane=""),
            ),
        )  # fmt: skip
        constraints = (
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(dropped_at=None), name="outbox_done_or_dropped"
            ),
            models.CheckConstraint(
                condition=Q(dropped_at=None) | ~Q(decision_reason=""), name="outbox_dropped_says_why"
            ),
            models.CheckConstraint(condition=Q(incident=None) | Q(lane=""), name="outbox_one_order"),
        )  # fmt: skip

    def __str__(self) -> str:
        return self.key

    @property
    def words(self) -> str:
        """What it is, for people: `a note`."""
        return EVENT_WORDS.get(self.event, self.event.replace("_", " "))


class Heartbeat(models.Model):
    """When a sweep last finished, so that the pages and `/readyz` see a worker that stopped."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
