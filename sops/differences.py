"""What changed between two versions, step by step and word by word. Pure: it compares texts."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sops.models import SopVersion, Step
from sops.presenting import acts_words, leads_words, risk_of

TEXT_LABELS = {
    "use_when": "Use it when", "preconditions": "Before it starts", "stop_when": "Stop when",
    "way_back": "Way back",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """A run of words, and whether the other side has it too."""

    text: str
    is_changed: bool


@dataclass(frozen=True)
class Line:
    """One step, or one text, on both sides. `what` is Same, Added, Removed or Changed."""

    number: str
    label: str
    what: str
    risk: str = ""
    before: tuple[Piece, ...] = ()
    after: tuple[Piece, ...] = ()
    text: str = ""

    @property
    def is_same(self) -> bool:
        return self.what == "Same"

    @property
    def is_disruptive(self) -> bool:
        return self.risk == "disruptive"


def told(step: Step) -> str:
    """All that a step says, in one text."""
    stops = "A bad finding stops the run" if step.stop_when_failed else ""
    target = step.get_target_kind_display() if step.target_kind else ""
    words = f"“{step.words}” {_settings(step)}" if step.words else ""
    parts = (step.title, acts_words(step), target, step.instructions, words, *leads_words(step), stops)
    return " ".join(_sentence(part.strip()) for part in parts if part.strip())


def _sentence(text: str) -> str:
    return text if text[-1] in ".?:” " else f"{text}."


def _settings(step: Step) -> str:
    return ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in sorted(step.parameters.items()))


def step_lines(before: Sequence[Step], after: Sequence[Step]) -> list[Line]:
    """The steps of both versions, matched: what is the same, added, removed or changed."""
    old, new = [_key(step) for step in before], [_key(step) for step in after]
    lines: list[Line] = []
    for verb, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if verb == "equal":
            lines += [_same(step) for step in after[k:m]]
        else:
            lines += _replaced(before[i:j], after[k:m])
    return lines


def _key(step: Step) -> tuple[str, str]:
    return step.kind, told(step)


def _replaced(before: Sequence[Step], after: Sequence[Step]) -> Iterable[Line]:
    """Pair each old step with the new one of its kind that is most like it; the rest came or went."""
    rest = list(before)
    for step in after:
        alike = [each for each in rest if each.kind == step.kind]
        partner = max(alike, key=lambda each: _likeness(each, step), default=None)
        if partner is None or _likeness(partner, step) < 0.4:
            yield Line(
                str(step.position), step.get_kind_display(), "Added", risk_of(step), after=_whole(told(step))
            )
            continue
        for gone in rest[: rest.index(partner)]:
            yield _removed(gone)
        rest = rest[rest.index(partner) + 1 :]
        old, new = word_pieces(told(partner), told(step))
        yield Line(str(step.position), step.get_kind_display(), "Changed", risk_of(step), old, new)
    for gone in rest:
        yield _removed(gone)


def _likeness(one: Step, other: Step) -> float:
    return SequenceMatcher(None, told(one), told(other), autojunk=False).ratio()


def _same(step: Step) -> Line:
    return Line(str(step.position), step.get_kind_display(), "Same", risk_of(step), text=told(step))


def _removed(step: Step) -> Line:
    return Line("–", step.get_kind_display(), "Removed", risk_of(step), before=_whole(told(step)))


def _whole(text: str) -> tuple[Piece, ...]:
    return (Piece(text, is_changed=False),)


def text_lines(before: SopVersion | None, after: SopVersion) -> list[Line]:
    """The texts around the steps, against the version in force if there is one."""
    lines = []
    for name, label in TEXT_LABELS.items():
        new = getattr(after, name)
        old = getattr(before, name) if before else new
        if old == new:
            lines.append(Line("", label, "Same", text=new or "Nothing said"))
        else:
            pieces = word_pieces(old, new)
            lines.append(Line("", label, "Changed", before=pieces[0], after=pieces[1]))
    return lines


def word_pieces(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts in pieces, with the words marked that the other one has not."""
    old, new = re.findall(r"\s+|\w+|[^\w\s]", before), re.findall(r"\s+|\w+|[^\w\s]", after)
    left: list[Piece] = []
    right: list[Piece] = []
    for verb, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        left += [Piece("".join(old[i:j]), verb != "equal")] if j > i else []
        right += [Piece("".join(new[k:m]), verb != "equal")] if m > k else []
    return tuple(left), tuple(right)


def summary(lines: Sequence[Line]) -> str:
    """`1 added, 2 changed, 6 the same`."""
    counts = [(sum(line.what == what for line in lines), word) for what, word in WORDS.items()]
    return ", ".join(f"{number} {word}" for number, word in counts if number)


WORDS = {"Added": "added", "Removed": "removed", "Changed": "changed", "Same": "the same"}
