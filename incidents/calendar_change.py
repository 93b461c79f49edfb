"""What adding or withdrawing a day would change, before and as it takes effect."""

from datetime import datetime, time

from incidents import coverage
from incidents.coverage import Day
from incidents.local_time import format_day_time, resolve_local
from incidents.models import CalendarDay


def effect_words(day: CalendarDay) -> str:
    """In words: how that day's noon is counted now, and how with this row in force."""
    change = Day(
        date=day.date, nation=day.nation, title=day.title, is_withdrawn=day.kind == CalendarDay.Kind.WITHDRAWN
    )
    others = CalendarDay.objects.filter(is_current=True).exclude(date=day.date, nation=day.nation)
    kept = [
        Day(
            date=row.date,
            nation=row.nation,
            title=row.title,
            is_withdrawn=row.kind == CalendarDay.Kind.WITHDRAWN,
        )
        for row in others
    ]
    before, after = coverage.preview(kept), coverage.preview([*kept, change] if day.is_current else kept)
    noon = resolve_local(datetime.combine(day.date, time(12)))
    was, now = before.explain(noon, day.nation), after.explain(noon, day.nation)
    if was == now:
        return f"{day.date:%a %d %b %Y} in {day.get_nation_display()} stays as it was: {now.reason}."
    return (
        f"{day.date:%a %d %b %Y} in {day.get_nation_display()} was {was.reason} and is {now.reason} now, "
        f"{format_day_time(now.starts_at)} to {format_day_time(now.ends_at)}. Verdicts already given stay."
    )
