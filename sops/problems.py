"""What is wrong with a version, and where: each step against the catalogue, and the texts around them."""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from accounts.models import ComponentKind
from incidents.guard import refuse_patient_data, require
from sops.actions.catalogue import ActionSpec, find
from sops.actions.parameters import problems_in
from sops.applicability import kind_words
from sops.models import SopVersion, Step
from sops.models.step_run import Risk
from sops.models.version import TEXTS
from sops.writing import BAD, GOOD, LEAD, Deciding, Option, Update

MOST_STEPS, MOST_ANSWERS = 40, 6
PLACEHOLDERS = {"service", "next"}
Place = tuple[str | int, ...]
Found = Iterator[tuple[Place, str]]


@dataclass(frozen=True)
class StepProblem:
    """One thing to put right: in which step (0: in none), at which of its fields, in words."""

    position: int
    place: Place
    words: str

    def __str__(self) -> str:
        if not self.position:
            return self.words
        where, *names = self.place
        if where == "parameters":
            names = names or [where]
        elif where == "options":
            names = [f"answer {int(at) + 1}" for at in names[:1]]
        return ": ".join([f"Step {self.position}", *(str(name) for name in names), self.words])


def refuse_unfinished(version: SopVersion) -> None:
    """What must be true before submission. Raises ValidationError that names each step and field."""
    refuse_unfinished_texts({name: getattr(version, name) for name in TEXTS})
    if not version.sop.services.exists():
        raise ValidationError({"services": ["Choose at least one service that the SOP serves"]})
    if problems := step_problems(list(version.steps.all())):
        raise ValidationError({"steps": problems})


def refuse_unfinished_texts(texts: Mapping[str, str]) -> None:
    """The words around the steps. Raises ValidationError by field."""
    require(
        summary=(texts["summary"], "Say why it changes"),
        use_when=(texts["use_when"], "Say when it is used"),
        stop_when=(texts["stop_when"], "Say when the engineer must stop"),
        way_back=(texts["way_back"], "Say how its changes are undone, or why none are needed"),
    )
    refuse_patient_data(**texts)


def step_problems(steps: Sequence[Step]) -> list[str]:
    """Each thing that is wrong with the steps, by the step's number; empty when they are whole."""
    return [str(problem) for problem in problems_of(steps)]


def problems_of(steps: Sequence[Step]) -> list[StepProblem]:
    """The same, with the field that each is about."""
    if not steps:
        return [StepProblem(0, (), "Add at least one step")]
    if [step.position for step in steps] != list(range(1, len(steps) + 1)):
        return [StepProblem(0, (), "Number the steps 1, 2, 3 without a gap")]
    if len(steps) > MOST_STEPS:
        return [StepProblem(0, (), f"{len(steps)} steps are too many for a night: write up to {MOST_STEPS}")]
    return [
        StepProblem(step.position, place, words) for step in steps for place, words in _wrong(step, steps)
    ]


def patient_data_in(step: Step) -> Found:
    """The texts of a step that hold patient data; the words never hold what was found."""
    texts = {"title": step.title, "instructions": step.instructions, "words": step.words}
    answers = step.options if isinstance(step.options, list) else []
    for place, text in [
        *(((name,), text) for name, text in texts.items()),
        *((("options", at, "answer"), each["answer"]) for at, each in enumerate(answers) if _answers(each)),
    ]:
        try:
            refuse_patient_data(text=text)
        except ValidationError as error:
            yield from ((place, words) for words in error.messages)


def _answers(option: object) -> bool:
    return isinstance(option, dict) and isinstance(option.get("answer"), str)


def _wrong(step: Step, steps: Sequence[Step]) -> Found:
    yield from patient_data_in(step)
    if not step.title.strip():
        yield ("title",), "say in one line what is done"
    if step.kind != Step.Kind.DECISION and step.options:
        yield ("options",), "only a decision has options"
    if step.kind != Step.Kind.COMMUNICATE and step.words:
        yield ("words",), "only a status update has words"
    yield from _wrong_for_its_kind(step, steps)


