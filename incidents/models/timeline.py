"""The timeline: what the service shows of an incident. Rows are added and never changed."""

from typing import Any, Self

from django.db import models
from django.utils import timezone

from accounts.chain import sealing
from accounts.models import User
from accounts.roles import Permission
from incidents.models.incident import Incident


class Kind(models.TextChoices):
    LOGGED = "logged", "Logged"
    GATE = "gate", "Gate"
    STATE = "state", "State"
    CALL = "call", "Call"
    NOTE = "note", "Note"
    STATUS = "status", "Status update"
    SOP = "sop", "SOP"
    ESCALATION = "escalation", "Escalation"
    HANDOVER = "handover", "Handover"
    ALERT = "alert", "Alert"
    PRODUCT_NOTE = "product_note", "Product note"


class Wall(models.TextChoices):
    """Three kinds of row: for everybody, for both organisations, for the vendor alone."""

    PUBLIC = "public", "Public"
    SERVICE = "service", "Both organisations"
    VENDOR = "vendor", "Vendor only"


SHARED = (Wall.PUBLIC, Wall.SERVICE)


class TimelineQuerySet(models.QuerySet["TimelineEntry"]):
    def visible_to(self, user: Any) -> Self:
        """Entries of the incidents that the person sees; vendor rows for those who may see product data."""
        if not user.is_authenticated or not user.is_working:
            return self.none()
        rows = self
        if not user.has_perm(Permission.VIEW_INCIDENT):
            rows = rows.filter(incident__in=Incident.objects.visible_to(user))
        if not user.has_perm(Permission.VIEW_PRODUCT_NOTE):
            rows = rows.exclude(wall=Wall.VENDOR)
        return rows

    def for_sync(self, user: Any) -> Self:
        """What the ticket sync may read: rows of both organisations, and a vendor row only by the table."""
        if not user.is_authenticated or not user.has_perm(Permission.SYNC_TICKET):
            return self.none()
        rows = self.filter(incident__is_rehearsal=False)
        return rows if user.has_perm(Permission.VIEW_PRODUCT_NOTE) else rows.filter(wall__in=SHARED)

    def for_outside(self) -> Self:
        """What may leave for Freshdesk: never a vendor row."""
        return self.exclude(wall=Wall.VENDOR)

    def update(self, **fields: Any) -> int:
        """Refused, as `save` does: the timeline only grows. `bulk_update` comes here too."""
        raise TypeError("Timeline entries are never changed. Add one that supersedes this one.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("Timeline entries are never deleted.")

    def newest_first(self) -> Self:
        return self.select_related("by__organisation").order_by("-happened_at", "-id")


class TimelineEntry(models.Model):
    """One thing that happened: when it happened, when it was written, who, and for whom to read."""

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    wall = models.CharField(max_length=10, choices=Wall.choices, default=Wall.SERVICE)
    title = models.CharField(max_length=200)
    text = models.TextField(max_length=5000, blank=True)
    data = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    happened_at = models.DateTimeField()
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    is_bad = models.BooleanField(
        default=False, help_text="A finding that something is down, or an act that failed."
    )
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    seal = models.CharField(max_length=90, blank=True, editable=False)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        ordering = ("-happened_at", "-id")
        verbose_name_plural = "timeline entries"
        indexes = (
            models.Index(fields=["incident", "-happened_at"]),
            models.Index(fields=["written_at", "id"], name="timeline_as_written"),
        )
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(kind="product_note") | models.Q(wall="vendor"),
                name="timeline_product_note_is_vendor_only",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only ever adds: a correction is a new entry that supersedes."""
        if self.pk is not None and not self._state.adding:
            raise TypeError("Timeline entries are never changed. Add one that supersedes this one.")
        self.seal = sealing.seal(CHAIN.name, content(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("Timeline entries are never deleted.")


def content(entry: TimelineEntry) -> dict[str, Any]:
    """All that an entry says, as its seal has it."""
    return sealing.columns(entry, without=("seal",))


CHAIN = sealing.Chain("timeline", TimelineEntry, content)
