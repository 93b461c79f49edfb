"""The report of one month for one reader: read, calculated, in five queries."""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from accounts.models import User
from incidents.local_time import local
from ooh.reports.figures import TREND_MONTHS, Figures, TrendLine, figures, trend
from ooh.reports.months import Month, month_of
from ooh.reports.reading import read
from ooh.reports.rows import Call


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page, the CSV and the API say."""

    month: Month
    now: datetime
    desk_nation: str
    calls: list[Call]  # of the month, oldest first
    figures: Figures
    trend: list[TrendLine]

    @property
    def is_over(self) -> bool:
        return self.month.ends_at <= self.now

    @property
    def today(self) -> date:
        return local(self.now).date()

    @property
    def odd_day(self) -> str:
        """What is to be said of the clocks; of a change that is still to come, nothing."""
        return self.month.odd_day(self.today)


def report_of(month: Month, user: User, now: datetime) -> Report:
    """The month as `user` may see it, with the trend. What still lasts counts until `now`."""
    calls = read(user, month.after(1 - TREND_MONTHS).starts_at, month.ends_at)
    return Report(
        month=month,
        now=now,
        desk_nation=settings.DESK_NATION,
        calls=[call for call in calls if month_of(call.reported_at) == month],
        figures=figures(calls, month, now=now, desk_nation=settings.DESK_NATION),
        trend=trend(calls, month, now=now),
    )