def _wrong_for_its_kind(step: Step, steps: Sequence[Step]) -> Found:
    if step.is_automated:
        yield from _wrong_action(step)
        return
    if step.action or step.target_kind:
        yield ("action",), "only a check or an action names an action and a target"
    if step.kind == Step.Kind.DECISION:
        yield from _wrong_decision(step, steps)
    elif step.kind == Step.Kind.COMMUNICATE:
        yield from _wrong_update(step)
    else:
        if step.parameters:
            yield ("parameters",), "it has no parameters"
        if not step.instructions.strip():
            yield ("instructions",), "write the instructions: what the person does, and what to write down"


def _wrong_action(step: Step) -> Found:
    spec = find(step.action)
    if spec is None:
        yield ("action",), f"the catalogue has no action “{step.action}”"
        return
    if spec.risk == Risk.READ and step.kind == Step.Kind.ACTION:
        yield ("action",), f"{spec.name} only reads: make it a check"
    if spec.risk != Risk.READ and step.kind == Step.Kind.CHECK:
        yield ("action",), f"{spec.name} changes something: make it an action"
    if step.target_kind not in spec.target_kinds:
        yield ("target_kind",), f"{spec.name} acts on: {_targets(spec)}. Choose one of these as its target"
    for place, words in problems_in(spec.parameters, step.parameters):
        yield ("parameters", *place), words


def _targets(spec: ActionSpec) -> str:
    return ", ".join(sorted(kind_words(ComponentKind(kind).label) for kind in spec.target_kinds))


def _wrong_decision(step: Step, steps: Sequence[Step]) -> Found:
    if wrong := [*_misshapen(step)]:
        yield from wrong
        return
    options = [Option.model_validate(option) for option in step.options]
    yield from _wrong_answers(
        [option.answer for option in options], is_by_check="by_check" in step.parameters
    )
    checks = {each.position for each in steps if each.kind == Step.Kind.CHECK}
    position = Deciding.model_validate(step.parameters).by_check
    if position is None and "by_check" in step.parameters:
        yield ("parameters", "by_check"), "choose an earlier check"
    if position is not None and (position not in checks or position >= step.position):
        yield ("parameters", "by_check"), f"step {position} is not an earlier check"
    for at, option in enumerate(options):
        yield from _wrong_lead(("options", at), option, step.position, len(steps))


def _misshapen(step: Step) -> Found:
    for place, words in problems_in(Deciding, step.parameters):
        yield ("parameters", *place), words
    if not isinstance(step.options, list):
        yield ("options",), "options: write a list of answers"
        return
    for at, option in enumerate(step.options):
        for place, words in problems_in(Option, option):
            yield ("options", at, *place), LEAD if place == ("then",) else words


def _wrong_answers(answers: list[str], *, is_by_check: bool) -> Found:
    different = {answer.casefold() for answer in answers}
    if is_by_check and set(answers) != {GOOD, BAD}:
        yield ("options",), f"a decision by a check has the answers {GOOD} and {BAD}"
    if len(different) < 2:
        yield ("options",), "a decision has at least two answers, all different"
    elif len(answers) != len(different):
        yield ("options",), "each answer of a decision is different"
    if len(answers) > MOST_ANSWERS:
        yield ("options",), f"a decision has up to {MOST_ANSWERS} answers"


def _wrong_lead(place: Place, option: Option, position: int, last: int) -> Found:
    if option.then == "end":
        if not option.outcome:
            yield (*place, "outcome"), f"“{option.answer}” ends the run: say whether the service is restored"
    elif not position < option.then <= last:
        yield (
            (*place, "then"),
            f"“{option.answer}” leads to step {option.then}: choose a later step, up to {last}",
        )
    elif option.outcome == "not_restored":
        yield (*place, "outcome"), f"“{option.answer}” goes on: its outcome can only be restored, or empty"


def _wrong_update(step: Step) -> Found:
    for place, words in problems_in(Update, step.parameters):
        yield ("parameters", *place), words
    if not step.words.strip():
        yield ("words",), "write the words that the public is told"
    try:
        parts = [part for part in string.Formatter().parse(step.words) if part[1] is not None]
    except ValueError:
        yield ("words",), "a brace in the words is not closed"
        return
    # A width or another form is refused too: one of nine digits would fill the memory of who opens the page.
    if any(name not in PLACEHOLDERS or form or other for _, name, form, other in parts):
        yield ("words",), "the words may hold {service} and {next}, and no other placeholder"
