"""From a file to what an SOP says: every mistake with its line, and nothing taken in while there is one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from incidents.models import Incident
from sops.actions.parameters import problems_in
from sops.content import SopContent
from sops.models.step import StepKind
from sops.models.version import TEXTS
from sops.problems import MOST_STEPS, Place, problems_of, refuse_unfinished_texts
from sops.yaml_form.mistakes import Mistake, Refused
from sops.yaml_form.plain import Lines, read_plain

FORMAT = 1
Title = Annotated[str, Field(min_length=1, max_length=120)]
Text = Annotated[str, Field(max_length=1000)]
LongText = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=254)]
Names = Annotated[list[Name], Field(max_length=1000)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _code(text: str) -> str:
    if not re.fullmatch(r"SOP-[0-9]{2,3}", text):
        raise ValueError("write it as SOP-03: the letters, a hyphen, two or three digits")
    return text


class StepShape(_Shape):
    """A step: `sops.problems` says more of it, by its kind."""

    kind: Literal[tuple(StepKind.values)]  # type: ignore[valid-type]
    title: Title
    instructions: LongText = ""
    action: Annotated[str, Field(max_length=40)] = ""
    target_kind: Annotated[str, Field(max_length=20)] = ""
    parameters: dict[str, Any] = {}
    options: list[Any] = []
    words: LongText = ""
    stop_when_failed: bool = False


class SopShape(_Shape):
    """The whole file, in the order in which it is written."""

    format: Literal[1]
    sop: Annotated[str, AfterValidator(_code)]
    title: Title
    owner: Name | None = None
    services: Annotated[Names, Field(min_length=1)]
    customers: Names = []
    situations: list[Literal[tuple(Incident.Failure.values)]] = []  # type: ignore[valid-type]
    summary: Text
    use_when: Text
    preconditions: Text = ""
    stop_when: Text
    way_back: Text
    steps: Annotated[list[StepShape], Field(min_length=1, max_length=MOST_STEPS)]


@dataclass(frozen=True)
class Read:
    """What a file says, and where in it."""

    content: SopContent
    lines: Lines

    def line_of(self, place: Place) -> int:
        """Of the place, or of what it stands in."""
        return next(
            self.lines[place[:length]] for length in range(len(place), -1, -1) if place[:length] in self.lines
        )


def read(data: bytes) -> Read:
    """The SOP that the file holds, checked as a submission is. Raises Refused with every mistake."""
    value, lines = read_plain(data)
    if not isinstance(value, dict):
        raise Refused([Mistake(lines[()], "not an SOP: it begins with format: 1 and sop: SOP-03")])
    if wrong := problems_in(SopShape, value):
        found = Read(_NOTHING, lines)
        raise Refused([_mistake(found, _trimmed(place), words) for place, words in wrong])
    shape = SopShape.model_validate(value)
    found = Read(_content(shape), lines)
    if mistakes := [_mistake(found, place, words) for place, words in _wrong_in(found.content)]:
        raise Refused(mistakes)
    return found


_NOTHING = SopContent("", "", None, (), (), (), {}, ())


def _trimmed(place: Place) -> Place:
    """Without what pydantic adds of its own, such as which of several types it tried."""
    return tuple(part for part in place if isinstance(part, int) or part.isidentifier() or "-" in part)


def _content(shape: SopShape) -> SopContent:
    steps = [
        {"position": position, **step.model_dump()} for position, step in enumerate(shape.steps, start=1)
    ]
    return SopContent(
        code=shape.sop, title=shape.title, owner=shape.owner, services=sorted(shape.services),
        customers=sorted(shape.customers), situations=sorted(shape.situations),
        texts={name: getattr(shape, name) for name in TEXTS}, steps=steps,
    )  # fmt: skip


def _wrong_in(content: SopContent) -> Iterator[tuple[Place, str]]:
    """What a submission would be refused for."""
    try:
        refuse_unfinished_texts({**content.texts, "title": content.title})
    except ValidationError as error:
        for name, words in error.message_dict.items():
            yield from (((name,), each) for each in words)
    for name in ("services", "customers", "situations"):
        names = getattr(content, name)
        if len(names) != len(set(names)):
            yield (name,), "each is there once"
    for problem in problems_of(content.built_steps()):
        yield ("steps", problem.position - 1, *problem.place), problem.words


def _mistake(found: Read, place: Place, words: str) -> Mistake:
    return Mistake(found.line_of(place), ": ".join([*_told(place), words]))


def _told(place: Place) -> list[str]:
    """Where it is, as a person counts: `step 3`, `answer 2`, and the name of the field."""
    told: list[str] = []
    names = {"steps": "step", "options": "answer"}
    for before, part in zip(("", *place), place, strict=False):
        if isinstance(part, int):
            told[-1:] = [f"{names[str(before)]} {part + 1}"] if before in names else [str(before)]
        else:
            told.append(part)
    return told
