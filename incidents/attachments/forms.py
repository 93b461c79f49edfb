"""The forms of files. `read` judges the file itself."""

from django import forms

from incidents.attachments.reading import WANTED


class AddForm(forms.Form):
    file = forms.FileField(
        label="A file", help_text=f"{WANTED}. 20 MB at most, and without patient data, also in its name.",
        error_messages={"required": "Choose a file", "empty": "The file is empty. Choose another"},
    )  # fmt: skip


class WhyForm(forms.Form):
    reason = forms.CharField(label="Why?", max_length=300, error_messages={"required": "Say why"})
