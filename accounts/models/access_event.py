"""What happened to somebody's access: signed in, refused, delayed, let in, ended, and by whom."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models

from accounts.models.user import User
from accounts.roles import Permission, Side

if TYPE_CHECKING:
    from datetime import datetime


class AccessEventQuerySet(models.QuerySet["AccessEvent"]):
    def visible_to(self, user: Any) -> Self:
        """One's own; those of the organisation for a lead and a partner's auditor; else all, or no other."""
        if not user.is_authenticated:
            return self.none()
        is_auditor = user.has_perm(Permission.VIEW_AUDIT)
        if user.has_perm(Permission.MANAGE_PEOPLE) or (is_auditor and user.side == Side.VENDOR):
            return self
        if is_auditor or user.has_perm(Permission.LET_IN):
            return self.filter(person__organisation=user.organisation_id)
        return self.filter(person=user)


class AccessEvent(models.Model):
    """Grows only: each is a row of the audit trail as well, sealed and chained there."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", "Signed in"
        REFUSED = "refused", "Sign-in refused"
        DELAYED = "delayed", "Sign-in delayed"
        LET_IN = "let_in", "Let in again"
        UNLOCKED = "unlocked", "Unlocked"
        FACTOR_ADDED = "factor_added", "Second factor added"
        FACTOR_REMOVED = "factor_removed", "Second factor removed"
        FACTORS_RESET = "factors_reset", "Second factors reset"
        CODES_MADE = "codes_made", "Recovery codes made"
        CODE_USED = "code_used", "Recovery code used"
        PASSWORD_SET = "password_set", "Password set"
        LINK_ISSUED = "link_issued", "Joining link issued"
        JOINED = "joined", "Joined by the provider"
        ROLES_CHANGED = "roles_changed", "Roles changed"
        ENDED = "ended", "Access ended"
        REINSTATED = "reinstated", "Access given back"
        SESSIONS_ENDED = "sessions_ended", "Sessions ended"
        GLASS_BROKEN = "glass_broken", "Break-glass used"
        GLASS_RETURNED = "glass_returned", "Break-glass returned"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="access_events",
        help_text="Empty where nobody has that name.",
    )  # fmt: skip
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField()
    address = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    objects = AccessEventQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (models.Index(fields=["person", "at"], name="access_event_person"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.person or 'nobody known'}"
