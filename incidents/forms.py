"""The forms of the incident's pages. They check shape; the services check the rules."""

from typing import Any

from django import forms

from incidents.scope_words import RULE_NAMES
from incidents.time_fields import LocalTimeField

TEXT = forms.Textarea(attrs={"rows": 4})


class SeenForm(forms.Form):
    """Carries the state that the person saw, so that somebody faster is noticed."""

    seen = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class DeclineForm(SeenForm):
    rule = forms.ChoiceField(
        label="Which rule does it fail?", choices=list(RULE_NAMES.items()), widget=forms.RadioSelect,
        error_messages={"required": "Choose the rule that it fails"},
    )  # fmt: skip
    told_caller = forms.CharField(
        label="What you told the caller", max_length=1000, widget=TEXT,
        help_text="Change it to what you really said.",
        error_messages={"required": "Write what you told the caller"},
    )  # fmt: skip


class ReasonForm(SeenForm):
    """One text that says why; each page gives it its label."""

    reason = forms.CharField(max_length=1000, widget=TEXT, error_messages={"required": "Say why"})

    def __init__(self, *args: Any, label: str = "Why?", hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label, self.fields["reason"].help_text = label, hint


class ResolveForm(SeenForm):
    resolution = forms.CharField(
        label="What restored the service?", max_length=2000, widget=TEXT,
        error_messages={"required": "Say what restored the service"},
    )  # fmt: skip
    restored_at = LocalTimeField(
        label="When did it come back?", error_messages={"required": "Enter when the service came back"}
    )
    words = forms.CharField(
        label="The last status update", max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Posted as “Resolved” together with this. The public reads it.",
    )  # fmt: skip


class NoteForm(forms.Form):
    text = forms.CharField(
        label="Add a note", max_length=5000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Both organisations see it.", error_messages={"required": "Write the note"},
    )  # fmt: skip


class ProductNoteForm(NoteForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = "Add a product note"
        self.fields["text"].help_text = "Only your own organisation sees it. It never leaves the desk."


class NextActionForm(forms.Form):
    text = forms.CharField(
        label="What comes next", max_length=300, error_messages={"required": "Say what comes next"}
    )


class CallForm(forms.Form):
    direction = forms.ChoiceField(
        choices=[("out", "I rang"), ("in", "They rang")], widget=forms.RadioSelect, label="Who rang?",
        initial="out",
        error_messages={"required": "Choose who rang"},
    )  # fmt: skip
    party = forms.CharField(
        label="Who was on the line", max_length=120,
        help_text="A role is enough, such as IT on-call manager.",
        error_messages={"required": "Say who was on the line"},
    )  # fmt: skip
    outcome = forms.ChoiceField(
        label="How it ended", widget=forms.RadioSelect,
        error_messages={"required": "Choose how the call ended"},
        choices=[
            ("reached", "Reached"), ("voicemail", "Voicemail"), ("busy", "Busy"), ("no_answer", "No answer"),
            ("refused", "Refused"), ("will_call_back", "Will ring back"),
        ],
    )  # fmt: skip
    text = forms.CharField(label="What was said", max_length=2000, required=False, widget=TEXT)
    call_back_due_at = LocalTimeField(label="You promised to ring back by", required=False, is_future=True)
