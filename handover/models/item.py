"""One incident in a handover: what is told of it, and what the receiver answered."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django_fsm import transition

from accounts.models import User
from accounts.roles import Permission
from handover.models.handover import Handover, may_answer
from incidents.fsm import StateField, StatefulModel
from incidents.models import Incident

# In the order of the page: situation, background, assessment, next, and what completes them.
SECTIONS = ("situation", "background", "assessment", "next_steps", "not_tried", "promises")


class ItemState(models.TextChoices):
    WAITING = "waiting", "Waits for an answer"
    ACCEPTED = "accepted", "Accepted"
    REFUSED = "refused", "Refused"
    LAPSED = "lapsed", "Closed meanwhile"


class Severity(models.TextChoices):
    CRITICAL = "critical", "Critical"
    WATCH = "watch", "Watch"
    STABLE = "stable", "Stable"


def may_answer_item(item: "HandoverItem", user: User) -> bool:
    return may_answer(item.handover, user)


class HandoverItemQuerySet(models.QuerySet["HandoverItem"]):
    def visible_to(self, user: Any) -> Self:
        """The items of the incidents that the person sees."""
        if not user.is_authenticated or not user.has_perm(Permission.VIEW_HANDOVER):
            return self.none()
        if user.has_perm(Permission.VIEW_INCIDENT):
            return self
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def waiting(self) -> Self:
        return self.filter(state=ItemState.WAITING)

    def shown(self) -> Self:
        """With what a page shows beside the words."""
        return self.select_related("incident__customer", "incident__service", "answered_by")


class HandoverItem(StatefulModel):
    """Situation, background, assessment, next: drafted from what happened, edited until it is offered."""

    State = ItemState
    Severity = Severity

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="items")
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="handover_items")
    position = models.PositiveSmallIntegerField()
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.CRITICAL)
    situation = models.TextField(max_length=3000)
    background = models.TextField(max_length=3000, blank=True)
    assessment = models.TextField(max_length=3000, blank=True)
    next_steps = models.TextField(max_length=3000, blank=True)
    not_tried = models.TextField(max_length=3000, blank=True)
    promises = models.TextField(max_length=3000, blank=True)
    edited = models.JSONField(default=list, blank=True, help_text="What a person wrote: never drafted over.")

    state = StateField(choices=ItemState.choices, default=ItemState.WAITING)
    read_back = models.TextField(max_length=2000, blank=True)
    refuse_reason = models.TextField(max_length=2000, blank=True)
    outcome = models.CharField(max_length=200, blank=True, help_text="What became of it meanwhile.")
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = HandoverItemQuerySet.as_manager()

    class Meta:
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(fields=["handover", "incident"], name="handover_item_once"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="handover_item_state_known"),
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values), name="handover_item_severity_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted")
                | Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(read_back=""),
                name="handover_item_accepted_was_read_back",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused")
                | Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(refuse_reason=""),
                name="handover_item_refused_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="lapsed") | ~Q(outcome=""), name="handover_item_lapsed_says_what"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Item {self.pk} of handover {self.handover_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk and Handover.objects.filter(pk=self.handover_id, state=Handover.State.CLOSED).exists():
            raise TypeError("An item of a closed handover is never changed. Write an addendum.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An item of a handover is never deleted.")

    @property
    def is_waiting(self) -> bool:
        return self.state == ItemState.WAITING

    # The transitions: own fields only. `self.handover` is fetched with the item.

    @transition(field=state, source=ItemState.WAITING, target=ItemState.ACCEPTED, permission=may_answer_item)
    def accept(self, *, by: User, at: datetime, read_back: str) -> None:
        self.read_back, self.answered_by, self.answered_at = read_back, by, at

    @transition(field=state, source=ItemState.WAITING, target=ItemState.REFUSED, permission=may_answer_item)
    def refuse(self, *, by: User, at: datetime, reason: str) -> None:
        self.refuse_reason, self.answered_by, self.answered_at = reason, by, at

    @transition(field=state, source=ItemState.WAITING, target=ItemState.LAPSED)
    def lapse(self, *, outcome: str) -> None:
        """The incident was closed, or is with the other side already: nothing to answer."""
        self.outcome = outcome[:200]

    @transition(field=state, source=ItemState.LAPSED, target=ItemState.WAITING)
    def renew(self) -> None:
        """It came back while the handover was still a draft."""
        self.outcome = ""
