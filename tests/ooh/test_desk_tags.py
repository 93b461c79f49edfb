"""The words of every page: times on London's clock, promises, states, and fields of forms."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.template import Context, Template

from accounts.templatetags import desk

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 22, 2, 7, 12, tzinfo=UTC)
SPRING = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # the clock goes from 00:59 GMT to 02:00 BST
AUTUMN = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # and back from 01:59 BST to 01:00 GMT


def render(source: str, **context: object) -> str:
    return Template("{% load desk %}" + source).render(Context({"desk": {"now": NOW}, **context}))


# ---------- Clocks ----------


def test_a_time_carries_its_zone():
    assert desk.clock_words(NOW) == "02:07 GMT"
    assert desk.clock_words(datetime(2026, 7, 1, 12, 0, tzinfo=UTC)) == "13:00 BST"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no zone"):
        desk.clock_words(datetime(2026, 11, 22, 2, 7))  # noqa: DTZ001


def test_the_hour_that_happens_twice_is_told_apart():
    first, second = AUTUMN - timedelta(minutes=30), AUTUMN + timedelta(minutes=30)
    assert (desk.clock_words(first), desk.clock_words(second)) == ("01:30 BST", "01:30 GMT")


def test_the_hour_that_is_left_out_in_spring_is_never_shown():
    assert desk.clock_words(SPRING - timedelta(seconds=1)) == "00:59 GMT"
    assert desk.clock_words(SPRING) == "02:00 BST"


def test_days_are_those_of_london():
    late_in_utc = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert desk.day_words(late_in_utc) == "Wed 1 Jul"
    assert desk.long_words(NOW) == "Sunday 22 November 2026, 02:07 GMT"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW, "02:07 GMT"),
        (NOW - timedelta(hours=3), "Sat 21 Nov 23:07 GMT"),
        (NOW - timedelta(days=365), "Sat 22 Nov 2025 02:07 GMT"),
    ],
)
def test_a_moment_says_its_day_only_where_it_is_not_today(at, words):
    assert desk.moment_words(at, NOW) == words


def test_a_moment_is_marked_up_for_machines_in_utc():
    assert render("{% moment at %}", at=AUTUMN - timedelta(minutes=30)).startswith(
        '<time datetime="2026-10-25T00:30:00Z">Sun 25 Oct 01:30 BST'
    )


# ---------- Spans ----------


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (0, "under a minute"),
        (59.9, "under a minute"),
        (60, "1 min"),
        (48 * 60 + 59, "48 min"),
        (3600, "1 h"),
        (timedelta(hours=1, minutes=18), "1 h 18 min"),
        (timedelta(hours=74, minutes=10), "74 h 10 min"),
        (-4 * 60, "4 min"),
    ],
)
def test_a_duration_is_in_whole_minutes_rounded_down(span, words):
    assert desk.duration_words(span) == words


@pytest.mark.parametrize(
    ("seconds", "until", "ago"),
    [
        (12 * 60 + 40, "in 12 min", "in 12 min"),
        (30, "in under a minute", "just now"),
        (-30, "under a minute late", "just now"),
        (-4 * 60 - 40, "4 min late", "4 min ago"),
        (-69 * 60, "1 h 9 min late", "1 h 9 min ago"),
        (-3 * 86400, "3 days late", "3 days ago"),
    ],
)
def test_near_times_are_relative(seconds, until, ago):
    at = NOW + timedelta(seconds=seconds)
    assert (desk.until_words(at, NOW), desk.ago_words(at, NOW)) == (until, ago)


@pytest.mark.parametrize(("change", "elapsed"), [(SPRING, "3 h"), (AUTUMN, "5 h")])
def test_a_span_over_a_clock_change_is_what_elapsed_not_what_the_clock_shows(change, elapsed):
    midnight = datetime.combine(change.date(), datetime.min.time(), tzinfo=LONDON)
    four = midnight.replace(hour=4)
    assert desk.until_words(four, midnight) == f"in {elapsed}"
    assert desk.ago_words(midnight, four) == f"{elapsed} ago"


def test_filters_take_nothing_quietly():
    nothing = "{{ at|clock }}{{ at|clock_seconds }}{{ at|day }}{{ at|day_clock }}{{ at|long_clock }}"
    assert render(nothing + "{{ at|ago }}{{ at|until }}{{ at|duration }}{% moment at %}", at=None) == ""


def test_filters_say_the_time():
    source = (
        "{{ at|clock }}|{{ at|clock_seconds }}|{{ at|day_clock }}|{{ at|until:desk.now }}|{{ 0|duration }}"
    )
    assert render(source, at=NOW) == (
        "02:07 GMT|02:07:12 GMT|Sun 22 Nov 02:07 GMT|in under a minute|under a minute"
    )


# ---------- Promises ----------


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (NOW - timedelta(seconds=1), desk.Due("under a minute late", "was due 02:07 GMT", "is-late", "late")),
        (NOW - timedelta(minutes=4), desk.Due("4 min late", "was due 02:03 GMT", "is-late", "late")),
        (NOW - timedelta(hours=3), desk.Due("3 h late", "was due Sat 23:07 GMT", "is-late", "late")),
        (NOW, desk.Due("in under a minute", "due 02:07 GMT", "is-soon", "clock")),
        (NOW + timedelta(minutes=15), desk.Due("in 15 min", "due 02:22 GMT", "is-soon", "clock")),
        (NOW + timedelta(minutes=15, seconds=1), desk.Due("in 15 min", "due 02:22 GMT")),
        (NOW + timedelta(hours=30), desk.Due("Mon 08:07", "GMT, in 30 h")),
        (NOW + timedelta(days=9), desk.Due("Tue 1 Dec", "02:07 GMT")),
        (None, desk.Due("Nothing due", "")),
    ],
)
def test_a_promise_is_late_once_passed_and_soon_in_its_last_15_minutes(at, expected):
    assert desk.due_words(at, NOW) == expected


def test_the_board_counts_from_the_instant_of_the_page():
    row = render("{% due at %}", at=NOW - timedelta(minutes=4))
    assert '<p class="due is-late">' in row
    assert "4 min late</b>" in row
    assert '<span class="label">was due 02:03 GMT</span>' in row


def test_a_vital_is_a_row_of_the_definition_list():
    assert '<div class="due is-soon"><dt>Next update due</dt><dd><b>' in render("{% due_vital at %}", at=NOW)


# ---------- States and people ----------


@pytest.mark.parametrize("state", desk.STATES)
def test_each_state_is_an_icon_and_a_word(state):
    name, word, _ = desk.STATES[state]
    shown = desk.state_tag(state)
    assert f"#{name}" in shown
    assert f"</svg>{word}</span>" in shown


def test_a_state_of_an_incident_is_read_from_it():
    class Resolved:
        state = "resolved"

    assert desk.state_tag(Resolved()) == desk.state_tag("resolved")


def test_the_reader_is_marked_and_nobody_is_said():
    assert desk.person("OOH engineer 1", "OOH engineer 1") == 'OOH engineer 1 <span class="soft">(you)</span>'
    assert desk.person("OOH engineer 2", "OOH engineer 1") == "OOH engineer 2"
    assert "Nobody yet" in desk.person(None)


def test_a_name_is_escaped():
    assert desk.person("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"


# ---------- Icons ----------


def test_each_icon_that_a_template_names_exists():
    symbols = set(re.findall(r'id="([\w-]+)"', (settings.BASE_DIR / "ooh/static/ooh/icons.svg").read_text()))
    named = {icon for icon, _, _ in desk.STATES.values()}
    for path in Path(settings.BASE_DIR / "templates").rglob("*.html"):
        named |= set(re.findall(r"""{% icon ["']([\w-]+)["'] %}""", path.read_text()))
    assert named - symbols == set()


def test_each_icon_of_a_public_page_is_carried_by_it():
    parts = Path(settings.BASE_DIR / "templates")
    carried = set(re.findall(r'id="([\w-]+)"', (parts / "_parts/public_icons.html").read_text()))
    named = {
        name
        for path in parts.rglob("*.html")
        for name in re.findall(r"""{% public_icon ["']([\w-]+)["'] %}""", path.read_text())
    }
    assert named - carried == set()


# ---------- Forms ----------


class CallForm(forms.Form):
    name = forms.CharField(label="Name")
    callback = forms.CharField(
        label="Number",
        help_text="Read it back.",
        error_messages={"required": "Enter the number to call back on"},
    )
    who = forms.ChoiceField(
        label="Who", choices=[("all", "Everyone"), ("one", "One")], widget=forms.RadioSelect
    )
    sure = forms.BooleanField(label="I am sure")
    kept = forms.CharField(label="Version", widget=forms.HiddenInput)
    on = forms.DateField(label="Day", required=False)

    def clean_on(self) -> date | None:
        if day := self.cleaned_data["on"]:
            raise forms.ValidationError(f"{day} is not a working day")
        return None

    def clean(self) -> None:
        raise forms.ValidationError("The incident has changed since")


def test_each_error_is_listed_once_in_order_and_leads_to_its_control():
    assert desk.problems_of(CallForm({"on": "2026-11-22"})) == [
        desk.Problem("The incident has changed since"),
        desk.Problem("Fill in “Name”", "id_name"),
        desk.Problem("Enter the number to call back on", "id_callback"),
        desk.Problem("Choose “Who”", "id_who_0"),
        desk.Problem("Tick “I am sure”", "id_sure"),
        desk.Problem("Version: Fill in “Version”"),
        desk.Problem("2026-11-22 is not a working day", "id_on"),
    ]


def test_a_form_that_was_not_sent_has_no_problem():
    assert desk.problems_of(CallForm()) == []
    assert desk.problems_of(None) == []


def test_the_title_says_error_only_for_a_form_sent_back():
    source = "{% title_prefix form missing %}Log a call"
    assert render(source, form=CallForm({})) == "Error: Log a call"
    assert render(source, form=CallForm()) == "Log a call"
    assert render(source) == "Log a call"


def test_summary_and_field_say_the_same_words():
    page = render('{% include "_parts/error_summary.html" %}{% field form.name %}', form=CallForm({}))
    assert page.count("Fill in “Name”") == 2
    assert '<a href="#id_name">' in page
    assert 'role="alert"' in page


def test_a_wrong_field_is_tied_to_its_hint_and_its_error_and_keeps_what_was_typed():
    page = render('{% field form.callback control_class="w-short" %}', form=CallForm({"callback": ""}))
    assert 'class="field is-wrong"' in page
    assert 'aria-describedby="id_callback-hint id_callback-error"' in page
    assert 'aria-invalid="true"' in page
    assert 'class="w-short"' in page
    assert 'id="id_callback-hint"' in page
    assert 'value="01632 960174"' in render(
        "{% field form.callback %}", form=CallForm({"callback": "01632 960174"})
    )


def test_a_sound_field_claims_no_error():
    page = render("{% field form.name %}", form=CallForm({"name": "IT on-call manager"}))
    assert "is-wrong" not in page
    assert "aria-" not in page


def test_choices_are_a_group_with_a_legend():
    page = render('{% field form.who choices_class="is-two" %}', form=CallForm({"who": "one"}))
    assert "<legend>Who</legend>" in page
    assert page.count('<label class="choice">') == 2
    assert re.search(r'value="one"[^>]* checked', page)


def test_text_beside_a_control_is_shown_and_a_hidden_field_has_no_label():
    assert "<span>GMT, today</span>" in render('{% field form.name after="GMT, today" %}', form=CallForm())
    assert render("{% field form.kept %}", form=CallForm()).strip().startswith('<input type="hidden"')
