"""The forms of subscribers: shape only. None of them asks whether an address is known."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Service
from incidents.status.subscribers import addresses


class ServicesForm(forms.Form):
    """Of which services to be told."""

    services = forms.ModelMultipleChoiceField(
        Service.objects.none(), label="Services", required=False, widget=forms.CheckboxSelectMultiple,
        to_field_name="code", help_text="None chosen: all of them, and those that come later",
        error_messages={
            "invalid_choice": "Choose from the list: a service is not on it any more",
            "invalid_pk_value": "Choose from the list: a service is not on it any more",
        },
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = Service.objects.on_status_page()  # type: ignore[attr-defined]


class EmailForm(ServicesForm):
    address = forms.EmailField(
        label="E-mail address", max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none"}),
        error_messages={
            "required": "Enter your e-mail address",
            "invalid": "Enter an e-mail address, like name@example.org",
            "max_length": "Enter an address of at most 254 characters",
        },
    )  # fmt: skip
    field_order = ("address", "services")


class WebhookForm(ServicesForm):
    address = forms.CharField(
        label="Address of the webhook", max_length=addresses.LONGEST,
        widget=forms.URLInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        help_text="https:// and on the internet. It must answer our question before anything else is sent",
        error_messages={
            "required": "Enter the address of your webhook",
            "max_length": f"Enter an address of at most {addresses.LONGEST} characters",
        },
    )  # fmt: skip
    field_order = ("address", "services")

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        try:
            addresses.check(address)
        except addresses.Refused as error:
            raise ValidationError(str(error)) from None
        return address


class EndForm(forms.Form):
    """Why a service manager ends a subscription."""

    reason = forms.CharField(
        label="Why it ends", max_length=300,
        error_messages={"required": "Say why. It is kept with the subscription"},
    )  # fmt: skip
