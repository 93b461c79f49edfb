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
