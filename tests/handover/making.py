"""Shifts for tests, in plain numbers."""

from datetime import date, time

from accounts.models import User
from handover.models import ShiftPattern


def make_shift(person: User, weekday: int, starts: time = time(7), ends: time = time(9)) -> ShiftPattern:
    return ShiftPattern.objects.create(
        person=person, weekday=weekday, starts=starts, ends=ends, valid_from=date(2026, 1, 1)
    )
