"""A draft as it stands on its author's page. It needs no script: what the page holds is in what it sends.

Steps keep a name of their own (`key`) while they are moved, so that answers go on leading where they led.
Adding, moving and removing changes the page alone; nothing is stored before it is saved.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.templatetags.desk import Problem, problems_of
from incidents.guard import refuse_patient_data
from sops.models import SopVersion, Step
from sops.models.version import TEXTS
from sops.problems import MOST_STEPS, StepProblem, patient_data_in, refuse_unfinished_texts
from sops.problems import problems_of as problems_of_steps
from sops.step_forms import FORMS, Spot, StepForm, Text, form_kind, new_step
from sops.writing import said_by

KEY = re.compile(r"[1-9][0-9]{0,2}")
ASKS = {"show", "add", "up", "down", "remove", "answer"}  # what changes the page alone


class TextsForm(forms.Form):
    """The words around the steps."""

    summary = Text(label="Why it changes", max_length=1000, help_text="For the approver.")
    use_when = Text(label="Use it when", max_length=1000, help_text="The situation it is for.")
    preconditions = Text(
        label="Before it starts (optional)", max_length=1000, help_text="What must be true already."
    )
    stop_when = Text(
        label="Stop when", max_length=1000, help_text="What must make the engineer stop, and do instead."
    )
    way_back = Text(
        label="Way back", max_length=1000, help_text="How its changes are undone, or why none are needed."
    )


@dataclass
class Sheet:
    """The draft as it stands on the page: what was typed, and the order of the steps."""

    typed: dict[str, Any]
    keys: list[str]
    kinds: dict[str, str]
    is_checked: bool = False
    said: str = ""
    texts: TextsForm = field(init=False)
    steps: list[StepForm] = field(init=False)
    others: list[str] = field(default_factory=list)  # problems of no field

    def __post_init__(self) -> None:
        self.arrange()

    def arrange(self) -> None:
        """Make the forms anew, from what was typed and the order as it is now."""
        self.texts = TextsForm(self.typed) if self.is_checked else TextsForm(
            initial={name: self.typed.get(name, "") for name in TEXTS})  # fmt: skip
        spots = [
            Spot(key, number, self.kinds[key], str(self.typed.get(f"step-{key}-title") or "")[:80])
            for number, key in enumerate(self.keys, start=1)
        ]
        self.steps = [FORMS[spot.kind](self.typed, spot, spots, is_checked=self.is_checked) for spot in spots]

    # What is on it

    @classmethod
    def of_version(cls, version: SopVersion) -> "Sheet":
        said = said_by(version)
        typed: dict[str, Any] = {name: said[name] for name in TEXTS}
        keys = [str(step["position"]) for step in said["steps"]]
        kinds = {key: form_kind(step) for key, step in zip(keys, said["steps"], strict=True)}
        for key, step in zip(keys, said["steps"], strict=True):
            typed |= _prefixed(key, FORMS[kinds[key]].typed_from(step))
        return cls(typed, keys, kinds)

    @classmethod
    def of_post(cls, post: Any, *, is_checked: bool) -> "Sheet":
        """No more steps than a version may have are read, whatever is sent."""
        sent = [key for key in dict.fromkeys(post.getlist("step")) if KEY.fullmatch(key)]
        kinds = {key: post.get(f"step-{key}-kind", "") for key in sent}
        keys = [key for key in sent if kinds[key] in FORMS][:MOST_STEPS]
        return cls(_with_settings(post.dict(), keys), keys, kinds, is_checked)

    @property
    def next_key(self) -> str:
        """Of the step that is added next."""
        return str(next(number for number in range(1, 1000) if str(number) not in self.kinds))

    # What a button asks for

    def obey(self, asked: str) -> None:
        """Change the page as the button says: `up-3`, `add-manual`. One that there is not does nothing."""
        act, _, what = asked.partition("-")
        if act == "add" and what in FORMS and len(self.keys) < MOST_STEPS:
            self._add(what)
        elif what in self.keys:
            number = self.keys.index(what) + 1
            if act in ("up", "down"):
                self._move(what, number - 2 if act == "up" else number)
            elif act == "remove":
                self.keys.remove(what)
                self.said = f"Step {number} is removed"
            elif act == "answer":
                rows = len(getattr(self.steps[number - 1], "rows", ()))
                self.typed[f"step-{what}-rows"] = str(rows + 1)
        self.arrange()

    def _add(self, kind: str) -> None:
        key = self.next_key
        before = self.typed.get("add_before")
        self.keys.insert(self.keys.index(before) if before in self.keys else len(self.keys), key)
        self.kinds[key] = kind
        step = new_step(kind, str(self.typed.get(f"add_{kind}") or ""))
        self.typed = {
            name: value for name, value in self.typed.items() if not name.startswith(f"step-{key}-")
        }
        self.typed |= _prefixed(key, FORMS[kind].typed_from(step))
        self.said = f"Step {self.keys.index(key) + 1} is added"

    def _move(self, key: str, to: int) -> None:
        if 0 <= to < len(self.keys):
            self.said = f"Step {self.keys.index(key) + 1} is step {to + 1} now"
            self.keys.remove(key)
            self.keys.insert(to, key)

    # What is stored of it

    def is_valid(self) -> bool:
        """Whether it can be stored. It need not be whole."""
        are_valid = [self.texts.is_valid(), *(step.is_valid() for step in self.steps)]
        return all([*are_valid, self._are_settings_seen(), self._is_clean()])

    def content(self) -> tuple[dict[str, str], list[dict[str, Any]]]:
        """The texts and the steps of a page that is valid."""
        return {name: self.texts.cleaned_data[name] for name in TEXTS}, self._steps()

    def _steps(self) -> list[dict[str, Any]]:
        numbers = {key: number for number, key in enumerate(self.keys, start=1)}
        return [step.content(numbers) for step in self.steps]

    def _built_steps(self) -> list[Step]:
        return [Step(position=number, **step) for number, step in enumerate(self._steps(), start=1)]

    def _are_settings_seen(self) -> bool:
        """Of each action that was chosen: nobody saves what was not on the page."""
        unseen = [form for form in self.steps if f"step-{form.spot.key}-unseen" in self.typed]
        for form in unseen:
            if not form.has_error("action"):
                form.add_error("action", "Its settings are shown now. Look at them, then save")
        return not unseen

    def _is_clean(self) -> bool:
        """No patient data anywhere. It can be looked for once there are no other mistakes."""
        if self.texts.errors or any(step.errors for step in self.steps):
            return False
        self._refuse(self.texts.cleaned_data, refuse_patient_data)
        for step in self._built_steps():
            self.add_problems(StepProblem(step.position, *found) for found in patient_data_in(step))
        return not (self.texts.errors or any(step.errors for step in self.steps))

    def _refuse(self, texts: Mapping[str, str], judge: Any) -> None:
        try:
            judge(**texts)
        except ValidationError as error:
            for name, words in error.message_dict.items():
                self.texts.add_error(name, words)

    def show_what_is_missing(self, error: ValidationError) -> None:
        """What a submission was refused for, each at its field, all steps at once. The draft is saved."""
        self.said = "Saved, and not submitted yet"
        steps = problems_of_steps(self._built_steps())
        self._refuse(self.texts.cleaned_data, lambda **texts: refuse_unfinished_texts(texts))
        self.add_problems(steps)
        if not self.problems():
            self.others += error.messages

    def add_problems(self, problems: Any) -> None:
        for problem in problems:
            if not problem.position:
                self.others.append(problem.words)
                continue
            form = self.steps[problem.position - 1]
            form.add_error(form.field_at(problem.place), problem.words[:1].upper() + problem.words[1:])

    def problems(self) -> list[Problem]:
        """For the summary: each leads to its field."""
        found = [Problem(words) for words in self.others] + problems_of(self.texts)
        for form in self.steps:
            number = form.spot.number
            target = f"step-{form.spot.key}"
            found += [
                Problem(f"Step {number}: {each.message}", each.target or target) for each in problems_of(form)
            ]
        return found


def _prefixed(key: str, typed: Mapping[str, Any]) -> dict[str, Any]:
    return {f"step-{key}-{name}": value for name, value in typed.items()}


def _with_settings(typed: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Where another action was chosen, its usual settings; one of the same name stays as it was typed."""
    for key in keys:
        action, shown = (str(typed.get(f"step-{key}-{name}") or "") for name in ("action", "shown"))
        kind = typed.get(f"step-{key}-kind", "")
        if kind in ("check", "action") and action != shown:
            usual = FORMS[kind].typed_from(new_step(kind, action))
            kept = _prefixed(key, usual) | typed
            typed = kept | {f"step-{key}-shown": action, f"step-{key}-unseen": "1"}
    return typed
