"""What every template says in the same words: times, spans, promises, states, people, and fields of forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput, ChoiceField, Field
from django.template import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

LONDON = ZoneInfo("Europe/London")
MINUTE, HOUR, DAY = 60, 3600, 86400
SOON = timedelta(minutes=15)
BY_DURATION = timedelta(hours=12)  # nearer promises lead with the span, farther ones with the day
DATE_FROM = timedelta(days=6)  # beyond it, a weekday alone could be read as this week's

STATES: Mapping[str, tuple[str, str, str]] = {
    # state: icon, word, class. Only health has a colour; "is-now" says that something runs.
    "logged": ("phone-in", "Logged", ""),
    "triaging": ("search", "Triaging", ""),
    "sop": ("play", "SOP", "is-now"),
    "escalated": ("escalate", "Escalated", ""),
    "handed_over": ("handover", "Handed over", ""),
    "resolved": ("check", "Resolved", "is-good"),
    "declined": ("cross", "Declined", ""),
}


@dataclass(frozen=True)
class Due:
    """A promise as the board shows it: what leads, what stands below, and how urgent it is."""

    headline: str
    detail: str
    state: str = ""  # "is-late", "is-soon" or nothing
    icon: str = ""


@dataclass(frozen=True)
class Problem:
    """One line of the error summary; `target` is the id to go to, or empty."""

    message: str
    target: str = ""


# ---------- Pure functions ----------


def local(at: datetime) -> datetime:
    """The same instant on London's clock. A time without its zone is refused, never guessed."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no zone: pass an aware datetime")
    return at.astimezone(LONDON)


def seconds_until(at: datetime, now: datetime) -> float:
    """Elapsed seconds, negative for the past. In UTC, for within one zone Python subtracts wall clocks."""
    return (local(at).astimezone(UTC) - local(now).astimezone(UTC)).total_seconds()


def clock_words(at: datetime) -> str:
    """`02:19 GMT`."""
    return f"{local(at):%H:%M %Z}"


def day_words(at: datetime) -> str:
    """`Sun 22 Nov`."""
    there = local(at)
    return f"{there:%a} {there.day} {there:%b}"


def long_words(at: datetime) -> str:
    """`Sunday 22 November 2026, 02:07 GMT`."""
    there = local(at)
    return f"{there:%A} {there.day} {there:%B %Y}, {there:%H:%M %Z}"


def moment_words(at: datetime, now: datetime) -> str:
    """`02:19 GMT` today, `Sat 21 Nov 23:50 GMT` on another day, with the year in another year."""
    there, here = local(at), local(now)
    if there.date() == here.date():
        return clock_words(at)
    year = "" if there.year == here.year else f" {there.year}"
    return f"{day_words(at)}{year} {clock_words(at)}"


