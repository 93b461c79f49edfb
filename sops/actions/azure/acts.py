"""The shape in which this package says how an action of the catalogue is done at Azure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import Component
from sops.actions.azure.answers import Answer
from sops.actions.outcomes import Finding, Underway


def done(component: Component, parameters: Any, answer: Answer) -> Finding:
    """A change that went on and has ended: there is nothing to read in it."""
    return Finding("Azure says that it is done")


@dataclass(frozen=True)
class Act:
    """`begin` asks Azure and reads its answer; `finish` reads what an operation that went on has come to."""

    begin: Callable[[Component, Any], Finding | Underway]
    finish: Callable[[Component, Any, Answer], Finding] = done


def underway(words: str, answer: Answer) -> Underway:
    """An answer that goes on, for the engine to keep. Why Azure is slow to say goes before the words."""
    if answer.operation is None:
        raise ValueError("it has ended")
    return Underway(answer.trouble or words, answer.operation, answer.look_again_in)
