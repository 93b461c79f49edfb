"""The forms of planned maintenance. They check shape; `maintenance` checks the rules."""

from datetime import datetime
from typing import Any

from django import forms

from accounts.models import Service
from incidents.models import MaintenanceUpdate
from incidents.time_fields import LocalTimeField, LocalTimeWidget

WEEKS_AHEAD = 6


class WindowField(LocalTimeField):
    """A time of the window, which may be past when it is changed later."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=LocalTimeWidget(range(7 * WEEKS_AHEAD)), **kwargs)

    def _in_time(self, at: datetime) -> datetime:
        return at


class PlanForm(forms.Form):
    title = forms.CharField(
        label="What is done", max_length=120,
        help_text="The public reads it, such as “Database upgrade”. It names no hospital, person or machine.",
        error_messages={"required": "Say in a few words what is done"},
    )  # fmt: skip
    services = forms.ModelMultipleChoiceField(
        label="Which services may be away", queryset=Service.objects.on_status_page(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose the services that may be away"},
    )  # fmt: skip
    starts_at = WindowField(label="It begins", error_messages={"required": "Enter when it begins"})
    ends_at = WindowField(label="It ends", error_messages={"required": "Enter when it ends"})


class MaintenanceForm(forms.Form):
    """One public update: its phase, its words, and the window where that changes."""

    phase = forms.ChoiceField(widget=forms.RadioSelect, error_messages={"required": "Choose the phase"})
    words = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text="What users notice, what to do, when the next word comes.",
        error_messages={"required": "Write what the public is told"},
    )  # fmt: skip
    starts_at = WindowField(label="It begins", required=False)
    ends_at = WindowField(label="It ends", required=False)

    def __init__(self, *args: Any, phases: tuple[MaintenanceUpdate.Phase, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sent = self.data.get("phase")  # one that does not follow any more is a conflict, not a slip
        shown = [phase for phase in MaintenanceUpdate.Phase if phase in phases or phase == sent]
        shown.sort(key=lambda phase: phases.index(phase) if phase in phases else len(phases))
        self.fields["phase"].choices = [(phase.value, phase.label) for phase in shown]  # type: ignore[attr-defined]
        if MaintenanceUpdate.Phase.SCHEDULED not in phases:
            del self.fields["starts_at"]  # it has begun: only its end may change

    def given(self) -> dict[str, Any]:
        """As `post_maintenance` takes it."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.fields}
