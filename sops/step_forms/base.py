"""What the form of every step has, and the steps that a person does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from sops.models.step_run import Risk
from sops.parameter_fields import defaults_of, fields_for, values_in
from sops.problems import Place
from sops.writing import Update

Typed = Mapping[str, Any]
EMPTY = {
    "instructions": "", "action": "", "target_kind": "", "parameters": {}, "options": [], "words": "",
    "stop_when_failed": False,
}  # fmt: skip


class Text(forms.CharField):
    """Lines end as everywhere else, whatever the browser sends."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        kwargs = {"required": False, "widget": forms.Textarea(attrs={"rows": rows}), **kwargs}
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return super().to_python(str(value or "").replace("\r\n", "\n").replace("\r", "\n")) or ""


@dataclass(frozen=True)
class Spot:
    """A step as the others see it: the name that it keeps while it moves, its number, kind and title."""

    key: str
    number: int
    kind: str
    title: str

    @property
    def choice(self) -> tuple[str, str]:
        return self.key, f"Step {self.number}: {self.title or 'no title yet'}"


class StepForm(forms.Form):
    """What every step has. `spots` are all steps of the draft, `spot` is this one."""

    kind_words, icon, hint = "", "", ""
    title = forms.CharField(
        label="What is done, in one line", max_length=120,
        error_messages={"required": "Say in one line what is done"},
    )  # fmt: skip
    instructions = Text(label="Instructions", max_length=2000)

    def __init__(self, typed: Typed, spot: Spot, spots: Sequence[Spot], *, is_checked: bool) -> None:
        """`typed` is what the page sent, or would. With `is_checked` its mistakes are shown."""
        prefix = f"step-{spot.key}"
        super().__init__(prefix=prefix)
        self.spot, self.spots = spot, spots
        self.arrange(typed)
        if is_checked:
            self.data, self.is_bound = dict(typed), True
        else:
            self.initial = {name: self._typed(typed, name) for name in self.fields}

    def arrange(self, typed: Typed) -> None:
        """Add the fields that depend on what was chosen."""

    def _typed(self, typed: Typed, name: str) -> Any:
        return self.fields[name].widget.value_from_datadict(typed, {}, self.add_prefix(name))

    def chosen(self, typed: Typed, name: str) -> str:
        return str(typed.get(self.add_prefix(name)) or "")

    def content(self, numbers: Mapping[str, int]) -> dict[str, Any]:
        """The step, to be stored. `numbers` says where each step stands now."""
        said = {name: value for name, value in self.cleaned_data.items() if name in EMPTY or name == "title"}
        return {**EMPTY, "kind": self.stored_kind, **said}

    @property
    def stored_kind(self) -> str:
        return self.spot.kind

    @property
    def risk(self) -> str:
        return Risk.NONE

    def field_at(self, place: Place) -> str | None:
        """The field that shows what is wrong at this place of the step; None: the step as a whole does."""
        return str(place[0]) if place[0] in self.fields else None

    @classmethod
    def typed_from(cls, step: Mapping[str, Any]) -> dict[str, Any]:
        """What the fields would send for a stored step, whatever is in it."""
        return {"title": step["title"], "instructions": step["instructions"]}


class ManualForm(StepForm):
    kind_words, icon = "Manual step", "person"
    hint = "A person does it, and writes down what they did and saw."


class EscalateForm(StepForm):
    kind_words, icon = "Escalation", "escalate"
    hint = "A team of the vendor is paged. The instructions say what it needs to know."


class UpdateForm(StepForm):
    kind_words, icon = "Status update", "public"
    hint = "The engineer sees these words, changes what does not fit, and posts them to the public page."
    words = Text(
        label="Words that the public is told", max_length=2000,
        help_text="{service} and {next} are filled in. No names of hospitals, people or machines.",
    )  # fmt: skip

    def arrange(self, typed: Typed) -> None:
        self.fields |= fields_for(Update)
        self.fields["next_in_minutes"].label = "Next update in minutes"
        self.fields["service_state"].label = "State of the service"
        if not self.chosen(typed, "instructions"):
            del self.fields["instructions"]

    def content(self, numbers: Mapping[str, int]) -> dict[str, Any]:
        return {**super().content(numbers), "parameters": values_in(Update, self.cleaned_data)}

    def field_at(self, place: Place) -> str | None:
        return super().field_at(place[1:] if place[0] == "parameters" and len(place) > 1 else place)

    @classmethod
    def typed_from(cls, step: Mapping[str, Any]) -> dict[str, Any]:
        given = step["parameters"] if isinstance(step["parameters"], dict) else {}
        own = {name: given.get(name, value) for name, value in defaults_of(Update).items()}
        return {**super().typed_from(step), "words": step["words"], **own}
