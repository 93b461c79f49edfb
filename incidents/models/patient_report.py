"""Patient data that was found later: who reported it, and what two people did about it."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from incidents.models.guard_decision import KINDS
from incidents.models.incident import Incident
from incidents.models.timeline import Wall
from incidents.pid import KIND_WORDS

if TYPE_CHECKING:
    from datetime import datetime


class PatientReportQuerySet(models.QuerySet["PatientReport"]):
    def visible_to(self, user: Any) -> Self:
        """With its incident; one about the vendor's own words, for those who may read them."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        rows = self.filter(incident__in=Incident.objects.visible_to(user))
        return rows if user.has_perm(Permission.VIEW_PRODUCT_NOTE) else rows.exclude(wall=Wall.VENDOR)


class PatientReport(models.Model):
    """Words of one incident that name a patient. Hidden everywhere at once; a second person decides.

    Until then the words lie here, encrypted, so that a mistake can be taken back. Afterwards nowhere.
    """

    class State(models.TextChoices):
        HIDDEN = "hidden", "Hidden, waits for a second person"
        REMOVED = "removed", "Taken out for good"
        RESTORED = "restored", "Put back: it was no patient data"

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="patient_reports")
    kind = models.CharField(max_length=20, choices=[*KINDS, ("other", "Something else")])
    wall = models.CharField(max_length=10, choices=Wall.choices, default=Wall.SERVICE)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HIDDEN)
    reported_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reported_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=timezone.now)
    stood_since = models.DateTimeField(help_text="When the first row that held the words was written.")
    places = models.JSONField(default=dict, help_text="How many rows held them, by what they are.")
    hidden_places = models.PositiveIntegerField(default=0, help_text="Of these, rows of the vendor alone.")
    escrow = models.TextField(blank=True, editable=False)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = PatientReportQuerySet.as_manager()

    class Meta:
        ordering = ("-reported_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(state="hidden", decided_by=None, decided_at=None) & ~Q(escrow="")
                | Q(state__in=["removed", "restored"], decided_at__isnull=False, escrow="")
                & Q(decided_by__isnull=False),
                name="patient_report_keeps_words_only_while_it_waits",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("reported_by")),
                name="patient_report_two_people",
            ),
            models.CheckConstraint(
                condition=~Q(state="restored") | ~Q(reason=""), name="patient_report_restored_says_why"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Patient data report {self.pk}"

    def may_decide(self, user: User) -> bool:
        """A second person with the right to, while it waits; who sees it at all, `visible_to` says."""
        is_another = self.reported_by_id != user.pk
        return self.is_waiting and is_another and user.has_perm(Permission.DECIDE_PATIENT_DATA)

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.HIDDEN

    @property
    def kind_words(self) -> str:
        """`NHS number`."""
        return KIND_WORDS.get(self.kind, "something else")

    def marker(self, number: int) -> str:
        """What stands in the words' place from now on."""
        return f"[patient data, report {self.pk}.{number}]"
