"""Fields of a form made from a typed model, so that page and catalogue cannot say different things."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le, MaxLen, MinLen
from django import forms
from django.db.models import Choices
from pydantic import BaseModel
from pydantic.fields import FieldInfo

MOST_LETTERS = 300


def fields_for(model: type[BaseModel]) -> dict[str, forms.Field]:
    """One field for each of the model's, with its bounds and words. Whoever reads them asks the model too."""
    return {name: _field(name, info) for name, info in model.model_fields.items()}


def defaults_of(model: type[BaseModel]) -> dict[str, Any]:
    """What stands in the fields where nothing was chosen yet."""
    fields = model.model_fields.items()
    return {name: "" if info.is_required() else _plain(info.default) for name, info in fields}


def values_in(model: type[BaseModel], cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """From what the form cleaned to what is stored: whole numbers stay whole."""
    return {name: _plain(cleaned[name]) for name in model.model_fields if cleaned.get(name) is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _field(name: str, info: FieldInfo) -> forms.Field:
    label = info.title or name.replace("_", " ").capitalize()
    if choices := _choices(info.annotation):
        return forms.ChoiceField(label=label, choices=choices, error_messages=_said("Choose one of these"))
    if info.annotation is bool:
        return forms.BooleanField(label=label, required=False)
    if info.annotation in (int, float):
        return _number(label, info)
    most, least = _bound(info, MaxLen, "max_length"), _bound(info, MinLen, "min_length")
    return forms.CharField(
        label=label, min_length=least, max_length=most or MOST_LETTERS,
        error_messages={"required": f"Write the {label.lower()}"},
    )  # fmt: skip


def _choices(annotation: Any) -> list[tuple[str, str]]:
    if get_origin(annotation) is Literal:
        return [(value, value.replace("_", " ").capitalize()) for value in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, Choices):
        return [(str(value), str(label)) for value, label in annotation.choices]
    return []


def _number(label: str, info: FieldInfo) -> forms.Field:
    least, most = _bound(info, Ge, "ge"), _bound(info, Le, "le")
    kind = "whole number" if info.annotation is int else "number"
    bounds = f"from {least:,} to {most:,}"
    words = f"Write a {kind} {bounds}"
    field = forms.IntegerField if info.annotation is int else forms.FloatField
    return field(
        label=label, min_value=least, max_value=most, help_text=bounds.capitalize(),
        error_messages=_said(words), widget=forms.NumberInput(attrs={"inputmode": "decimal"}),
    )  # fmt: skip


def _bound(info: FieldInfo, kind: Any, name: str) -> Any:
    return next((getattr(each, name) for each in info.metadata if isinstance(each, kind)), None)


def _said(words: str) -> dict[str, Any]:
    """The same sentence, whatever is wrong with it."""
    names = ("required", "invalid", "invalid_choice", "min_value", "max_value", "overflow")
    return dict.fromkeys(names, words)
