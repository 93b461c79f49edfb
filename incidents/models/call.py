"""Telephone calls: who, which way, what for, how it ended, and what was promised."""

from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from incidents.models.incident import OPEN, Incident
from incidents.models.timeline import TimelineEntry


def same_person(one: str, other: str) -> bool:
    """Whether two calls name the same person. A number does not tell: a switchboard has one for all."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


class PhoneCallQuerySet(models.QuerySet["PhoneCall"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def promised(self) -> Self:
        """Those that promised a next call that nobody has made yet, the soonest first."""
        return self.filter(next_call_at__isnull=False, kept_at=None).order_by("next_call_at", "pk")

    def waiting(self) -> Self:
        """The promised ones whose incident is open: the due items. A closed incident reminds of nothing."""
        return self.promised().filter(incident__state__in=OPEN)

    def due(self, at: datetime) -> Self:
        return self.waiting().filter(next_call_at__lte=at)


class PhoneCall(models.Model):
    """One call. A promised next call is a due item until a later call keeps it, or it is called off."""

    class Direction(models.TextChoices):
        OUT = "out", "We rang"
        IN = "in", "They rang"

    class Purpose(models.TextChoices):
        REPORT = "report", "Reports the outage"
        UPDATE = "update", "Tell how it goes"
        QUESTION = "question", "Ask something"
        ESCALATION = "escalation", "Escalate"
        CONFIRM = "confirm", "Confirm that it is back"
        OTHER = "other", "Something else"

    class Outcome(models.TextChoices):
        SPOKE = "spoke", "Spoke"
        VOICEMAIL = "voicemail", "Voicemail"
        BUSY = "busy", "Busy"
        NO_ANSWER = "no_answer", "No answer"
        REFUSED = "refused", "Refused"
        WILL_CALL_BACK = "will_call_back", "Will call back"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="calls")
    entry = models.OneToOneField(TimelineEntry, on_delete=models.PROTECT, related_name="call")
    who = models.CharField(max_length=120)
    number = models.CharField(max_length=40, blank=True)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    outcome = models.CharField(max_length=15, choices=Outcome.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    next_call_at = models.DateTimeField(
        null=True, blank=True, help_text="When the next call was promised for."
    )
    next_call_by_us = models.BooleanField(default=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    told_late_at = models.DateTimeField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    kept_by = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="kept_promises"
    )
    called_off_reason = models.CharField(max_length=300, blank=True)

    objects = PhoneCallQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(kept_at=None) | Q(kept_by__isnull=False) | ~Q(called_off_reason=""),
                name="phone_call_kept_by_a_call_or_called_off",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_direction_display()}, {self.who}"

    @property
    def next_call_words(self) -> str:
        """`Ring IT on-call manager`, or who rings us: the promised call in a few words."""
        return f"Ring {self.who}" if self.next_call_by_us else f"{self.who} rings us"
