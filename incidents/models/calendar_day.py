"""Bank holidays that a service manager adds or withdraws at once, without a release."""

from typing import Any, Self

from django.db import models

from accounts.models import Nation, User
from accounts.roles import Permission
from incidents import coverage


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.has_perm(Permission.VIEW_CUSTOMER) else self.none()

    def take_effect(self) -> None:
        """Make the pure calendar of this process follow the rows: one query, cheap when nothing changed."""
        rows = self.filter(is_current=True).values_list("date", "nation", "title", "kind")
        coverage.set_days(
            coverage.Day(
                date=date, nation=nation, title=title, is_withdrawn=kind == CalendarDay.Kind.WITHDRAWN
            )
            for date, nation, title, kind in rows
        )


class CalendarDay(models.Model):
    """One date of one nation's calendar, added or withdrawn. A correction makes the old row not current."""

    class Kind(models.TextChoices):
        ADDED = "added", "Added"
        WITHDRAWN = "withdrawn", "Withdrawn"

    date = models.DateField()
    nation = models.CharField(max_length=3, choices=Nation.choices)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ADDED)
    reason = models.CharField(max_length=300)
    is_current = models.BooleanField(default=True)
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField(auto_now_add=True)

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        ordering = ("-date",)
        constraints = (
            models.UniqueConstraint(
                fields=["date", "nation"], condition=models.Q(is_current=True),
                name="calendar_day_once_per_nation",
                violation_error_message="This date is changed for this nation already. "
                "Change that row instead.",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        kind = self.get_kind_display().lower()
        return f"{self.date:%d %b %Y}, {self.get_nation_display()}: {self.title} ({kind})"
