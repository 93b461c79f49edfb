"""The demo's rota: somebody of the partner in every hour out of hours, the desk by day. Safe to run again."""

from datetime import date, time

from django.db import transaction

from accounts.models import User
from handover.models import ShiftPattern, Weekday

SINCE = date(2026, 1, 1)
LEAD, ONE, TWO = "lead@partner.example", "engineer.1@partner.example", "engineer.2@partner.example"
DESK = ("desk.1@vendor.example", "desk.2@vendor.example")
W = Weekday
WEEKDAYS = (W.MONDAY, W.TUESDAY, W.WEDNESDAY, W.THURSDAY, W.FRIDAY)
# A quarter of an hour before 18:00 and after 08:00, so that each call has both sides on shift.
NIGHT = (time(17, 45), time(8, 15))
DAY, LATE = (time(8, 0), time(20, 0)), (time(20, 0), time(8, 15))

# e-mail, days, start and end
SHIFTS: tuple[tuple[str, tuple[Weekday, ...], tuple[time, time]], ...] = (
    (ONE, (W.MONDAY, W.TUESDAY, W.WEDNESDAY), NIGHT),
    (TWO, (W.THURSDAY, W.FRIDAY), NIGHT),
    (LEAD, WEEKDAYS, (time(17, 30), time(1, 0))),
    (LEAD, (W.SATURDAY, W.SUNDAY), DAY),
    (TWO, (W.SUNDAY,), DAY),
    (ONE, (W.SATURDAY, W.SUNDAY), LATE),
    (LEAD, (W.HOLIDAY,), (time(8, 0), time(18, 0))),
    (TWO, (W.HOLIDAY,), (time(8, 0), time(18, 0))),
    *((email, WEEKDAYS, (time(8, 0), time(18, 0))) for email in DESK),
)


@transaction.atomic
def seed() -> None:
    """The weekly shifts of the demo's people, where those people are."""
    people = {person.email: person for person in User.objects.filter(email__in={row[0] for row in SHIFTS})}
    for email, days, (starts, ends) in SHIFTS:
        for day in days if email in people else ():
            ShiftPattern.objects.get_or_create(
                person=people[email], weekday=day, starts=starts, valid_from=SINCE, defaults={"ends": ends}
            )
