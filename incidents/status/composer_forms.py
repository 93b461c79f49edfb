"""The composer of a status update, and of its correction. They check shape; `services` checks the rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.forms import BoundField
from django.utils import timezone

from accounts.models import Service
from incidents.local_time import format_time
from incidents.models import AffectedService, Incident, Phase, StatusUpdate
from incidents.status import templates, wording
from incidents.status.services import SAID_OF_SERVICES, affected_by

STATES = [(state.value, state.label) for state in SAID_OF_SERVICES]
AFFECTED, STATE_OF = "affected_", "State of "


class ServicesForm(forms.Form):
    """The state of the incident's own service, and of each other service that is spoken of."""

    service_state = forms.ChoiceField(label="State of the service", choices=STATES)

    def __init__(self, *args: Any, others: Iterable[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for service in others:
            self.fields[f"{AFFECTED}{service.code}"] = forms.ChoiceField(
                label=f"{STATE_OF}{service.name}", choices=[("", "Not spoken of"), *STATES], required=False
            )

    @property
    def other_services(self) -> list[BoundField]:
        return [field for field in self if field.name.startswith(AFFECTED)]

    @property
    def speaks_of_others(self) -> bool:
        return any(field.value() for field in self.other_services)

    def affected(self) -> dict[str, str]:
        """State by code, of those that are spoken of."""
        given = ((field.name, self.cleaned_data.get(field.name)) for field in self.other_services)
        return {name.removeprefix(AFFECTED): str(state) for name, state in given if state}


class UpdateForm(ServicesForm):
    """A status update: words to begin with, phase, words, states, and the promise of the next."""

    template = forms.ChoiceField(label="Approved words", required=False)
    phase = forms.ChoiceField(
        choices=Phase.choices, widget=forms.RadioSelect, error_messages={"required": "Choose the phase"}
    )
    words = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What users notice, what to do, what is being done. No names of hospitals, people or "
        "machines, no time for the fix.",
        error_messages={"required": "Write what the public is told"},
    )  # fmt: skip
    minutes = forms.TypedChoiceField(label="Next update by", coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = timezone.now()
        self.fields["minutes"].choices = [  # type: ignore[attr-defined]
            (minutes, f"{format_time(now + timedelta(minutes=minutes))}, in {minutes} min")
            for minutes in sorted({15, 30, 60, 120, settings.STATUS_UPDATE_EVERY_MINUTES})
        ]
        self.fields["template"].choices = [("", "Keep the words below"), *templates.choices()]  # type: ignore[attr-defined]

    def promised_at(self) -> datetime | None:
        minutes = self.cleaned_data.get("minutes")
        return timezone.now() + timedelta(minutes=minutes) if minutes else None


class CorrectionForm(ServicesForm):
    """The words as they should have been, and the states where those were wrong."""

    words = forms.CharField(
        label="The words as they should have been", max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="The public sees these in place of the others, which stay to be read with the time of the "
        "correction.",
        error_messages={"required": "Write the words as they should have been"},
    )  # fmt: skip
    field_order = ("words", "service_state")


@dataclass(frozen=True)
class Posted:
    """An update with its last correction: `last` is what a further correction takes the place of."""

    first: StatusUpdate
    last: StatusUpdate

    @property
    def is_corrected(self) -> bool:
        return self.first != self.last


def update_form(incident: Incident, data: Any = None, **given: Any) -> UpdateForm:
    """The composer, with the approved words of the phase that comes next and the states as they are."""
    phase = wording.next_phase(incident.public_phase)
    states = _states_now(incident)
    initial = {
        "phase": phase, "words": wording.draft(incident, phase),
        "minutes": settings.STATUS_UPDATE_EVERY_MINUTES, "service_state": "major_outage", **states,
    }  # fmt: skip
    if phase == Phase.MONITORING:
        initial["service_state"] = "operational"
    return UpdateForm(data, initial=initial | given, others=_others(incident))


def correction_form(update: StatusUpdate, data: Any = None) -> CorrectionForm:
    others = {f"{AFFECTED}{code}": state for code, state in affected_by(update).items()}
    initial = {"words": update.words, "service_state": update.service_state, **others}
    return CorrectionForm(data, initial=initial, others=_others(update.incident))


def posted(rows: Iterable[StatusUpdate]) -> list[Posted]:
    """Each update with its last correction, in the order of the rows."""
    listed = list(rows)
    corrections = {row.corrects_id: row for row in listed if row.corrects_id}
    found = []
    for row in listed:
        if row.corrects_id is None:
            last = row
            while last.pk in corrections:
                last = corrections[last.pk]
            found.append(Posted(row, last))
    return found


def _others(incident: Incident) -> list[Service]:
    return list(Service.objects.on_status_page().exclude(pk=incident.service_id))


def _states_now(incident: Incident) -> dict[str, str]:
    """What was said last of the own service and of others, unless all was resolved."""
    if incident.public_phase in ("", Phase.RESOLVED):
        return {}
    said = AffectedService.objects.filter(update__incident=incident).order_by("update__posted_at", "pk")
    others = {f"{AFFECTED}{code}": state for code, state in said.values_list("service__code", "state")}
    own = incident.status_updates.values_list("service_state", flat=True).first()
    return others | ({"service_state": own} if own else {})
