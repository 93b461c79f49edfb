"""The rota: weekly shifts of the partner's nights and of the desk's days."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission, Side
from handover import rota

HISTORY = ("person_id", "weekday", "starts", "ends", "valid_from")


class Weekday(models.IntegerChoices):
    MONDAY = 0, "Monday"
    TUESDAY = 1, "Tuesday"
    WEDNESDAY = 2, "Wednesday"
    THURSDAY = 3, "Thursday"
    FRIDAY = 4, "Friday"
    SATURDAY = 5, "Saturday"
    SUNDAY = 6, "Sunday"
    HOLIDAY = rota.HOLIDAY, "Bank holidays"


class ShiftPatternQuerySet(models.QuerySet["ShiftPattern"]):
    def visible_to(self, user: Any) -> Self:
        return self if user.is_authenticated and user.has_perm(Permission.VIEW_HANDOVER) else self.none()

    def between(self, first: date, last: date) -> Self:
        """Those with a shift that may begin from `first` to `last`, of people who still work here."""
        valid = Q(valid_until=None) | Q(valid_until__gte=first)
        here = Q(person__ends_at=None) | Q(person__ends_at__gt=timezone.now())
        return self.filter(valid, here, valid_from__lte=last, person__is_active=True)

    def with_people(self) -> Self:
        return self.select_related("person__organisation")


class ShiftPattern(models.Model):
    """One weekly shift of a person, in wall-clock time. To change it, end it, and add another."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="shift_patterns")
    weekday = models.PositiveSmallIntegerField("day", choices=Weekday.choices)
    starts = models.TimeField(help_text="On the clock in London, such as 17:45.")
    ends = models.TimeField(help_text="Earlier than the start means the next day.")
    valid_from = models.DateField("first day")
    valid_until = models.DateField("last day", null=True, blank=True, help_text="Empty: no end.")

    objects = ShiftPatternQuerySet.as_manager()

    class Meta:
        ordering = ("weekday", "starts", "person__name")
        indexes = (models.Index(fields=["valid_from", "valid_until"]),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(starts=F("ends")), name="shift_has_a_length",
                violation_error_message="A shift cannot start and end at the same time. Change one of them.",
            ),
            models.CheckConstraint(condition=Q(weekday__in=Weekday.values), name="shift_weekday_known"),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="shift_ends_after_it_begins",
                violation_error_message="The last day must not be before the first day.",
            ),
            models.UniqueConstraint(
                fields=["person", "weekday", "starts", "valid_from"], name="shift_once",
                violation_error_message="This person has this shift already.",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M} to {self.ends:%H:%M}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A shift that has been is history: only its last day may still be set."""
        if self.starts == self.ends:
            raise ValueError("A shift that starts and ends at the same time says nothing. Give it two times.")
        if self.pk is not None and not self._state.adding:
            before = ShiftPattern.objects.values(*HISTORY).get(pk=self.pk)
            if any(before[name] != getattr(self, name) for name in HISTORY):
                raise TypeError("A shift is never rewritten. End it, and add another.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("A shift is never deleted. End it.")

    def as_pattern(self) -> rota.Pattern:
        """For the pure rules. The person and their organisation must be there (`with_people`)."""
        return rota.Pattern(
            self.person_id, self.weekday, self.starts, self.ends, self.valid_from, self.valid_until,
            is_desk=self.person.side == Side.VENDOR,
        )  # fmt: skip
