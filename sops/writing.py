"""What a version says: the typed parts of its steps, and its fingerprint. `sops.problems` judges them."""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator

from incidents.models import Phase, StatusUpdate
from sops.actions.catalogue import ActionSpec, find, validated
from sops.models import SopVersion, Step
from sops.models.version import TEXTS

GOOD, BAD = "Good", "Bad"  # the two answers of a decision that goes by a check's result
LEAD = "choose a later step, or the end"
STEP_FIELDS = (
    "position", "kind", "title", "instructions", "action", "target_kind", "parameters", "options", "words",
    "stop_when_failed",
)  # fmt: skip


def _later(given: Any, handler: Callable[[Any], Any]) -> Any:
    """One sentence, where each of the two types would say its own."""
    try:
        return handler(given)
    except ValidationError:
        raise ValueError(LEAD) from None


class Option(BaseModel):
    """One answer of a decision, and what follows: a later step, or the end with its outcome."""

    model_config = ConfigDict(extra="forbid", strict=True)

    answer: Annotated[str, Field(min_length=1, max_length=120)]
    then: Annotated[int | Literal["end"], WrapValidator(_later)]
    outcome: Literal["", "restored", "not_restored"] = ""


class Deciding(BaseModel):
    """What a decision goes by: a person's answer, or the result of the check at this earlier step."""

    model_config = ConfigDict(extra="forbid", strict=True)

    by_check: Annotated[int, Field(ge=1)] | None = None


class Update(BaseModel):
    """What a `communicate` step posts beside its words."""

    model_config = ConfigDict(extra="forbid")

    phase: Phase = Phase.IDENTIFIED
    service_state: StatusUpdate.ServiceState = StatusUpdate.ServiceState.MAJOR_OUTAGE
    next_in_minutes: Annotated[int, Field(ge=5, le=240, strict=True)] = 30


def options_of(step: Step) -> list[Option]:
    """The answers of a decision. Raises ValueError with words."""
    if not isinstance(step.options, list):
        raise ValueError("options: write a list of answers")
    return [validated(Option, option) for option in step.options]


def deciding_check(step: Step) -> int | None:
    """The position of the check that answers a decision; None: a person does. Raises ValueError."""
    return validated(Deciding, step.parameters).by_check


def update_of(step: Step) -> Update:
    """The phase and promise of a status update. Raises ValueError with words."""
    return validated(Update, step.parameters)


def spec_of(step: Step) -> ActionSpec:
    """The action of an automated step. Raises ValueError when the catalogue has none of that name."""
    spec = find(step.action)
    if spec is None:
        raise ValueError(f"the catalogue has no action “{step.action}”")
    return spec


def content_of(step: Step) -> dict[str, Any]:
    """All that the step says and does, but its place: what a run keeps of it."""
    return {name: getattr(step, name) for name in STEP_FIELDS if name != "position"}


def said_by(version: SopVersion) -> dict[str, Any]:
    """Its texts and its steps: what a file holds of it, and what another version may say too."""
    steps = [{name: getattr(step, name) for name in STEP_FIELDS} for step in version.steps.all()]
    return {"steps": steps, **{name: getattr(version, name) for name in TEXTS}}


def canonical(content: dict[str, Any]) -> str:
    """The same text for the same content, byte for byte."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def fingerprint(version: SopVersion) -> str:
    """SHA-256 over all that the version says and does, in one canonical form."""
    content = {
        "sop": version.sop.code, "number": version.number, "author": version.author_id,
        "touches_product_data": version.touches_product_data, **said_by(version),
    }  # fmt: skip
    return hashlib.sha256(canonical(content).encode()).hexdigest()
