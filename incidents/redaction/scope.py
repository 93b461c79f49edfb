"""Which rows belong to an incident, and which of their columns hold words: found from the models themselves.

A new model with a key to the incident, or to a row that has one, is in here without anybody's doing. What
hangs together in another way an upper floor registers.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import CharField, Field, ForeignKey, JSONField, Model, QuerySet, TextField

from incidents.models import GuardDecision, Incident, PatientReport

FLOORS = ("incidents", "sops", "handover")
NOT_SCRUBBED = (PatientReport, GuardDecision)  # they hold no words
NOT_WORDS = ("seal", "hash", "digest", "fingerprint", "escrow")
# `scrub(incident, pairs, reason=…, by=…)` says which rows it looked at, and which it wrote.
Scrub = Callable[..., tuple[list[Model], list[Model]]]

_own_ways: dict[type[Model], Scrub] = {}


def register(scrub: Scrub, *models: type[Model]) -> None:
    """Rows of these models are written by this function, for the database keeps them from everybody else."""
    _own_ways.update(dict.fromkeys(models, scrub))


def own_ways() -> list[Scrub]:
    return list(dict.fromkeys(_own_ways.values()))


def rows_of(incident: Incident) -> Iterator[QuerySet[Any]]:
    """The incident and every row that hangs on it, a query for each model; none that has a way of its own."""
    yield Incident._base_manager.filter(pk=incident.pk)
    for model, path in _paths().items():
        if model not in _own_ways:
            yield model._base_manager.filter(**{path: incident}).order_by("pk")


def words_in(row: Model) -> list["Field[Any, Any]"]:
    """The columns of this row that people or machines wrote freely."""
    return _word_fields(type(row))


@cache
def _word_fields(model: type[Model]) -> list["Field[Any, Any]"]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField)
        and not field.choices and not field.unique and not field.primary_key
        and not field.name.endswith(NOT_WORDS)
    ]  # fmt: skip


@cache
def _paths() -> dict[type[Model], str]:
    """Each model with the way from it to its incident, of one step or two."""
    near = {model: path for model in _models() if (path := _step(model, {Incident}))}
    far = {
        model: f"{path}__{near[_target(model, path)]}"
        for model in _models()
        if model not in near and (path := _step(model, set(near)))
    }
    return near | far


def _models() -> list[type[Model]]:
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in FLOORS and model is not Incident and model not in NOT_SCRUBBED
    ]


def _step(model: type[Model], targets: set[type[Model]]) -> str:
    keys = (field for field in model._meta.concrete_fields if isinstance(field, ForeignKey))
    return next((key.name for key in keys if key.related_model in targets), "")


def _target(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name).related_model
