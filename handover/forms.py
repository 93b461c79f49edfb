"""The forms of handovers, the rota and pages. They check shape; the services check the rules."""

from typing import Any

from django import forms

from accounts.models import Team, User
from handover.handing import LABELS, mark
from handover.lacking import LONGEST
from handover.models import HandoverItem, Weekday
from handover.shifts import ON_ROTA
from incidents.time_fields import LocalTimeField

HINTS = {
    "situation": "What is down or was, for whom, since when. What the public was told.",
    "background": "What happened, which SOPs ran with what result, who was called.",
    "assessment": "What do you think is wrong? If it comes back, then what?",
    "next_steps": "One a line: who does what, by when.",
    "not_tried": "What you left alone, and why.",
    "promises": "One a line: to whom, by when.",
}
CLOCK = {"class": "w-time", "inputmode": "numeric", "autocomplete": "off"}
DAY = {"type": "date", "class": "w-short"}
ROWS = {"situation": 5, "background": 6, "assessment": 4, "next_steps": 4, "not_tried": 3, "promises": 3}


class SectionForm(forms.Form):
    """One section of one item, kept by itself. `seen` notices that somebody else has written it meanwhile."""

    section = forms.CharField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    text = forms.CharField(required=False, max_length=3000, strip=False)

    def __init__(self, item: HandoverItem, section: str, data: Any = None) -> None:
        text = getattr(item, section)
        initial = {"section": section, "seen": mark(text), "text": text}
        super().__init__(data, initial=initial, auto_id=f"item-{item.pk}-{section}-%s")
        self.name = section
        field = self.fields["text"]
        if section == "severity":
            self.fields["text"] = forms.ChoiceField(label="How bad", choices=HandoverItem.Severity.choices)
            return
        field.label, field.help_text = LABELS[section], HINTS[section]
        field.widget = forms.Textarea(attrs={"rows": ROWS[section]})


class AnswerForm(forms.Form):
    """Accept with the read-back, or refuse with a reason: two buttons of one form."""

    readback = forms.CharField(
        label="Say it back in your own words", required=False, max_length=2000,
        help_text="What is it, what do you do next, and by when?", widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    refuse = forms.CharField(
        label="What is missing, or whose is it?", required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    # The service's names of the two texts
    FIELDS = {"read_back": "readback", "reason": "refuse"}

    def __init__(self, item: HandoverItem, data: Any = None) -> None:
        super().__init__(data, auto_id=f"item-{item.pk}-%s")


class StatementForm(forms.Form):
    statement = forms.CharField(
        label="Sign that there is nothing to hand over", max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        initial="Nothing is open and nothing was promised. There is nothing to hand over.",
        error_messages={"required": "Write and sign that there is nothing to hand over"},
    )  # fmt: skip


class CallRecordForm(forms.Form):
    began_at = LocalTimeField(label="It began", error_messages={"required": "Enter when the call began"})
    ended_at = LocalTimeField(label="It ended", required=False)
    participants = forms.CharField(
        label="On the call", max_length=300, help_text="By role, such as Night lead, Desk analyst 1.",
        error_messages={"required": "Name who was on the call, by role"},
    )  # fmt: skip


class AddendumForm(forms.Form):
    text = forms.CharField(
        label="Addendum", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The handover above stays as it was accepted.",
        error_messages={"required": "Write what is to be added or corrected"},
    )  # fmt: skip


class TeamField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A team with the number to ring."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.phone}"


class EscalateForm(forms.Form):
    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    team = TeamField(
        queryset=Team.objects.none(), label="Which team?", widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": "Choose the team", "invalid_choice": "Choose one of the teams listed"},
    )  # fmt: skip
    reason = forms.CharField(
        label="Why, and what have you tried?", max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="The team reads this first. No patient data.",
        error_messages={"required": "Say why you escalate, and what you have tried"},
    )  # fmt: skip


class SopGapForm(EscalateForm):
    """Which team is to be paged, and what no SOP does: the team and the vendor's authors read it."""

    reason = forms.CharField(
        label="What would an SOP have had to do?", max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="And what you saw. The team reads it first, and the vendor’s authors. No patient data.",
        error_messages={"required": "Say what an SOP would have had to do"},
    )  # fmt: skip

    field_order = ("seen", "reason", "team")


class AcknowledgeForm(forms.Form):
    answer = forms.CharField(
        label="Your answer", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, number: int, *, is_paged: bool, data: Any = None) -> None:
        super().__init__(data, auto_id=f"page-{number}-%s")
        self.fields["answer"].help_text = "May stay empty: the button says that you have it."
        if not is_paged:
            self.fields["answer"].label = "Who answered, and what did they say?"
            self.fields["answer"].help_text = "For a team that answered by telephone."


class ShiftForm(forms.Form):
    """A weekly shift; of one date when its first and last day are that date."""

    person = forms.ModelChoiceField(
        queryset=User.objects.none(), label="Who", empty_label="Choose",
        error_messages={"required": "Choose who", "invalid_choice": "Choose somebody who works shifts"},
    )  # fmt: skip
    weekday = forms.TypedChoiceField(
        label="Day", choices=[("", "Choose"), *Weekday.choices], coerce=int,
        error_messages={"required": "Choose the day", "invalid_choice": "Choose one of the days listed"},
    )  # fmt: skip
    starts = forms.TimeField(
        label="Starts", widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"), help_text="Such as 17:45",
        error_messages={"required": "Enter when it starts", "invalid": "Enter a time such as 17:45"},
    )  # fmt: skip
    ends = forms.TimeField(
        label="Ends", widget=forms.TimeInput(attrs=CLOCK, format="%H:%M"),
        help_text="Earlier than the start: the next day",
        error_messages={"required": "Enter when it ends", "invalid": "Enter a time such as 08:15"},
    )  # fmt: skip
    valid_from = forms.DateField(
        label="First day", widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        error_messages={"required": "Enter the first day", "invalid": "Enter a date such as 2026-11-23"},
    )  # fmt: skip
    valid_until = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        help_text="Empty: no end. The first day again: that date alone",
        error_messages={"invalid": "Enter a date such as 2026-11-23, or leave it empty"},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(user).with_role(*ON_ROTA)
        person = self.fields["person"]
        assert isinstance(person, forms.ModelChoiceField)  # noqa: S101  (declared above)
        person.queryset = people.order_by("organisation__side", "name")


class EndShiftForm(forms.Form):
    last_day = forms.DateField(
        label="Last day",
        widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"),
        error_messages={"required": "Enter the last day", "invalid": "Enter a date such as 2026-11-23"},
    )  # fmt: skip

    def __init__(self, number: int, data: Any = None) -> None:
        super().__init__(data, auto_id=f"shift-{number}-%s")
        self.number = number
