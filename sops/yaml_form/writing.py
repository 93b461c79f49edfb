"""From what an SOP says to a file: one order, one form, texts that a person reads in a difference."""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from yaml.nodes import ScalarNode

from sops.actions.catalogue import find
from sops.content import SopContent
from sops.models.step import StepKind
from sops.writing import STEP_FIELDS, Deciding, Option, Update
from sops.yaml_form.reading import FORMAT

WIDTH = 100
TEXTS_IN_ORDER = ("summary", "use_when", "preconditions", "stop_when", "way_back")
ALWAYS = {"services", "summary", "use_when", "stop_when", "way_back", "steps", "kind", "title"}


class _Dumper(yaml.SafeDumper):
    """Lists stand in from their name, and nothing is written as an alias of what came before."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style_of(text))


def _style_of(text: str) -> str | None:
    """Literal for several lines, folded for a long one, quoted where a block would lose something."""
    if not all(char == "\n" or char.isprintable() for char in text):
        return '"'
    is_clean = text == text.strip() and not re.search(r"[ ]\n|\n[ ]|\n\n\n", text)
    if "\n" in text:
        return "|" if is_clean else '"'
    return ">" if is_clean and len(text) > WIDTH - 20 and "  " not in text else None


_Dumper.add_representer(str, _text)


def write(content: SopContent) -> str:
    """The file. The same content gives the same bytes; what is empty and need not be there is left out."""
    whole = {
        "format": FORMAT, "sop": content.code, "title": content.title, "owner": content.owner,
        "services": list(content.services), "customers": list(content.customers),
        "situations": list(content.situations),
        **{name: content.texts[name] for name in TEXTS_IN_ORDER},
        "steps": [_step(step) for step in content.steps],
    }  # fmt: skip
    return yaml.dump(
        _kept(whole), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH,
        default_flow_style=False,
    )  # fmt: skip


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in ALWAYS or value}


def _step(step: Mapping[str, Any]) -> dict[str, Any]:
    written = {name: step[name] for name in STEP_FIELDS if name != "position"}
    written["parameters"] = _ordered(step["parameters"], _names_of_parameters(step))
    written["options"] = [_ordered(option, list(Option.model_fields)) for option in step["options"]]
    return _kept(written)


def _names_of_parameters(step: Mapping[str, Any]) -> list[str]:
    """In the order in which the action, the decision or the update names them."""
    if step["kind"] == StepKind.DECISION:
        return list(Deciding.model_fields)
    if step["kind"] == StepKind.COMMUNICATE:
        return list(Update.model_fields)
    spec = find(step["action"])
    return list(spec.parameters.model_fields) if spec else []


def _ordered(values: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
