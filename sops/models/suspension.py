"""What the vendor has stopped at once: all of automation, one action, or one SOP."""

from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import User
from accounts.roles import Permission
from incidents.local_time import format_day_time
from sops.models.sop import Sop


class Scope(models.TextChoices):
    AUTOMATION = "automation", "All automation"
    ACTION = "action", "One action"
    SOP = "sop", "One SOP"


class SuspensionQuerySet(models.QuerySet["Suspension"]):
    def visible_to(self, user: Any) -> Self:
        """Whoever sees SOPs sees what of them is suspended, by whom and why."""
        return self if user.has_perm(Permission.VIEW_SOP) else self.none()

    def active(self) -> Self:
        return self.filter(lifted_at=None).select_related("suspended_by", "sop")


class Suspension(models.Model):
    """From its writing until it is lifted nothing of its scope starts, and runs stop at their next step."""

    Scope = Scope

    scope = models.CharField(max_length=10, choices=Scope.choices)
    sop = models.ForeignKey(
        Sop, on_delete=models.PROTECT, null=True, blank=True, related_name="suspensions", verbose_name="SOP"
    )
    action = models.CharField(max_length=40, blank=True, help_text="Of the catalogue.")
    reason = models.CharField(max_length=300)
    suspended_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    suspended_at = models.DateTimeField()
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(scope="automation", sop=None, action="")
                | Q(scope="action", sop=None) & ~Q(action="")
                | Q(scope="sop", sop__isnull=False, action=""),
                name="suspension_names_its_scope",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="suspension_says_why"),
            models.CheckConstraint(
                condition=Q(lifted_at=None, lifted_by=None)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="suspension_lifted_says_by_whom",
            ),
            models.UniqueConstraint(
                fields=["scope"], condition=Q(scope="automation", lifted_at=None),
                name="suspension_one_of_automation",
            ),
            models.UniqueConstraint(
                fields=["action"], condition=Q(scope="action", lifted_at=None),
                name="suspension_one_an_action",
            ),
            models.UniqueConstraint(
                fields=["sop"], condition=Q(scope="sop", lifted_at=None), name="suspension_one_an_sop",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Suspension of {self.what}"

    @property
    def what(self) -> str:
        if self.sop is not None:
            return self.sop.code
        return f"action {self.action}" if self.action else "all automation"

    @property
    def words(self) -> str:
        """`All automation suspended by SOP approver, Sun 22 Nov 02:14 GMT: …`; of an SOP without its code."""
        head = "Suspended" if self.sop_id else f"{self.what[0].upper()}{self.what[1:]} suspended"
        return f"{head} by {self.suspended_by}, {format_day_time(self.suspended_at)}: {self.reason}"


def that_holds(active: Iterable[Suspension], *, sop_id: int, actions: Iterable[str]) -> Suspension | None:
    """The first of the active ones that stops this SOP or one of these actions. Pure."""
    called = set(actions) - {""}
    for each in active:
        if each.scope == Scope.AUTOMATION or each.sop_id == sop_id or each.action in called:
            return each
    return None
