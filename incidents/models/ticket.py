"""The incident's record in the vendor's Freshdesk: what was written there, and what was read from there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.roles import Permission
from incidents.models.incident import Incident
from incidents.models.timeline import TimelineEntry


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: Any) -> Self:
        """With its incident; and all of them for the sync, which sees nothing else."""
        if user.is_authenticated and user.has_perm(Permission.SYNC_TICKET):
            return self
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def asking(self) -> Self:
        """Resolved or closed over there while it is open here: a person has to say what holds."""
        return self.filter(asked_at__isnull=False, answered_at=None)

    def known_as(self, numbers: Iterable[int]) -> Self:
        """Those with one of these numbers, or merged into a ticket that has one."""
        numbers = list(numbers)
        return self.filter(Q(number__in=numbers) | Q(merged_into__in=numbers))

    def due(self, at: datetime) -> Self:
        """To be read now: something said that they changed, or it is time to look again."""
        return self.filter(read_due_at__lte=at)


class Ticket(models.Model):
    """Which Freshdesk ticket is this incident's, what we last wrote there and what we last read."""

    class Answer(models.TextChoices):
        RESOLVED_HERE = "resolved_here", "It is resolved here too"
        STILL_OPEN = "still_open", "It goes on here"

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="ticket")
    number = models.PositiveBigIntegerField(unique=True)
    status = models.PositiveSmallIntegerField(default=2, help_text="Freshdesk's number, as we last wrote it.")
    opened_at = models.DateTimeField(auto_now_add=True)
    read_back_at = models.DateTimeField(null=True, blank=True)
    read_due_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is to be read next; empty: nothing says that it changed."
    )
    read_error = models.CharField(max_length=300, blank=True, help_text="Why the last reading failed.")

    # As it was over there when we last read it
    seen_status = models.PositiveSmallIntegerField(null=True, blank=True)
    seen_updated_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The ticket that took it in: what we write goes there."
    )
    is_archived = models.BooleanField(default=False)

    # It is open again over there while it is closed here
    reopened_at = models.DateTimeField(null=True, blank=True)

    # It was resolved or closed over there while it was open here
    asked_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=15, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(answered_at=None) | (~Q(answer="") & Q(answered_by__isnull=False)),
                name="ticket_answer_says_what_and_who",
            ),
        )
        indexes = (
            models.Index(
                fields=["read_due_at"], name="ticket_to_read", condition=Q(read_due_at__isnull=False)
            ),
            models.Index(
                fields=["merged_into"], name="ticket_merged", condition=Q(merged_into__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return str(self.number)

    @property
    def current_number(self) -> int:
        """Where notes go: the ticket that this one was merged into, if it was."""
        return self.merged_into or self.number

    @property
    def is_asking(self) -> bool:
        return self.asked_at is not None and self.answered_at is None


class Conversation(models.Model):
    """A note or reply over there that we know: one that we wrote, or one that became a timeline row.

    Our own echoes are recognised by its number. Of what was written, only a fingerprint is kept.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="conversations")
    number = models.PositiveBigIntegerField()
    is_ours = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of its text as last read.")
    entry = models.ForeignKey(
        TimelineEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="conversations"
    )
    created_at = models.DateTimeField(null=True, blank=True, help_text="By Freshdesk's clock.")
    read_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("number",)
        constraints = (
            # Two incidents' tickets may be merged into one: then each incident is told of what is said there.
            models.UniqueConstraint(fields=["ticket", "number"], name="conversation_once_a_ticket"),
        )
        indexes = (models.Index(fields=["number"], name="conversation_number"),)

    def __str__(self) -> str:
        return str(self.number)


class SyncCursor(models.Model):
    """How far a poll has read, by the other side's clock, and how the last one went."""

    name = models.CharField(max_length=40, primary_key=True)
    since = models.DateTimeField()
    ran_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    is_behind = models.BooleanField(
        default=False, help_text="The last poll did not reach the end: the next one goes on from `since`."
    )

    def __str__(self) -> str:
        return self.name


class RateBudget(models.Model):
    """What the account may still ask for in this minute, as the receiver's headers said, for all workers."""

    name = models.CharField(max_length=40, primary_key=True)
    total = models.PositiveIntegerField()
    remaining = models.IntegerField()
    resets_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
