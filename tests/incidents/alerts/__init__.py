"""Alerts of our own making, one JSON file each, and the ways to read and change them."""

import copy
import json
from pathlib import Path
from typing import Any

from incidents.alerts import Alert, read

HERE = Path(__file__).parent
REFUSED = "azure_context_alone"
NAMES = sorted(path.stem for path in HERE.glob("*.json"))


def payload(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))


def one(name: str) -> Alert:
    (alert,) = read(payload(name))
    return alert


def essentials(name: str, **changes: object) -> Any:
    changed = payload(name)
    changed["data"]["essentials"].update(changes)
    return changed


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    changed = copy.deepcopy(value)
    inside = changed
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = new
    return changed
