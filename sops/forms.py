"""The forms of a run. They check shape; the services check the rules, and say which answers there are."""

from typing import Any

from django import forms

TEXT = forms.Textarea(attrs={"rows": 3})
AS_TYPED = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
MINUTES = [("15", "In 15 minutes"), ("30", "In 30 minutes"), ("60", "In 60 minutes"), ("120", "In 2 hours")]


class StepForm(forms.Form):
    """Carries the step that the person saw, so that somebody faster is noticed."""

    step = forms.IntegerField(
        min_value=1, max_value=999, widget=forms.HiddenInput,
        error_messages={"required": "The step is missing. Open the run again"},
    )  # fmt: skip


class ConfirmForm(StepForm):
    confirm = forms.CharField(required=False, max_length=120, widget=forms.TextInput(attrs=AS_TYPED))

    def __init__(self, *args: Any, typed: str = "", is_disruptive: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirm"].label = f"Type {typed} to confirm the target"
        if not is_disruptive:
            del self.fields["confirm"]


class TargetForm(StepForm):
    component = forms.IntegerField(
        label="Which target?", widget=forms.RadioSelect, min_value=1, max_value=2**62,
        error_messages={"required": "Choose one of the registered targets"},
    )  # fmt: skip

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["component"].widget.choices = choices


class ManualForm(StepForm):
    evidence = forms.CharField(
        label="What you did and what you saw", max_length=2000, widget=TEXT,
        help_text="Both organisations read it. No patient data.",
        error_messages={"required": "Write what you did and what you saw"},
    )  # fmt: skip
    went_wrong = forms.BooleanField(label="It did not go as it should", required=False)


class DecisionForm(StepForm):
    answer = forms.CharField(
        label="Your answer", max_length=120, widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the answers"},
    )  # fmt: skip
    evidence = forms.CharField(label="What you saw (optional)", required=False, max_length=2000, widget=TEXT)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"].widget.choices = choices


class WordsForm(StepForm):
    words = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Change what does not fit. No names of hospitals, people or machines, no time for the fix.",
        error_messages={"required": "Write what the public is told"},
    )  # fmt: skip
    next_in_minutes = forms.IntegerField(
        label="Next update", widget=forms.Select(choices=MINUTES), min_value=5, max_value=240,
        error_messages={"required": "Choose when the next update comes"},
    )  # fmt: skip


class LeaveOutForm(StepForm):
    reason = forms.CharField(
        label="Why do you leave it out?", max_length=1000, widget=TEXT,
        error_messages={"required": "Say why you leave this step out"},
    )  # fmt: skip


class EscalateForm(StepForm):
    evidence = forms.CharField(
        label="What you saw and what you tried", max_length=2000, widget=TEXT,
        help_text="The team that is paged reads it first. No patient data.",
        error_messages={"required": "Say what you saw and what you tried: the team reads it first"},
    )  # fmt: skip


class UnknownForm(StepForm):
    evidence = forms.CharField(
        label="What you looked at and what you saw", max_length=2000, widget=TEXT,
        error_messages={"required": "Write what you looked at and what you saw"},
    )  # fmt: skip
    happened = forms.ChoiceField(
        choices=[("yes", "It happened"), ("no", "It did not")], widget=forms.HiddenInput,
        error_messages={"required": "Press whether it happened or did not"},
    )  # fmt: skip


class CloseForm(forms.Form):
    outcome = forms.CharField(
        label="Outcome", max_length=20, widget=forms.HiddenInput,
        error_messages={"required": "Choose whether the service is restored"},
    )  # fmt: skip


class StopForm(forms.Form):
    reason = forms.CharField(
        label="Why do you stop?", max_length=500, widget=TEXT, error_messages={"required": "Say why you stop"}
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label="Why?", max_length=300, widget=TEXT,
        error_messages={"required": "Say why. Everybody who looks for it sees the reason"},
    )  # fmt: skip
