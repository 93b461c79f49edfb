"""A page: somebody was asked to come, and whether they answered."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.models import Team, User
from accounts.roles import Permission
from handover.models.handover import Handover
from incidents.models import Incident, PhoneCall, Proposal

SLOW = timedelta(minutes=10)


def may_acknowledge(page: "Page", user: User) -> bool:
    """The person paged, a specialist of the team, or whoever at the desk or the partner heard the answer."""
    if page.user_id and page.user_id == user.pk:
        return True
    if not user.has_perm(Permission.ACKNOWLEDGE_PAGE):
        return False
    is_of_team = user.team_id is not None and user.team_id == page.team_id
    return is_of_team or user.has_perm(Permission.VIEW_INCIDENT)


class PageQuerySet(models.QuerySet["Page"]):
    def visible_to(self, user: Any) -> Self:
        """Who sees incidents and handovers, all; a specialist, the own team's; anybody, their own."""
        if not user.is_authenticated or not user.is_working:
            return self.none()
        if user.has_perm(Permission.VIEW_INCIDENT) and user.has_perm(Permission.VIEW_HANDOVER):
            return self
        own = Q(user=user)
        if user.team_id is not None and user.has_perm(Permission.ACKNOWLEDGE_PAGE):
            own |= Q(team=user.team_id)
        return self.filter(own)

    def waiting(self) -> Self:
        return self.filter(acknowledged_at=None)

    def ending(self) -> Self:
        """Those that wait, and whose matter may end without anybody answering: a promise, an alert."""
        ends_itself = Q(due_at__isnull=False) | Q(proposals__isnull=False)
        return self.waiting().filter(ends_itself).order_by("pk").distinct()

    def shown(self) -> Self:
        return self.select_related(
            "team", "user", "by", "acknowledged_by", "handover", "call", "incident__customer",
            "incident__service",
        ).prefetch_related("proposals")  # fmt: skip


class Page(models.Model):
    """One page to a team or a person. Sent is not answered: `acknowledged_at` says that somebody has it."""

    key = models.CharField(max_length=80, unique=True, help_text="Makes a page of the sweep come only once.")
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="pages"
    )
    handover = models.ForeignKey(
        Handover, on_delete=models.PROTECT, null=True, blank=True, related_name="pages"
    )
    # What it is about besides, where that ends by itself: alerts, a promised call, a promised status update
    proposals = models.ManyToManyField(Proposal, blank=True, related_name="told_by_pages")
    call = models.ForeignKey(PhoneCall, on_delete=models.PROTECT, null=True, blank=True, related_name="pages")
    due_at = models.DateTimeField(null=True, blank=True, help_text="The promise that is late.")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="pages")
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="pages")
    words = models.CharField(max_length=200, help_text="What it is about, in one line.")
    reason = models.TextField(max_length=2000, help_text="Why they are paged, and what was tried.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    paged_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.TextField(max_length=2000, blank=True)

    objects = PageQuerySet.as_manager()

    class Meta:
        ordering = ("-paged_at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(team__isnull=False, user=None) | Q(team=None, user__isnull=False),
                name="page_goes_to_a_team_or_a_person",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="page_answered_says_by_whom",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"Page {self.pk}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A page is never deleted.")

    @property
    def to(self) -> Team | User:
        found = self.team or self.user
        assert found is not None  # noqa: S101  (the constraint above)
        return found

    @property
    def is_answered(self) -> bool:
        return self.acknowledged_at is not None
