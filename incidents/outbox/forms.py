"""The one form of the deliveries page."""

from django import forms


class DecisionForm(forms.Form):
    """Why a parked delivery is retried or dropped."""

    reason = forms.CharField(
        label="Why", max_length=300, error_messages={"required": "Say why. It is kept with the delivery"}
    )
