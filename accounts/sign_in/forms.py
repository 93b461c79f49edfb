"""The forms of signing in and of one's own account."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from accounts.models import User

LONGEST = 500


def _password(label: str, autocomplete: str, required: str, **more: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        strip=False,
        widget=widget,
        error_messages={"required": required},
        **more,
    )


class SignInForm(forms.Form):
    username = forms.CharField(max_length=254, error_messages={"required": "Enter your e-mail address"})
    password = _password("Password", "current-password", "Enter your password")


class CodeForm(forms.Form):
    """A code of the app or a recovery code; or what a security key answered, by the script."""

    code = forms.CharField(
        label="Code", max_length=40, required=False,
        widget=forms.TextInput(attrs={
            "autocomplete": "one-time-code", "class": "code", "autocapitalize": "none", "spellcheck": "false",
        }),
    )  # fmt: skip
    credential = forms.CharField(max_length=20_000, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("code") and not cleaned.get("credential") and not self.errors:
            self.add_error("code", "Enter the code that the app shows, or a recovery code")
        return cleaned


class NewAppForm(forms.Form):
    code = forms.CharField(
        label="6-digit code that the app shows now", max_length=20,
        widget=forms.TextInput(attrs={
            "inputmode": "numeric", "autocomplete": "one-time-code", "class": "code",
        }),
        error_messages={"required": "Enter the code that the app shows now"},
    )  # fmt: skip


class NewKeyForm(forms.Form):
    name = forms.CharField(
        label="Name of the key", max_length=60, required=False, initial="Security key",
        help_text="So that you know which to remove, such as: blue key on my ring.",
    )  # fmt: skip
    credential = forms.CharField(
        max_length=20_000, widget=forms.HiddenInput,
        error_messages={"required": "Press the button and touch the key. This needs a script in the browser"},
    )  # fmt: skip


class NewPasswordForm(forms.Form):
    """Twice, since nobody sees what they type."""

    password = _password(
        "New password", "new-password", "Choose a password",
        help_text="12 characters or more, and not one that many people have. Four random words are good.",
    )  # fmt: skip
    again = _password("The same again", "new-password", "Enter the password a second time")

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.person)
        return password

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("password") and cleaned.get("again") and cleaned["password"] != cleaned["again"]:
            self.add_error("again", "The two are not the same. Enter both again")
        return cleaned


class UnlockForm(forms.Form):
    password = _password("Password", "current-password", "Enter your password")