def duration_words(span: timedelta | float) -> str:
    """`48 min`, `1 h 18 min`, `under a minute`. Whole minutes, rounded down; the sign is not told."""
    seconds = abs(span.total_seconds() if isinstance(span, timedelta) else span)
    hours, minutes = int(seconds // HOUR), int(seconds % HOUR // MINUTE)
    if not hours and not minutes:
        return "under a minute"
    return " ".join([f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes))


def span_words(seconds: float) -> str:
    """As `duration_words`, and in whole days from two days on, where minutes tell nothing."""
    return f"{int(abs(seconds) // DAY)} days" if abs(seconds) >= 2 * DAY else duration_words(seconds)


def until_words(at: datetime, now: datetime) -> str:
    """Of a promise: `in 12 min`, or `4 min late`."""
    seconds = seconds_until(at, now)
    return f"in {span_words(seconds)}" if seconds >= 0 else f"{span_words(seconds)} late"


def ago_words(at: datetime, now: datetime) -> str:
    """Of what happened: `1 h 9 min ago`, `just now`; a time still to come reads `in 12 min`."""
    seconds = seconds_until(at, now)
    if abs(seconds) < MINUTE:
        return "just now"
    return f"in {span_words(seconds)}" if seconds > 0 else f"{span_words(seconds)} ago"


def due_words(at: datetime | None, now: datetime) -> Due:
    """A promise: late once its time has passed, soon in its last 15 minutes, by its day when it is far."""
    if at is None:
        return Due("Nothing due", "")
    left = timedelta(seconds=seconds_until(at, now))
    by = clock_words(at) if local(at).date() == local(now).date() else f"{local(at):%a %H:%M %Z}"
    if left < timedelta(0):
        return Due(until_words(at, now), f"was due {by}", "is-late", "late")
    if left <= SOON:
        return Due(until_words(at, now), f"due {by}", "is-soon", "clock")
    if left <= BY_DURATION:
        return Due(until_words(at, now), f"due {by}")
    if left < DATE_FROM:
        return Due(f"{local(at):%a %H:%M}", f"{local(at):%Z}, {until_words(at, now)}")
    return Due(day_words(at), clock_words(at))


def focus_id(bound: BoundField) -> str:
    """Where a link of the error summary leads: the control, or the first of its choices."""
    if bound.field.widget.use_fieldset and bound.subwidgets:
        return str(bound.subwidgets[0].id_for_label or bound.auto_id)
    return str(bound.id_for_label or bound.auto_id)


def error_words(bound: BoundField) -> list[str]:
    """A field's errors. Where its form says nothing better, an empty one is asked for by its name."""
    default = str(Field.default_error_messages["required"])
    verb = "Tick" if isinstance(bound.field.widget, CheckboxInput) else "Fill in"
    verb = "Choose" if isinstance(bound.field, ChoiceField) else verb
    return [f"{verb} “{bound.label}”" if error == default else str(error) for error in bound.errors]


def problems_of(form: BaseForm | None) -> list[Problem]:
    """Each error of a form once, in the order of its fields, after those of the form as a whole."""
    if form is None or not form.is_bound:
        return []
    found = [Problem(str(error)) for error in form.non_field_errors()]
    for bound in form:
        if bound.is_hidden:
            found += [Problem(f"{bound.label}: {error}") for error in error_words(bound)]
        else:
            found += [Problem(error, focus_id(bound)) for error in error_words(bound)]
    return list(dict.fromkeys(found))


# ---------- Filters ----------


def _now(context: Context) -> datetime:
    """The page's one instant, so that no two times on it disagree."""
    desk = context.get("desk") or {}
    now = desk.get("now") if isinstance(desk, Mapping) else getattr(desk, "now", None)
    return now if isinstance(now, datetime) else timezone.now()


@register.filter
def clock(at: datetime | None) -> str:
    return clock_words(at) if at else ""


@register.filter
def clock_seconds(at: datetime | None) -> str:
    """`02:07:12 GMT`, for the one place that shows seconds: when this page was read."""
    return f"{local(at):%H:%M:%S %Z}" if at else ""


@register.filter
def day(at: datetime | None) -> str:
    return day_words(at) if at else ""


@register.filter
def day_clock(at: datetime | None) -> str:
    """`Sun 22 Nov 02:19 GMT`."""
    return f"{day_words(at)} {clock_words(at)}" if at else ""


@register.filter
def long_clock(at: datetime | None) -> str:
    return long_words(at) if at else ""


@register.filter
def ago(at: datetime | None, now: datetime | None = None) -> str:
    return ago_words(at, now or timezone.now()) if at else ""


@register.filter
def until(at: datetime | None, now: datetime | None = None) -> str:
    return until_words(at, now or timezone.now()) if at else ""


@register.filter
def duration(span: timedelta | float | None) -> str:
    return "" if span is None or span == "" else duration_words(span)


@register.filter
def person(who: Any, reader: Any = None) -> str:
    """The name that the desk shows; the reader's own is marked, and nobody is said in words."""
    if not who:
        return format_html('<span class="soft">{}</span>', "Nobody yet")
    if reader is not None and who == reader:
        return format_html('{} <span class="soft">(you)</span>', who)
    return format_html("{}", who)


@register.filter
def problems(form: BaseForm | None) -> list[Problem]:
    return problems_of(form or None)


# ---------- Tags ----------


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon of `icons.svg`. A word stands beside it, always."""
    address = f"{static('ooh/icons.svg')}#{name}"
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)


@register.simple_tag
def public_icon(name: str) -> SafeString:
    """An icon that the public page carries itself; add its symbol to `_parts/public_icons.html`."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#{}"/></svg>', name)


@register.simple_tag(takes_context=True)
def moment(context: Context, at: datetime | None) -> SafeString | str:
    """A `<time>`: the clock today, the day too on any other day."""
    if at is None:
        return ""
    stamp = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<time datetime="{}">{}</time>', stamp, moment_words(at, _now(context)))


@register.inclusion_tag("_parts/due.html", takes_context=True)
def due(context: Context, at: datetime | None) -> dict[str, object]:
    """The paragraph of a row of the board."""
    return {"due": due_words(at, _now(context))}


@register.inclusion_tag("_parts/due_vital.html", takes_context=True)
def due_vital(context: Context, at: datetime | None, label: str = "Next update due") -> dict[str, object]:
    """The same promise as the first of an incident's vitals (a `div` of the `dl`)."""
    return {"due": due_words(at, _now(context)), "label": label}


@register.simple_tag
def state_tag(incident: Any) -> SafeString:
    """The state of an incident, or a state by name, as icon and word."""
    state = str(getattr(incident, "state", incident))
    name, word, kind = STATES.get(state, ("state", state.replace("_", " ").capitalize(), ""))
    return format_html('<span class="tag {}">{}{}</span>', kind, icon(name), word)


@register.simple_tag
def title_prefix(*forms: Any) -> str:
    """`Error: ` before the title of a page whose form was sent back."""
    return "Error: " if any(problems_of(form) for form in forms if isinstance(form, BaseForm)) else ""


@register.inclusion_tag("_parts/field.html")
def field(
    bound: BoundField, *, control_class: str = "", choices_class: str = "", after: str = ""
) -> dict[str, object]:
    """One field, whole: label, hint, error, control, and what ties them together for a screen reader."""
    hint_id, error_id = f"{bound.auto_id}-hint", f"{bound.auto_id}-error"
    told_by = " ".join([hint_id] * bool(bound.help_text) + [error_id] * bool(bound.errors))
    widget = bound.field.widget
    attrs = {"class": f"{widget.attrs.get('class', '')} {control_class}".strip(), "aria-describedby": told_by}
    return {
        "field": bound,
        "errors": error_words(bound),
        "control": bound.as_widget(attrs={name: value for name, value in attrs.items() if value}),
        "is_group": widget.use_fieldset,
        "is_check": isinstance(widget, CheckboxInput),
        "choices": bound.subwidgets if hasattr(widget, "choices") and widget.use_fieldset else None,
        "choices_class": choices_class,
        "after": after,
        "hint_id": hint_id,
        "error_id": error_id,
        "told_by": told_by,
    }
