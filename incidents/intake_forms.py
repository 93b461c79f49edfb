"""The form of a call, in the order of the conversation. It checks shape; the services check the rules."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import Customer, Service, User
from incidents.models import Incident
from incidents.time_fields import LocalTimeField

UNLISTED = "not-listed"
LONGEST_CALL = timedelta(hours=12)
TELEPHONE = {"type": "tel", "inputmode": "tel", "autocomplete": "off", "class": "w-short"}
TEXT = forms.TextInput(attrs={"autocomplete": "off"})


def chosen(name: str) -> dict[str, str]:
    """What an empty or foreign choice is told."""
    return {"required": name, "invalid_choice": name}


class IntakeForm(forms.Form):
    """With `checking` nothing is required: the call goes on, and what is there is checked.

    With `is_alert` nobody rang: the caller and the number may stay empty.
    """

    caller_name = forms.CharField(
        label="Name", max_length=120, widget=TEXT, error_messages={"required": "Enter who is calling"}
    )
    customer = forms.ChoiceField(label="Hospital", error_messages=chosen("Choose the hospital"))
    customer_words = forms.CharField(
        label="Which hospital, in the caller’s words", max_length=120, required=False, widget=TEXT,
        help_text="The call is logged and passes to the duty lead.",
    )  # fmt: skip
    call_back_number = forms.CharField(
        label="Number to call back on", max_length=40, widget=forms.TextInput(attrs=TELEPHONE),
        help_text="Read it back to the caller, digit by digit.",
        error_messages={"required": "Enter the number to call back on, and read it back"},
    )  # fmt: skip
    is_call_back_read_back = forms.BooleanField(label="I read it back, and the caller agreed", required=False)
    service = forms.ChoiceField(label="Service", error_messages=chosen("Choose the service"))
    failure = forms.ChoiceField(
        label="What happens", choices=[("", "Choose"), *Incident.Failure.choices],
        error_messages=chosen("Choose what happens"),
    )  # fmt: skip
    error_text = forms.CharField(
        label="Exact words of the error", max_length=500, required=False, widget=TEXT,
        help_text="“I do not know” is an answer.",
    )  # fmt: skip
    who_affected = forms.ChoiceField(
        label="Who cannot use it", choices=Incident.Who.choices, widget=forms.RadioSelect,
        error_messages=chosen("Choose who cannot use it"),
    )  # fmt: skip
    began_at = LocalTimeField(label="When it began", required=False, help_text="Leave it empty if not known.")
    is_began_approximate = forms.BooleanField(label="About then, not exactly", required=False)
    impact = forms.CharField(
        label="Impact now", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Theatre, admissions, observations, results, discharge. No patients.",
    )  # fmt: skip
    patient_safety = forms.ChoiceField(
        label="Is there a patient-safety concern?", choices=Incident.Answer.choices, widget=forms.RadioSelect,
        required=False, error_messages=chosen("Choose yes, no or not known"),
    )  # fmt: skip
    continuity = forms.ChoiceField(
        label="Business continuity procedure", choices=Incident.Continuity.choices, required=False,
        error_messages=chosen("Choose in use, not in use or not known"),
    )  # fmt: skip
    continuity_since_at = LocalTimeField(label="In use since", required=False)
    customer_changes = forms.CharField(
        label="Anything changed on their side in the last days?", max_length=500, required=False, widget=TEXT,
        help_text="Network, firewall, VPN, Entra ID, certificates.",
    )  # fmt: skip
    customer_reference = forms.CharField(label="Their reference", max_length=60, required=False, widget=TEXT)
    call_back_due_at = LocalTimeField(label="You will ring back by", required=False, is_future=True)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        user: User,
        checking: bool = False,
        is_alert: bool = False,
        **kwargs: Any,
    ) -> None:
        first = {"patient_safety": Incident.Answer.UNKNOWN, "continuity": Incident.Continuity.UNKNOWN}
        kwargs["initial"] = first | {"is_began_approximate": True} | (kwargs.get("initial") or {})
        super().__init__(data, **kwargs)
        if not self.is_bound:
            self.fields["caller_name"].widget.attrs["autofocus"] = True
        self.customers = {one.short_name: one for one in Customer.objects.visible_to(user).active()}
        self.services = {one.code: one for one in Service.objects.all()}
        self._offer("customer", self.customers, ("", "Choose"), (UNLISTED, "Not listed"))
        self._offer("service", self.services, ("", "Choose"))
        optional = (
            set(self.fields) if checking else ({"caller_name", "call_back_number"} if is_alert else set())
        )
        for name in optional:
            self.fields[name].required = False

    def _offer(
        self, name: str, rows: Mapping[str, Any], first: tuple[str, str], *last: tuple[str, str]
    ) -> None:
        self.fields[name].choices = [first, *((code, str(row)) for code, row in rows.items()), *last]  # type: ignore[attr-defined]

    def clean_call_back_number(self) -> str:
        number = str(self.cleaned_data["call_back_number"])
        if number and len(re.sub(r"[^0-9]", "", number)) < 6:
            raise forms.ValidationError("Enter the whole number: it has fewer than 6 digits")
        return number

    def known(self) -> dict[str, Any]:
        """What the gate asks about, as far as it is filled in."""
        given = getattr(self, "cleaned_data", {})
        return {
            "customer": self.customers.get(given.get("customer", "")),
            "service": self.services.get(given.get("service", "")),
            "failure": given.get("failure", ""),
            "who_affected": given.get("who_affected", ""),
            "customer_words": given.get("customer_words", "") if given.get("customer") == UNLISTED else "",
        }

    def facts(self) -> dict[str, Any]:
        """The arguments of `log_incident`."""
        facts: dict[str, Any] = {**self.cleaned_data, **self.known()}
        facts["patient_safety"] = facts["patient_safety"] or Incident.Answer.UNKNOWN
        facts["continuity"] = facts["continuity"] or Incident.Continuity.UNKNOWN
        if facts["continuity"] != Incident.Continuity.IN_USE:
            facts["continuity_since_at"] = None
        return facts


class AnswerForm(forms.Form):
    """What the gate asks of an incident that was logged without knowing it."""

    failure = forms.ChoiceField(
        label="What happens", choices=Incident.Failure.choices, error_messages=chosen("Choose what happens")
    )
    who_affected = forms.ChoiceField(
        label="Who cannot use it", choices=Incident.Who.choices, widget=forms.RadioSelect,
        error_messages=chosen("Choose who cannot use it"),
    )  # fmt: skip


def typed_in(data: Mapping[str, Any]) -> dict[str, str]:
    """What stands in the form's controls, as it was typed, to be kept in a draft."""
    names = [
        f"{name}{part}"
        for name, field in IntakeForm.base_fields.items()
        for part in (("", "_day", "_fold") if isinstance(field, LocalTimeField) else ("",))
    ]
    return {name: str(data[name]) for name in names if data.get(name)}


def as_initial(fields: Mapping[str, Any]) -> dict[str, Any]:
    """A kept draft as the form's first values, without complaining of what is not finished."""
    return {
        name: field.widget.value_from_datadict(fields, {}, name)
        for name, field in IntakeForm.base_fields.items()
    }


def call_began(text: str) -> datetime:
    """When the call began, as the page says; now where it says nothing that can be."""
    now = timezone.now()
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not now - LONGEST_CALL <= at <= now:
        return now
    return at
