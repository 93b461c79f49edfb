"""The form of a telephone call: ten seconds, because all that can be guessed stands in it already."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from incidents.calls import purpose_now
from incidents.local_time import format_time
from incidents.models import Incident, PhoneCall
from incidents.time_fields import LocalTimeField

MINUTES = (15, 30, 60)
NOT_REACHED = (PhoneCall.Outcome.NO_ANSWER, PhoneCall.Outcome.BUSY, PhoneCall.Outcome.VOICEMAIL)


class CallForm(forms.Form):
    """Shape only. `call` gives what `incidents.calls.log_call` takes."""

    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    keeps = forms.IntegerField(required=False, min_value=1, max_value=2**31, widget=forms.HiddenInput)
    direction = forms.ChoiceField(
        label="Who rang?", choices=PhoneCall.Direction.choices, widget=forms.RadioSelect,
        initial=PhoneCall.Direction.OUT, error_messages={"required": "Choose who rang"},
    )  # fmt: skip
    outcome = forms.ChoiceField(
        label="How it ended", choices=PhoneCall.Outcome.choices, widget=forms.RadioSelect,
        error_messages={"required": "Choose how the call ended"},
    )  # fmt: skip
    who = forms.CharField(
        label="Who was on the line", max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "call-people"}),
        error_messages={"required": "Say who was on the line"},
    )  # fmt: skip
    number = forms.CharField(
        label="Number", max_length=40, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    text = forms.CharField(
        label="What was said", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    promise = forms.ChoiceField(label="Next call promised", required=False, widget=forms.RadioSelect)
    next_call_at = LocalTimeField(label="Or promised for a time", required=False, is_future=True)
    purpose = forms.ChoiceField(
        label="What for", choices=PhoneCall.Purpose.choices, required=False,
        error_messages={"invalid_choice": "Choose what the call was for"},
    )  # fmt: skip
    at = LocalTimeField(label="When it was", required=False, help_text="Leave it empty for just now.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = timezone.now()
        self.fields["promise"].choices = [  # type: ignore[attr-defined]
            ("", "None"),
            *(
                (str(each), f"In {each} min, {format_time(now + timedelta(minutes=each))}")
                for each in MINUTES
            ),
        ]

    def clean(self) -> dict[str, Any]:
        """Minutes or a time: who gives both is asked which."""
        given = super().clean() or self.cleaned_data
        if given.get("promise") and given.get("next_call_at"):
            self.add_error("next_call_at", "You chose minutes as well. Take one of the two away")
        return given

    def call(self) -> dict[str, Any]:
        """Without what the form asks for itself; the promised minutes count from now."""
        given = dict(self.cleaned_data)
        if promise := given.pop("promise", ""):
            given["next_call_at"] = timezone.now() + timedelta(minutes=int(promise))
        return given | {"key": str(given["key"] or "")}


def call_initial(
    incident: Incident, calls: Iterable[PhoneCall], promise: PhoneCall | None = None
) -> dict[str, Any]:
    """Who will be on the line: of the promise that is being kept, else of the last call, else the caller."""
    last = promise or next(iter(calls), None)
    return {
        "key": uuid4(), "keeps": promise.pk if promise else None,
        "direction": PhoneCall.Direction.OUT if promise is None or promise.next_call_by_us else "in",
        "who": last.who if last else incident.caller_name,
        "number": last.number if last else incident.call_back_number,
        "purpose": purpose_now(incident), "promise": "",
    }  # fmt: skip


def again(calls: Iterable[PhoneCall]) -> dict[str, Any] | None:
    """What one more try without an answer sends, after one that did not get through either."""
    last = next(iter(calls), None)
    if last is None or last.direction != PhoneCall.Direction.OUT or last.outcome not in NOT_REACHED:
        return None
    return {
        "key": uuid4(), "direction": last.direction, "who": last.who, "number": last.number,
        "purpose": last.purpose, "outcome": PhoneCall.Outcome.NO_ANSWER,
    }  # fmt: skip


def people(incident: Incident, calls: Iterable[PhoneCall]) -> list[str]:
    """Whom the form suggests: each once, the latest first."""
    return list(dict.fromkeys([*(call.who for call in calls), incident.caller_name]))
