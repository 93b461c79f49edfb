"""The forms of a report of patient data. What is typed here is kept nowhere but in the report's escrow."""

from typing import Any

from django import forms

from incidents.models.guard_decision import KINDS

LONGEST = 5000


class ReportForm(forms.Form):
    words = forms.CharField(
        label="The words that name the patient", max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
        help_text="A line each, letter by letter as they stand there. Take away every line that may stay.",
        error_messages={"required": "Copy the words that name the patient"},
    )  # fmt: skip
    kind = forms.ChoiceField(
        label="What is it?", choices=[("", "Choose"), *KINDS, ("other", "Something else")],
        error_messages={"required": "Choose what it is"},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].strip = False  # type: ignore[attr-defined]


class PutBackForm(forms.Form):
    reason = forms.CharField(
        label="Why is it no patient data?",
        max_length=300,
        error_messages={"required": "Say why it is no patient data"},
    )
