"""The forms of decisions: answers and where they lead, taken by a person or by an earlier check."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms

from sops.models.step import StepKind
from sops.problems import MOST_ANSWERS, Place
from sops.step_forms.base import StepForm, Typed
from sops.writing import BAD, GOOD

OUTCOMES = [("", "Not known yet"), ("restored", "Restored"), ("not_restored", "Not restored")]


class DecisionForm(StepForm):
    """Rows of answers. A row that was left empty is none."""

    kind_words, icon = "Decision by a person", "unknown"
    hint = "The engineer chooses an answer, and the run goes on where it leads."

    def arrange(self, typed: Typed) -> None:
        self.rows = range(self._length(typed))
        later = [each.choice for each in self.spots if each.number > self.spot.number]
        for row in self.rows:
            name = self.row_words(row)
            self.fields |= self._answer_field(row) | {
                f"then_{row}": forms.ChoiceField(
                    label=f"{name} leads to", required=False,
                    choices=[("", "Choose"), *later, ("end", "The end of the run"), *self._lost(typed, row)],
                    error_messages={"invalid_choice": "Choose a later step, or the end"},
                ),
                f"outcome_{row}": forms.ChoiceField(
                    label="The service is then", required=False, choices=OUTCOMES
                ),
            }  # fmt: skip

    def _length(self, typed: Typed) -> int:
        sent = self.chosen(typed, "rows")
        return min(
            max(int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 3 else 2, 2), MOST_ANSWERS
        )

    def _answer_field(self, row: int) -> dict[str, forms.Field]:
        return {f"answer_{row}": forms.CharField(label=self.row_words(row), max_length=120, required=False)}

    def _lost(self, typed: Typed, row: int) -> list[tuple[str, str]]:
        """Where it led before the steps were moved: shown, and refused on submission."""
        key = self.chosen(typed, f"then_{row}")
        return [each.choice for each in self.spots if each.key == key and each.number <= self.spot.number]

    def row_words(self, row: int) -> str:
        return f"Answer {row + 1}"

    @property
    def may_grow(self) -> bool:
        return len(self.rows) < MOST_ANSWERS

    @property
    def bound_rows(self) -> list[dict[str, Any]]:
        names = ("answer", "then", "outcome")
        return [{name: self[f"{name}_{row}"] for name in names if f"{name}_{row}" in self.fields}
                for row in self.rows]  # fmt: skip

    @cached_property
    def said_rows(self) -> list[int]:
        """Those in which something was written, asked of a form that is valid."""
        names = ("answer", "then", "outcome")
        return [row for row in self.rows if any(self.cleaned_data.get(f"{name}_{row}") for name in names)]

    def content(self, numbers: Mapping[str, int]) -> dict[str, Any]:
        rows = [self._option(row, numbers) for row in self.said_rows]
        return {**super().content(numbers), "options": rows}

    def _option(self, row: int, numbers: Mapping[str, int]) -> dict[str, Any]:
        then = self.cleaned_data[f"then_{row}"]
        leads = {"then": then if then == "end" else numbers[then]} if then else {}
        outcome = self.cleaned_data[f"outcome_{row}"]
        return {"answer": self.answer_of(row), **leads, "outcome": outcome}

    def answer_of(self, row: int) -> str:
        return str(self.cleaned_data[f"answer_{row}"])

    @property
    def stored_kind(self) -> str:
        return StepKind.DECISION

    def field_at(self, place: Place) -> str | None:
        if place[0] == "options":
            at = self.said_rows[int(place[1])] if len(place) > 1 else 0
            name = f"{place[2] if len(place) > 2 else 'answer'}_{at}"
            return name if name in self.fields else f"then_{at}"
        return super().field_at(place)

    @classmethod
    def typed_from(cls, step: Mapping[str, Any]) -> dict[str, Any]:
        given = step["options"] if isinstance(step["options"], list) else []
        options = [each for each in given if isinstance(each, dict)][:MOST_ANSWERS]
        rows = {
            f"{name}_{row}": option.get(name, "")
            for row, option in enumerate(options) for name in ("answer", "then", "outcome")
        }  # fmt: skip
        return {**super().typed_from(step), "rows": len(options), **rows}


class JudgedForm(DecisionForm):
    """A decision that nobody takes: an earlier check does."""

    kind_words, icon = "Decision by a check", "unknown"
    hint = "The run goes on by what an earlier check found. If the check came to no result, a person answers."
    by_check = forms.ChoiceField(
        label="Decided by the check at", required=False, error_messages={
            "invalid_choice": "Choose an earlier check"},
    )  # fmt: skip

    def arrange(self, typed: Typed) -> None:
        super().arrange(typed)
        chosen = self.chosen(typed, "by_check")
        checks = [
            each.choice for each in self.spots
            if each.key == chosen or (each.kind == StepKind.CHECK and each.number < self.spot.number)
        ]  # fmt: skip
        self.fields["by_check"].choices = [("", "Choose"), *checks]  # type: ignore[attr-defined]
        self.order_fields(["title", "by_check"])

    def _length(self, typed: Typed) -> int:
        return 2

    def _answer_field(self, row: int) -> dict[str, forms.Field]:
        return {}

    def row_words(self, row: int) -> str:
        return (GOOD, BAD)[row]

    def answer_of(self, row: int) -> str:
        return (GOOD, BAD)[row]

    @cached_property
    def said_rows(self) -> list[int]:
        return [0, 1]

    @property
    def may_grow(self) -> bool:
        return False

    def content(self, numbers: Mapping[str, int]) -> dict[str, Any]:
        chosen = self.cleaned_data["by_check"]
        return {**super().content(numbers), "parameters": {"by_check": numbers.get(chosen)}}

    def field_at(self, place: Place) -> str | None:
        return "by_check" if place[0] == "parameters" else super().field_at(place)

    @classmethod
    def typed_from(cls, step: Mapping[str, Any]) -> dict[str, Any]:
        """Good first, however they were stored."""
        given = step["options"] if isinstance(step["options"], list) else []
        options = {each.get("answer"): each for each in given if isinstance(each, dict)}
        both = [options.get(answer, {}) for answer in (GOOD, BAD)]
        return {
            **super().typed_from({**step, "options": both}), "by_check": step["parameters"].get("by_check"),
        }  # fmt: skip
