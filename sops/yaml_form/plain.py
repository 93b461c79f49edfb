"""Reads YAML into plain values, with the line of each. No tags, no aliases; only texts and numbers are built.

What YAML 1.1 guesses at is not guessed here: `yes`, `12:30` and `2026-11-22` are texts. Only `true`, `false`
and decimal numbers are something else, so that what other tools read as a text is one here too.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from yaml.events import AliasEvent, Event, NodeEvent, ScalarEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from sops.yaml_form.mistakes import Mistake, Refused

MOST_BYTES = 1_000_000
DEEPEST = 8
Place = tuple[str | int, ...]
Lines = dict[Place, int]

BOOL, NULL = "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"
INT, FLOAT = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"
GUESSES = (
    (BOOL, r"true|false", "tf"),
    (NULL, r"null|~|", ["n", "~", ""]),
    (INT, r"-?(?:0|[1-9][0-9]{0,17})", "-0123456789"),
    (FLOAT, r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,25}(?:e[-+][0-9]{1,3})?", "-0123456789"),
)


class _Loader(yaml.SafeLoader):
    """PyYAML's parser with nothing but what a procedure needs."""

    yaml_implicit_resolvers: dict[str, Any] = {}
    depth = 0

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        event: Event = self.peek_event()  # type: ignore[no-untyped-call]
        _refuse_machinery(event)
        self.depth += 1
        if self.depth > DEEPEST:
            raise _refused(event, f"it is nested more than {DEEPEST} deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, _pattern, _first in GUESSES:
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), list(_first))


def _refuse_machinery(event: Event) -> None:
    if isinstance(event, AliasEvent):
        raise _refused(event, "an alias (*): write it out")
    if isinstance(event, NodeEvent) and event.anchor:
        raise _refused(event, "an anchor (&): write it out where it is used")
    if getattr(event, "tag", None):
        raise _refused(event, "a tag (!): only plain texts, numbers, lists and names")
    if isinstance(event, ScalarEvent) and (words := _unprintable(event.value)):
        raise _refused(event, words)


def _refused(event: Event, words: str) -> Refused:
    return Refused([Mistake(_line(event.start_mark), words)])


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 1


def _unprintable(text: str) -> str:
    """Half characters and control characters: no database and no page takes them."""
    found = re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]", text)
    return f"the character U+{ord(found[0]):04X}, which is no text" if found else ""


def read_plain(data: bytes) -> tuple[Any, Lines]:
    """The value of the one document, and the line of each place in it. Raises Refused."""
    text = _decoded(data)
    try:
        node = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = _line(error.problem_mark or error.context_mark)
        raise Refused([Mistake(line, _syntax_words(error))]) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Refused([Mistake(line, f"the character U+{error.character:04X}, which is no text")]) from None
    if node is None:
        raise Refused([Mistake(1, "the file is empty")])
    lines: Lines = {(): _line(node.start_mark)}
    mistakes: list[Mistake] = []
    value = _value(node, (), lines, mistakes)
    if mistakes:
        raise Refused(mistakes)
    return value, lines


def _decoded(data: bytes) -> str:
    if len(data) > MOST_BYTES:
        line = data.count(b"\n", 0, MOST_BYTES) + 1
        raise Refused([Mistake(line, f"the file is too long: {MOST_BYTES:,} bytes are the most")])
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused([Mistake(line, "not UTF-8: save the file as UTF-8")]) from None


def _syntax_words(error: yaml.MarkedYAMLError) -> str:
    if error.context == "expected a single document in the stream":
        return "a second document (---): one file holds one SOP"
    parts = [error.context, error.problem]
    return "not YAML: " + ", ".join(str(part) for part in parts if part)


def _value(node: Node, place: Place, lines: Lines, mistakes: list[Mistake]) -> Any:
    if isinstance(node, MappingNode):
        return {name: _value(child, (*place, name), lines, mistakes)
                for name, child in _named(node, place, lines, mistakes)}  # fmt: skip
    if isinstance(node, SequenceNode):
        for at, child in enumerate(node.value):
            lines[(*place, at)] = _line(child.start_mark)
        return [_value(child, (*place, at), lines, mistakes) for at, child in enumerate(node.value)]
    return _scalar(node)


def _named(
    node: MappingNode, place: Place, lines: Lines, mistakes: list[Mistake]
) -> Iterator[tuple[str, Node]]:
    """Each name once; whatever is no plain name, or comes twice, is a mistake."""
    for key, child in node.value:
        line = _line(key.start_mark)
        if not isinstance(key, ScalarNode):
            mistakes.append(Mistake(line, "a list or a group cannot be a name"))
        elif (*place, key.value) in lines:
            first = lines[(*place, key.value)]
            mistakes.append(Mistake(line, f"{key.value[:40]}: it is there twice, first in line {first}"))
        else:
            lines[(*place, key.value)] = line
            yield key.value, child


def _scalar(node: Node) -> Any:
    if node.tag == BOOL:
        return node.value == "true"
    if node.tag == NULL:
        return None
    return {INT: int, FLOAT: float}.get(node.tag, str)(node.value)
