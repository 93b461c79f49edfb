"""The forms of what a machine does: checks and actions, with the settings of what they call."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from accounts.models import ComponentKind
from sops.actions.catalogue import CATALOGUE, ActionSpec, find
from sops.models.step_run import Risk
from sops.parameter_fields import defaults_of, fields_for, values_in
from sops.problems import Place
from sops.step_forms.base import StepForm, Typed

OF_ACTION = "of_action_"  # before the name of a parameter, so that none is taken for a field of the step


class AutomatedForm(StepForm):
    """A check or an action: the fields below it are those of what it calls."""

    target_kind = forms.ChoiceField(label="On which kind of target", error_messages={
        "required": "Choose what it acts on", "invalid_choice": "Choose what it acts on"})  # fmt: skip
    stop_when_failed = forms.BooleanField(label="A bad finding stops the run", required=False)
    risks: tuple[Risk, ...] = ()
    action_label, action_missing = "", ""

    def arrange(self, typed: Typed) -> None:
        self.spec = find(self.chosen(typed, "action"))
        self.fields["action"] = forms.ChoiceField(
            label=self.action_label, choices=[("", "Choose"), *actions_of(self.risks, self.spec)],
            error_messages=dict.fromkeys(("required", "invalid_choice"), self.action_missing),
        )  # fmt: skip
        own = fields_for(self.spec.parameters) if self.spec else {}
        self.fields |= {OF_ACTION + name: field for name, field in own.items()}
        kinds = sorted(ComponentKind(kind).label for kind in self.spec.target_kinds) if self.spec else []
        choices = [(kind.value, kind.label) for kind in ComponentKind if kind.label in kinds]
        self.fields["target_kind"].choices = choices if len(choices) == 1 else [("", "Choose"), *choices]  # type: ignore[attr-defined]
        if not self.spec:
            del self.fields["target_kind"]
        self.order_fields(["title", "action", "target_kind", *(OF_ACTION + name for name in own)])

    @property
    def shown(self) -> str:
        """The action whose settings the page has."""
        return self.spec.name if self.spec else ""

    @property
    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(OF_ACTION)]

    @property
    def risk(self) -> str:
        return self.spec.risk if self.spec else Risk.NONE

    def content(self, numbers: Mapping[str, int]) -> dict[str, Any]:
        said = super().content(numbers)
        own = {name.removeprefix(OF_ACTION): value for name, value in self.cleaned_data.items()}
        said["parameters"] = values_in(self.spec.parameters, own) if self.spec else {}
        return said

    def field_at(self, place: Place) -> str | None:
        if place[0] == "parameters" and len(place) > 1:
            name = f"{OF_ACTION}{place[1]}"
            return name if name in self.fields else None
        return super().field_at(place)

    @classmethod
    def typed_from(cls, step: Mapping[str, Any]) -> dict[str, Any]:
        spec, given = find(step["action"]), step["parameters"]
        own = defaults_of(spec.parameters) if spec else {}
        own |= {name: given[name] for name in own if isinstance(given, dict) and name in given}
        return {
            **super().typed_from(step), "action": step["action"], "target_kind": step["target_kind"],
            "shown": step["action"], "stop_when_failed": step["stop_when_failed"],
            **{OF_ACTION + name: value for name, value in own.items()},
        }  # fmt: skip


def actions_of(risks: Sequence[Risk], chosen: ActionSpec | None = None) -> list[tuple[str, str]]:
    """What a step of these risks may call; and what it calls now, though it may not."""
    fitting = [spec for spec in CATALOGUE.values() if spec.risk in risks or spec == chosen]
    return sorted(((spec.name, spec.words) for spec in fitting), key=lambda choice: choice[1])


class CheckForm(AutomatedForm):
    kind_words, icon, hint = "Check", "search", "It only reads."
    risks = (Risk.READ,)
    action_label, action_missing = "What it reads", "Choose what it reads"

    def arrange(self, typed: Typed) -> None:
        super().arrange(typed)
        if not self.chosen(typed, "instructions"):  # nobody follows them, and nothing that is there is lost
            del self.fields["instructions"]


class ActionForm(AutomatedForm):
    kind_words, icon = "Action", "play"
    hint = "It changes the infrastructure. The engineer confirms it first."
    risks = (Risk.CHANGE, Risk.DISRUPTIVE)
    action_label, action_missing = "What it does", "Choose what it does"
