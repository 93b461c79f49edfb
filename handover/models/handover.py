"""A handover: from whom to whom, in which call, and which state may follow which."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django_fsm import transition

from accounts.models import User
from accounts.roles import Permission, Side
from handover import calls
from incidents.fsm import StateField, StatefulModel
from incidents.local_time import format_day_time
from incidents.models import Incident


class Direction(models.TextChoices):
    TO_VENDOR = calls.TO_VENDOR, "Service partner to service desk"
    TO_PARTNER = calls.TO_PARTNER, "Service desk to service partner"
    SHIFT = "shift", "Shift change of the service partner"


class HandoverState(models.TextChoices):
    DRAFT = "draft", "Draft"
    OFFERED = "offered", "Offered"
    CLOSED = "closed", "Closed"
    LAPSED = "lapsed", "Not offered"


OPEN = (HandoverState.DRAFT, HandoverState.OFFERED)
HANDS_OVER = {
    Direction.TO_VENDOR: Side.PARTNER,
    Direction.TO_PARTNER: Side.VENDOR,
    Direction.SHIFT: Side.PARTNER,
}
TAKES_OVER = {
    Direction.TO_VENDOR: Permission.HAND_OVER_INCIDENT,
    Direction.TO_PARTNER: Permission.HAND_BACK_INCIDENT,
    Direction.SHIFT: Permission.HAND_BACK_INCIDENT,
}
# What is said of the call may be written when it has ended, after the last answer; all else is frozen then.
CALL_RECORD = frozenset({"call_began_at", "call_ended_at", "participants"})


def may_hand_over(direction: str, user: User) -> bool:
    """Somebody of the side that has the incidents, with the right to offer."""
    return user.has_perm(Permission.OFFER_HANDOVER) and user.side == HANDS_OVER[Direction(direction)]


def may_offer(handover: "Handover", user: User) -> bool:
    """The side that has them; at a shift change only the person whose incidents they are."""
    is_own = handover.direction != Direction.SHIFT or handover.from_user_id == user.pk
    return may_hand_over(handover.direction, user) and is_own


def may_answer(handover: "Handover", user: User) -> bool:
    """Somebody of the receiving side who may own incidents. Nobody answers their own offer."""
    takes_over = TAKES_OVER[Direction(handover.direction)]
    allowed = user.has_perm(Permission.ACCEPT_HANDOVER) and user.has_perm(takes_over)
    return allowed and user.pk != handover.from_user_id


class HandoverQuerySet(models.QuerySet["Handover"]):
    def visible_to(self, user: Any) -> Self:
        """Both organisations see all; somebody who sees single incidents, the handovers with one of those."""
        if not user.is_authenticated or not user.has_perm(Permission.VIEW_HANDOVER):
            return self.none()
        if user.has_perm(Permission.VIEW_INCIDENT):
            return self
        from handover.models.item import HandoverItem

        items = HandoverItem.objects.filter(
            handover=OuterRef("pk"), incident__in=Incident.objects.visible_to(user)
        )  # fmt: skip
        return self.filter(Exists(items))

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def with_people(self) -> Self:
        return self.select_related("from_user__organisation", "to_user__organisation")


class Handover(StatefulModel):
    """One handover document. Frozen and hashed when its last item is answered; then only addenda."""

    State = HandoverState

    direction = models.CharField(max_length=12, choices=Direction.choices)
    call_at = models.DateTimeField(help_text="When the call begins, or the shift ends.")
    state = StateField(choices=HandoverState.choices, default=HandoverState.DRAFT)
    from_user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    to_user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    drafted_at = models.DateTimeField()
    offered_at = models.DateTimeField(null=True, blank=True)
    leads_paged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    is_nothing = models.BooleanField("nothing to hand over", default=False)
    statement = models.TextField(max_length=2000, blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    call_began_at = models.DateTimeField(null=True, blank=True)
    call_ended_at = models.DateTimeField(null=True, blank=True)
    participants = models.CharField(max_length=300, blank=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        ordering = ("-call_at", "-id")
        indexes = (models.Index(fields=["state", "offered_at"]),)
        constraints = (
            models.CheckConstraint(
                condition=Q(direction__in=Direction.values), name="handover_direction_known"
            ),
            models.CheckConstraint(condition=Q(state__in=HandoverState.values), name="handover_state_known"),
            models.UniqueConstraint(
                fields=["direction", "call_at"], name="handover_one_open_for_each_call",
                condition=~Q(direction="shift") & Q(state__in=["draft", "offered"]),
            ),
            models.UniqueConstraint(
                fields=["from_user"], name="handover_one_shift_change_at_a_time",
                condition=Q(direction="shift", state__in=["draft", "offered"]),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["offered", "closed"]) | Q(offered_at__isnull=False),
                name="handover_offered_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") | Q(closed_at__isnull=False) & ~Q(content_hash=""),
                name="handover_closed_is_hashed",
            ),
            models.CheckConstraint(
                condition=Q(is_nothing=False) | ~Q(statement=""), name="handover_nothing_is_a_statement"
            ),
            models.CheckConstraint(
                condition=Q(call_ended_at=None)
                | Q(call_began_at__isnull=False, call_ended_at__gte=F("call_began_at")),
                name="handover_call_ends_after_it_begins",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_direction_display()}, {format_day_time(self.call_at)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A closed handover is frozen: only the record of its call may still be written."""
        names = kwargs.get("update_fields")
        is_call_record = names is not None and set(names) <= CALL_RECORD
        closed = Handover.objects.filter(pk=self.pk, state=HandoverState.CLOSED)
        if self.pk and not is_call_record and closed.exists():
            raise TypeError("A closed handover is never changed. Write an addendum.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A handover is never deleted.")

    # Facts of one object, without a query

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_shift(self) -> bool:
        return self.direction == Direction.SHIFT

    @property
    def hands_over(self) -> Side:
        return HANDS_OVER[Direction(self.direction)]

    @property
    def receiver_words(self) -> str:
        words = {
            Direction.TO_VENDOR: "the service desk", Direction.TO_PARTNER: "the service partner",
            Direction.SHIFT: "the next shift",
        }  # fmt: skip
        return words[Direction(self.direction)]

    @property
    def giver_words(self) -> str:
        return "the service desk" if self.hands_over == Side.VENDOR else "the service partner"

    # The transitions: own fields only

    @transition(field=state, source=HandoverState.DRAFT, target=HandoverState.OFFERED, permission=may_offer)
    def offer(self, *, by: User, at: datetime, statement: str) -> None:
        self.from_user, self.offered_at = by, at
        self.is_nothing, self.statement = bool(statement), statement

    @transition(field=state, source=HandoverState.OFFERED, target=HandoverState.DRAFT, permission=may_offer)
    def take_back(self, *, by: User) -> None:
        """To put in what came since. Only before the first answer: `handover.handing` sees to that."""
        self.offered_at, self.leads_paged_at = None, None
        self.is_nothing, self.statement = False, ""

    @transition(field=state, source=HandoverState.OFFERED, target=HandoverState.CLOSED)
    def close(self, *, at: datetime) -> None:
        self.closed_at = at

    @transition(field=state, source=HandoverState.DRAFT, target=HandoverState.LAPSED)
    def lapse(self) -> None:
        """The next call of its direction came, and nobody had offered it."""
