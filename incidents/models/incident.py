"""An incident: its facts, its states, and which state may follow which, by whom."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django_fsm import RETURN_VALUE, transition

from accounts.models import Component, Customer, Service, User
from accounts.roles import Permission, Side
from incidents.fsm import StateField, StatefulModel, allows

REOPEN_WITHIN = timedelta(hours=72)
UPDATE_SOON = timedelta(minutes=15)
FIRST_UPDATE_WITHIN = timedelta(minutes=5)  # the caller is told so, once the gate has let the call in


class State(models.TextChoices):
    LOGGED = "logged", "Logged"
    TRIAGING = "triaging", "Triaging"
    SOP = "sop", "SOP"
    ESCALATED = "escalated", "Escalated"
    HANDED_OVER = "handed_over", "Handed over"
    RESOLVED = "resolved", "Resolved"
    DECLINED = "declined", "Declined"


def public_token() -> str:
    """Eight letters and digits without vowels: its address on the public page, which reveals nothing."""
    return "".join(secrets.choice("bcdfghjkmnpqrstvwxz23456789") for _ in range(8))


CLOSED = (State.RESOLVED, State.DECLINED)
OPEN = tuple(state for state in State if state not in CLOSED)


def sop_is_not_running(incident: "Incident") -> bool:
    """A run stops at a step boundary before the incident leaves `sop`."""
    return not incident.has_running_sop


def gate_is_open(incident: "Incident") -> bool:
    """The gate accepted the call, or a lead said why it is dealt with all the same."""
    return incident.gate_outcome == Incident.Gate.ACCEPT or bool(incident.override_reason)


def last_update_says_resolved(incident: "Incident") -> bool:
    """What the public was told last is that it is resolved, or the public was never told of it."""
    return incident.public_phase in ("", "resolved")


# What a person reads when a condition of a transition is not met.
CONDITION_WORDS = {
    sop_is_not_running: "an SOP runs on it. Finish or stop the run first",
    gate_is_open: "the gate has not let it in. A lead can override the gate with a reason",
    last_update_says_resolved: "the last status update does not say that it is resolved. Post one that does",
}


class IncidentQuerySet(models.QuerySet["Incident"]):
    def visible_to(self, user: Any) -> Self:
        """The only way in: all for roles that see incidents, the escalated for specialists, else grants."""
        if not user.is_authenticated or not user.is_working:
            return self.none()
        if user.has_perm(Permission.VIEW_INCIDENT):
            return self
        from incidents.models.grant import IncidentGrant

        granted = Q(pk__in=IncidentGrant.objects.held_by(user).values("content_object_id"))
        if user.has_perm(Permission.VIEW_PRODUCT_NOTE):
            granted |= Q(escalated_at__isnull=False)
        return self.filter(granted)

    def for_sync(self, user: Any) -> Self:
        """What the ticket sync may read of incidents: all that are real, and it sees them nowhere else."""
        if not user.is_authenticated or not user.has_perm(Permission.SYNC_TICKET):
            return self.none()
        return self.counted()

    def open(self) -> Self:
        return self.filter(state__in=OPEN)

    def closed(self) -> Self:
        return self.filter(state__in=CLOSED)

    def on_board(self, which: Q | None = None) -> Self:
        """The open ones, or others, the soonest promise first, with all that a row of the board shows."""
        promised = models.F("next_update_due_at").asc(nulls_last=True)
        return (
            self.filter(which or Q(state__in=OPEN))
            .select_related("customer", "service", "owner__organisation", "ticket")
            .order_by(promised, "logged_at")
        )

    def for_board(self, at: datetime) -> Self:
        """Besides those on the board, of the closed what it may have to tell: the one closed last, and those
        whose ticket was opened again while they may be reopened.
        """
        last = self.closed().order_by("-changed_at").values("pk")[:1]
        reopened = Q(ticket__reopened_at__isnull=False, resolved_at__gte=at - REOPEN_WITHIN)
        return self.on_board(Q(state__in=OPEN) | reopened | Q(pk__in=models.Subquery(last)))

    def counted(self) -> Self:
        """What reports count: rehearsals never."""
        return self.filter(is_rehearsal=False)


class Incident(StatefulModel):
    """One P1 call or alert from log to resolved. Nothing of it is deleted."""

    class Source(models.TextChoices):
        PHONE = "phone", "Telephone"
        API = "api", "Service desk"
        ALERT = "alert", "Monitoring alert"

    class Gate(models.TextChoices):
        ACCEPT = "accept", "Accepted"
        DECLINE = "decline", "Not covered"
        PASS_TO_LEAD = "pass_to_lead", "For the duty lead"
        ASK = "ask", "Not known yet"

    class Answer(models.TextChoices):
        YES = "yes", "Yes"
        NO = "no", "No"
        UNKNOWN = "unknown", "Not known"

    class Failure(models.TextChoices):
        CANNOT_SIGN_IN = "cannot_sign_in", "Nobody can sign in"
        DOES_NOT_OPEN = "does_not_open", "Does not open"
        MESSAGES_NOT_PROCESSED = "messages_not_processed", "Clinical messages are not processed"
        SLOW = "slow", "Slow"
        PARTIAL = "partial", "Some parts do not work"
        PRINTING = "printing", "Printing"
        DATA = "data", "Wrong or missing data"
        HOW_TO = "how_to", "How to do something"
        OTHER = "other", "Something else"

    class Who(models.TextChoices):
        EVERYONE_ALL_SITES = "everyone_all_sites", "Everyone, at every site"
        EVERYONE_ONE_SITE = "everyone_one_site", "Everyone at one site"
        DEPARTMENT = "department", "One ward or department"
        ONE_PERSON = "one_person", "One person or one printer"
        UNKNOWN = "unknown", "Not known"

    class Continuity(models.TextChoices):
        IN_USE = "in_use", "In use"
        NOT_IN_USE = "not_in_use", "Not in use"
        UNKNOWN = "unknown", "Not known"

    reference = models.CharField(max_length=20, unique=True, editable=False)
    public_id = models.CharField(max_length=8, unique=True, default=public_token, editable=False)
    state = StateField(choices=State.choices, default=State.LOGGED)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PHONE)
    is_rehearsal = models.BooleanField(default=False)

    # What the caller said, in the order of the call
    caller_name = models.CharField(max_length=120)
    call_back_number = models.CharField(max_length=40)
    is_call_back_read_back = models.BooleanField(default=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="incidents")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="incidents")
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    failure = models.CharField(max_length=30, choices=Failure.choices)
    who_affected = models.CharField(max_length=30, choices=Who.choices)
    error_text = models.CharField(max_length=500, blank=True)
    began_at = models.DateTimeField(null=True, blank=True)
    is_began_approximate = models.BooleanField(default=True)
    impact = models.TextField(max_length=2000, blank=True)
    patient_safety = models.CharField(max_length=10, choices=Answer.choices, default=Answer.UNKNOWN)
    continuity = models.CharField(max_length=12, choices=Continuity.choices, default=Continuity.UNKNOWN)
    continuity_since_at = models.DateTimeField(null=True, blank=True)
    customer_changes = models.CharField(max_length=500, blank=True)
    customer_reference = models.CharField(max_length=60, blank=True)

    # The gate's verdict as it was at the call; later changes of the calendar never rewrite it
    gate_outcome = models.CharField(max_length=15, choices=Gate.choices)
    gate_rule = models.CharField(max_length=40, blank=True)
    gate_verdict = models.JSONField(default=dict)
    override_reason = models.TextField(max_length=1000, blank=True)
    override_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    override_at = models.DateTimeField(null=True, blank=True)

    # Who has it, and what comes next
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_incidents"
    )
    owner_side = models.CharField(max_length=10, choices=Side.choices, default=Side.PARTNER)
    next_action = models.CharField(max_length=300)
    next_update_due_at = models.DateTimeField(null=True, blank=True)
    # For which due time somebody was warned, and told that it is late: each time once
    update_warned_for = models.DateTimeField(null=True, blank=True)
    update_late_told_for = models.DateTimeField(null=True, blank=True)
    has_running_sop = models.BooleanField(default=False)
    public_phase = models.CharField(max_length=15, blank=True)

    # When
    reported_at = models.DateTimeField(help_text="When the call or the alert began.")
    logged_at = models.DateTimeField()
    logged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    triaged_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalated_to = models.CharField(max_length=80, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    decline_rule = models.CharField(max_length=40, blank=True)
    told_caller = models.TextField(max_length=1000, blank=True)
    restored_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.TextField(max_length=2000, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ("-logged_at",)
        indexes = (
            models.Index(fields=["state", "next_update_due_at"]),
            models.Index(fields=["changed_at", "id"]),
            models.Index(fields=["reported_at"]),
        )
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="incident_state_known"),
            models.CheckConstraint(
                condition=~Q(state=State.RESOLVED) | Q(restored_at__isnull=False, resolved_at__isnull=False),
                name="incident_resolved_says_when",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.DECLINED) | ~Q(decline_rule=""), name="incident_declined_says_why"
            ),
            models.CheckConstraint(condition=~Q(next_action=""), name="incident_says_what_comes_next"),
        )
        permissions = [("share_incident", "Can see one shared incident")]

    def __str__(self) -> str:
        return self.reference

    # Facts of one object, without a query

    @property
    def title(self) -> str:
        return f"{self.service.name}: {self.failure_words}"

    @property
    def failure_words(self) -> str:
        words = self.get_failure_display()
        return words[0].lower() + words[1:]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_covered(self) -> bool:
        return gate_is_open(self)

    @property
    def unavailable_since(self) -> datetime:
        return self.began_at or self.reported_at

    # The transitions: own fields only, no query, no save, no clock. `incidents.services._move` calls them.

    @transition(
        field=state, source=State.LOGGED, target=State.TRIAGING, permission=allows(Permission.BEGIN_TRIAGE)
    )
    def begin_triage(self, *, by: User, at: datetime) -> None:
        self.owner, self.owner_side, self.triaged_at = by, Side.PARTNER, self.triaged_at or at

    @transition(
        field=state, source=[State.LOGGED, State.TRIAGING], target=State.DECLINED,
        conditions=[last_update_says_resolved],  # nobody can post to it afterwards
        permission=allows(Permission.DECLINE_INCIDENT),
    )  # fmt: skip
    def decline(self, *, by: User, at: datetime, rule: str, told_caller: str) -> None:
        self.declined_at, self.decline_rule, self.told_caller = at, rule, told_caller
        self.next_update_due_at = None

    @transition(
        field=state, source=[State.TRIAGING, State.ESCALATED], target=State.SOP,
        conditions=[gate_is_open], permission=allows(Permission.START_SOP),
    )  # fmt: skip
    def start_sop(self, *, by: User, at: datetime) -> None:
        self.has_running_sop = True

    @transition(
        field=state, source=[State.SOP, State.ESCALATED], target=State.TRIAGING,
        conditions=[sop_is_not_running], permission=allows(Permission.RESUME_TRIAGE),
    )  # fmt: skip
    def resume_triage(self, *, by: User, at: datetime) -> None:
        self.owner = self.owner or by

    @transition(
        field=state, source=[State.LOGGED, State.TRIAGING, State.SOP], target=State.ESCALATED,
        conditions=[sop_is_not_running], permission=allows(Permission.ESCALATE_INCIDENT),
    )  # fmt: skip
    def escalate(self, *, by: User, at: datetime, team: str) -> None:
        self.owner, self.escalated_at, self.escalated_to = self.owner or by, at, team

    @transition(
        field=state, source=[State.LOGGED, State.TRIAGING, State.SOP, State.ESCALATED],
        target=State.HANDED_OVER,
        conditions=[sop_is_not_running], permission=allows(Permission.HAND_OVER_INCIDENT),
    )  # fmt: skip
    def hand_over(self, *, by: User, at: datetime) -> None:
        self.owner, self.owner_side, self.handed_over_at = by, Side.VENDOR, at

    @transition(
        field=state,
        source=State.HANDED_OVER,
        target=State.TRIAGING,
        permission=allows(Permission.HAND_BACK_INCIDENT),
    )
    def hand_back(self, *, by: User, at: datetime) -> None:
        self.owner, self.owner_side, self.triaged_at = by, Side.PARTNER, self.triaged_at or at

    @transition(
        field=state, source=[State.TRIAGING, State.SOP, State.ESCALATED, State.HANDED_OVER],
        target=State.RESOLVED,
        conditions=[sop_is_not_running, last_update_says_resolved],
        permission=allows(Permission.RESOLVE_INCIDENT, side_of="owner_side"),
    )  # fmt: skip
    def resolve(self, *, by: User, at: datetime, resolution: str, restored_at: datetime) -> None:
        self.resolved_at, self.resolution, self.restored_at = at, resolution, restored_at
        self.next_update_due_at = None

    @transition(
        field=state, source=State.RESOLVED, target=RETURN_VALUE(State.TRIAGING, State.HANDED_OVER),
        permission=allows(Permission.REOPEN_INCIDENT),
    )  # fmt: skip
    def reopen(self, *, by: User, at: datetime, is_working_time: bool) -> str:
        """To the desk in working hours, else to the night. By the other side: without an owner."""
        side = Side.VENDOR if is_working_time else Side.PARTNER
        self.owner, self.owner_side = (by if by.side == side else None), side
        self.resolved_at = self.restored_at = None
        self.next_update_due_at = at + FIRST_UPDATE_WITHIN if self.is_covered else None
        return State.HANDED_OVER if is_working_time else State.TRIAGING


class ReferenceCounter(models.Model):
    """The last number given in a year. Locked while one is taken, so none is given twice."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"OOH-{self.year}-{self.last:05d}"
