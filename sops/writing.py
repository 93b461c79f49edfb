"""When a version is whole: every step valid against the catalogue, and its fingerprint."""

import hashlib
import json
import string
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as ParameterError

from incidents.guard import refuse_patient_data, require
from incidents.models import Phase, StatusUpdate
from sops.actions.catalogue import ActionSpec, find, parameter_words, read_parameters
from sops.applicability import kind_words
from sops.models import SopVersion, Step
from sops.models.step_run import Risk
from sops.models.version import TEXTS

PLACEHOLDERS = {"service", "next"}
STEP_FIELDS = (
    "position", "kind", "title", "instructions", "action", "target_kind", "parameters", "options", "words",
    "stop_when_failed",
)  # fmt: skip


class Option(BaseModel):
    """One answer of a decision, and what follows: a later step, or the end with its outcome."""

    model_config = ConfigDict(extra="forbid")

    answer: Annotated[str, Field(min_length=1, max_length=120)]
    then: int | Literal["end"]
    outcome: Literal["", "restored", "not_restored"] = ""


class Update(BaseModel):
    """What a `communicate` step posts beside its words."""

    model_config = ConfigDict(extra="forbid")

    phase: Phase = Phase.IDENTIFIED
    service_state: StatusUpdate.ServiceState = StatusUpdate.ServiceState.MAJOR_OUTAGE
    next_in_minutes: Annotated[int, Field(ge=5, le=240)] = 30


def options_of(step: Step) -> list[Option]:
    """The answers of a decision. Raises ValueError with words."""
    if not isinstance(step.options, list):
        raise ValueError("options: write a list of answers")
    try:
        return [Option.model_validate(option) for option in step.options]
    except ParameterError as error:
        raise ValueError(parameter_words(error)) from None


def update_of(step: Step) -> Update:
    """The phase and promise of a status update. Raises ValueError with words."""
    try:
        return Update.model_validate(step.parameters)
    except ParameterError as error:
        raise ValueError(parameter_words(error)) from None


def spec_of(step: Step) -> ActionSpec:
    """The action of an automated step. Raises ValueError when the catalogue has none of that name."""
    spec = find(step.action)
    if spec is None:
        raise ValueError(f"the catalogue has no action “{step.action}”")
    return spec


def refuse_unfinished(version: SopVersion) -> None:
    """What must be true before submission. Raises ValidationError that names each step and field."""
    require(
        summary=(version.summary, "Say why it changes"),
        use_when=(version.use_when, "Say when it is used"),
        stop_when=(version.stop_when, "Say when the engineer must stop"),
        way_back=(version.way_back, "Say how its changes are undone, or why none are needed"),
    )
    refuse_patient_data(**{name: getattr(version, name) for name in TEXTS})
    if not version.sop.services.exists():
        raise ValidationError({"services": ["Choose at least one service that the SOP serves"]})
    steps = list(version.steps.all())
    problems = step_problems(steps)
    if problems:
        raise ValidationError({"steps": problems})


def step_problems(steps: list[Step]) -> list[str]:
    """Each thing that is wrong with the steps, by the step's number; empty when they are whole."""
    if not steps:
        return ["Add at least one step"]
    if [step.position for step in steps] != list(range(1, len(steps) + 1)):
        return ["Number the steps 1, 2, 3 without a gap"]
    problems = []
    for step in steps:
        try:
            _refuse_wrong_step(step, last=len(steps))
        except ValueError as error:
            problems.append(f"Step {step.position}: {error}")
        except ValidationError as error:
            problems += [f"Step {step.position}: {words}" for words in error.messages]
    return problems


def _refuse_wrong_step(step: Step, *, last: int) -> None:
    refuse_patient_data(title=step.title, instructions=step.instructions, words=step.words)
    if step.kind != Step.Kind.DECISION and step.options:
        raise ValueError("only a decision has options")
    if step.kind != Step.Kind.COMMUNICATE and step.words:
        raise ValueError("only a status update has words")
    if step.is_automated:
        _refuse_wrong_action(step)
    elif step.kind == Step.Kind.DECISION:
        _refuse_wrong_decision(step, last)
    elif step.kind == Step.Kind.COMMUNICATE:
        _refuse_wrong_words(step)
    elif not step.instructions.strip():
        raise ValueError("write the instructions: what the person does, and what to write down")


def _refuse_wrong_action(step: Step) -> None:
    spec = spec_of(step)
    if spec.risk == Risk.READ and step.kind == Step.Kind.ACTION:
        raise ValueError(f"{spec.name} only reads: make it a check")
    if spec.risk != Risk.READ and step.kind == Step.Kind.CHECK:
        raise ValueError(f"{spec.name} changes something: make it an action")
    if step.target_kind not in spec.target_kinds:
        allowed = ", ".join(sorted(kind_words(kind.label) for kind in spec.target_kinds))
        raise ValueError(f"{spec.name} acts on: {allowed}. Choose one of these as its target")
    read_parameters(spec, step.parameters)


def _refuse_wrong_decision(step: Step, last: int) -> None:
    options = options_of(step)
    if len({option.answer.casefold() for option in options}) < 2:
        raise ValueError("a decision has at least two answers, all different")
    if len(options) != len({option.answer.casefold() for option in options}):
        raise ValueError("each answer of a decision is different")
    for option in options:
        if option.then == "end" and not option.outcome:
            raise ValueError(f"“{option.answer}” ends the run: say whether the service is restored")
        if option.then != "end" and not step.position < option.then <= last:
            raise ValueError(
                f"“{option.answer}” leads to step {option.then}: choose a later step, up to {last}"
            )
        if option.then != "end" and option.outcome == "not_restored":
            raise ValueError(f"“{option.answer}” goes on: its outcome can only be restored, or empty")


def _refuse_wrong_words(step: Step) -> None:
    update_of(step)
    if not step.words.strip():
        raise ValueError("write the words that the public is told")
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(step.words) if name is not None}
    except ValueError:
        raise ValueError("a brace in the words is not closed") from None
    if names - PLACEHOLDERS:
        raise ValueError("the words may hold {service} and {next}, and no other placeholder")


def fingerprint(version: SopVersion) -> str:
    """SHA-256 over all that the version says and does, in one canonical form."""
    steps = version.steps.order_by("position").values(*STEP_FIELDS)
    content: dict[str, Any] = {
        "sop": version.sop.code, "number": version.number, "author": version.author_id,
        "touches_product_data": version.touches_product_data, "steps": list(steps),
        **{name: getattr(version, name) for name in TEXTS},
    }  # fmt: skip
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
