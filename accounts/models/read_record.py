"""Who was shown what: reads of what is sensitive, and every export. Rows are added and never changed."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.utils import timezone

from accounts.chain import sealing
from accounts.models.organisation import Organisation
from accounts.models.user import User
from accounts.roles import Permission, Side

if TYPE_CHECKING:
    from datetime import datetime


class Read(models.TextChoices):
    """What was read. An export leaves the desk as a file, so each one is a row of its own."""

    INCIDENT = "incident", "Incident"
    INCIDENTS = "incidents", "Incidents, many at once"
    PRODUCT_NOTES = "product_notes", "Product notes"
    PRODUCT_DETAILS = "product_details", "Product details of a customer"
    ATTACHMENT = "attachment", "Attachment"
    REDACTED = "redacted", "What was redacted"
    CUSTOMER = "customer", "Customer’s details"
    PERSON = "person", "Person’s details"
    SUBSCRIBERS = "subscribers", "Status subscribers"
    REPORT = "report", "Report"
    AUDIT_TRAIL = "audit_trail", "Audit trail"
    EXPORT = "export", "Export"


class ReadRecordQuerySet(models.QuerySet["ReadRecord"]):
    def visible_to(self, user: Any) -> Self:
        """For auditors; a partner's auditor meets what the partner's people read, and nobody else."""
        if not user.is_authenticated or not user.has_perm(Permission.VIEW_AUDIT):
            return self.none()
        return self if user.side == Side.VENDOR else self.filter(organisation__side=user.side)

    def update(self, **fields: Any) -> int:
        raise TypeError("A record of reading is never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("A record of reading is never deleted.")


class ReadRecord(models.Model):
    """One person was shown one thing in one hour, or exported it."""

    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reads")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The reader’s, at that time.",
    )  # fmt: skip
    what = models.CharField(max_length=15, choices=Read.choices)
    object_type = models.CharField(max_length=60, blank=True, help_text="Such as incidents.Incident.")
    object_id = models.CharField(max_length=60, blank=True)
    object_name = models.CharField(max_length=120, blank=True, help_text="As people know it.")
    rows = models.PositiveIntegerField(default=1, help_text="How many were shown, the first time.")
    read_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(default=timezone.now)
    once = models.CharField(max_length=40, help_text="The hour of a read; of an export a number of its own.")
    source = models.CharField(max_length=10)
    request_id = models.CharField(max_length=40, blank=True)
    route = models.CharField(max_length=200, blank=True, help_text="Which page, answer or command.")
    seal = models.CharField(max_length=90, editable=False)

    objects = ReadRecordQuerySet.as_manager()

    class Meta:
        ordering = ("-read_at", "-id")
        indexes = (
            models.Index(fields=["object_type", "object_id", "read_at"], name="read_of_object"),
            models.Index(fields=["read_at"], name="read_at"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["reader", "what", "object_type", "object_id", "once"], name="read_once_an_hour"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.object_name}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError("Reads are recorded by accounts.reads alone.")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A record of reading is never deleted.")


def content(record: ReadRecord) -> dict[str, Any]:
    """All that a record says, as its seal has it."""
    return sealing.columns(record, without=("seal",))


CHAIN = sealing.Chain("reads", ReadRecord, content)
