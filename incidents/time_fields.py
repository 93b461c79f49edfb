"""A local time in a form: clock, day, and on the night when the clocks go back, which of the two is meant."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from incidents.local_time import (
    AmbiguousTime,
    NonExistentTime,
    format_day,
    format_time,
    local,
    resolve_local,
)

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3])[:.h]?([0-5][0-9])")
_NEAR_DAYS = {-1: "yesterday, ", 0: "today, ", 1: "tomorrow, "}


def parse_clock(text: str) -> time | None:
    """`00:58`, `0058`, `0.58` or `0:58`; None for anything else."""
    match = _CLOCK.fullmatch(text.strip())
    return time(int(match[1]), int(match[2])) if match else None


def parse_day(text: str) -> date | None:
    """`2026-11-22`; None for anything else, and for days that no call is about."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2100 else None


def twice(clock: str, day: str) -> AmbiguousTime | None:
    """Both instants that this clock and day may mean, where there are two."""
    at, on = parse_clock(clock), parse_day(day)
    if at is None or on is None:
        return None
    try:
        resolve_local(datetime.combine(on, at))
    except AmbiguousTime as which:
        return which
    except NonExistentTime:
        return None
    return None


class LocalTimeWidget(forms.Widget):
    """Time, then day; then, only where the time happens twice, which one. Its value is these three texts."""

    def __init__(self, days: range, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.days = days

    def id_for_label(self, id_: str) -> str:
        return id_

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [str(data.get(f"{name}{part}") or "") for part in ("", "_day", "_fold")]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        clock, day, fold = parts_of(value)
        own = self.build_attrs(self.attrs, attrs)
        own["class"] = f"w-time {own.get('class', '')}".strip()
        own |= {"name": name, "value": clock, "inputmode": "numeric", "autocomplete": "off", "type": "text"}
        return format_html(
            '<div class="row"><input{}>{}</div>{}',
            flatatt({key: value for key, value in own.items() if value is not None}),
            self._days(name, str(own.get("id") or name), day),
            self._which(name, clock, day, fold),
        )

    def _days(self, name: str, of: str, chosen: str) -> SafeString:
        today = local(timezone.now()).date()
        chosen = chosen or today.isoformat()
        days = [today + timedelta(n) for n in self.days]
        kept = parse_day(chosen)
        if kept and kept not in days:  # kept in a draft some days ago
            days.append(kept)
        lines = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((day, flatatt({"selected": day == kept}), day_words(day, today)) for day in days),
        )
        return format_html(
            '<select class="w-short" name="{}_day" id="{}_day" aria-label="Day">{}</select>', name, of, lines
        )

    def _which(self, name: str, clock: str, day: str, fold: str) -> SafeString:
        which = twice(clock, day)
        if which is None:
            return SafeString("")
        choices = format_html_join(
            "",
            '<label class="choice"><input type="radio"{}><span>{}</span></label>',
            (
                (flatatt({"name": name + "_fold", "value": one.fold, "checked": fold == str(one.fold)}), said)
                for one, said in zip(which.candidates, _which_words(which), strict=True)
            ),
        )
        return format_html(
            '<div class="choices is-two" role="radiogroup" aria-label="Which of the two">{}</div>', choices
        )


def _which_words(which: AmbiguousTime) -> tuple[str, str]:
    first, second = (format_time(one.at) for one in which.candidates)
    return f"{first}, the first", f"{second}, after the clocks went back"


def day_words(day: date, today: date) -> str:
    """`today, Sun 22 Nov (GMT)`: a day with both zones names both."""
    zones = [local(_noonish(day, hour)).tzname() or "" for hour in (0, 12)]
    near = _NEAR_DAYS.get((day - today).days, "")
    return f"{near}{format_day(day)} ({' then '.join(dict.fromkeys(zones))})"


def _noonish(day: date, hour: int) -> datetime:
    return resolve_local(datetime.combine(day, time(hour)))


def parts_of(value: Any) -> tuple[str, str, str]:
    """Clock, day and fold of what a form holds: an instant, three texts as they were typed, or nothing."""
    if isinstance(value, datetime):
        there = local(value)
        return f"{there:%H:%M}", there.date().isoformat(), str(there.fold)
    if isinstance(value, list | tuple) and len(value) == 3:
        clock, day, fold = (str(part) for part in value)
        return clock, day, fold
    return "", "", ""


class LocalTimeField(forms.Field):
    """An instant, in UTC, from a time on the clocks of Europe/London and a day near today.

    In the past, or with `is_future` in the future. A time that happens twice asks which; one that never
    happens is refused with the reason.
    """

    default_error_messages = {
        "required": "Enter the time",
        "clock": "Enter the time as hours and minutes, such as 00:58",
        "day": "Choose the day",
        "future": "That is in the future: it is {now} now. Correct the time, or choose the day before",
        "past": "That has passed: it is {now} now. Correct the time, or choose a later day",
    }

    def __init__(self, *, is_future: bool = False, **kwargs: Any) -> None:
        self.is_future = is_future
        kwargs.setdefault("widget", LocalTimeWidget(range(5) if is_future else range(0, -8, -1)))
        super().__init__(**kwargs)

    def clean(self, value: Any) -> datetime | None:
        clock, day, fold = parts_of(value)
        if not clock.strip():
            if self.required:
                raise self._wrong("required")
            return None
        at, on = parse_clock(clock), parse_day(day) if day else local(timezone.now()).date()
        if at is None:
            raise self._wrong("clock")
        if on is None:
            raise self._wrong("day")
        return self._in_time(self._resolved(datetime.combine(on, at), fold))

    def _resolved(self, naive: datetime, fold: str) -> datetime:
        try:
            return resolve_local(naive, int(fold) if fold in ("0", "1") else None)
        except (AmbiguousTime, NonExistentTime) as error:
            raise ValidationError(str(error)) from None

    def _in_time(self, at: datetime) -> datetime:
        now = timezone.now()
        if self.is_future and at <= now:
            raise self._wrong("past", now)
        if not self.is_future and at > now:
            raise self._wrong("future", now)
        return at

    def _wrong(self, code: str, now: datetime | None = None) -> ValidationError:
        words = str(self.error_messages[code])
        return ValidationError(words.format(now=format_time(now)) if now else words, code=code)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return parts_of(initial) != parts_of(data)
