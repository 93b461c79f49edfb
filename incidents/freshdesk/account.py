"""The account as it describes itself by `GET /ticket_fields`, and whether what we send would be taken."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from accounts.models import Customer, Service
from incidents.freshdesk.fields import blanks_in, chosen
from incidents.models import Incident

# What a ticket calls a field that the list of fields calls otherwise.
IN_TICKET = {
    "requester": "email", "ticket_type": "type", "group": "group_id", "agent": "responder_id",
    "product": "product_id", "company": "company_id",
}  # fmt: skip
MOST_VALUES = 500


@dataclass(frozen=True)
class Field:
    """One field over there. `name` is how a ticket calls it; `choices` are its values, if it tells them."""

    name: str
    label: str
    type: str
    choices: frozenset[Any]
    is_custom: bool
    required_for_agents: bool
    required_for_closure: bool

    def __str__(self) -> str:
        return f"“{self.label}” ({self.name})" if self.label != self.name else self.name

    def refusal(self, template: Any) -> str:
        """Why it would not take a configured value, blanks and all; nothing if it would."""
        values = possible_values(self.name, template)
        if values is None:
            is_free = not self.choices and self.type not in NOT_TEXT
            return "" if is_free else f"takes only some values, and {template} may be anything"
        wrong = [value for value in values if not self._takes(value)]
        if not wrong:
            return ""
        shown = ", ".join(f"“{value}”" for value in wrong[:5]) + (" and more" if len(wrong) > 5 else "")
        return f"does not take {shown}"

    def _takes(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        return NOT_TEXT[self.type](value) if self.type in NOT_TEXT else isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


NOT_TEXT = {
    "custom_number": lambda value: type(value) is int, "custom_decimal": _is_number,
    "custom_checkbox": lambda value: isinstance(value, bool),
    "custom_date": lambda value: bool(re.fullmatch(r"\d{4}-\d\d-\d\d", str(value))),
    "default_group": _is_number, "default_agent": _is_number, "default_product": _is_number,
    "default_company": _is_number,
}  # fmt: skip


def read_fields(rows: Iterable[Any]) -> dict[str, Field]:
    """By the name that a ticket uses. What is no field as documented is left out."""
    found = (_field(row) for row in rows if isinstance(row, dict) and row.get("name"))
    return {field.name: field for field in found}


def _field(row: Mapping[str, Any]) -> Field:
    kind, name = str(row.get("type", "")), str(row["name"])
    return Field(
        name=IN_TICKET.get(name, name), label=str(row.get("label") or name), type=kind,
        choices=_choices(kind, row.get("choices")), is_custom=not kind.startswith("default_"),
        required_for_agents=row.get("required_for_agents") is True,
        required_for_closure=row.get("required_for_closure") is True,
    )  # fmt: skip


def _choices(kind: str, choices: Any) -> frozenset[Any]:
    """A list of names; an object of names to numbers; of the status, an object of numbers to names."""
    if isinstance(choices, list):
        return frozenset(str(choice) for choice in choices)
    if not isinstance(choices, dict):
        return frozenset()
    if kind == "default_status":
        return frozenset(int(number) for number in choices if str(number).isdigit())
    if kind.startswith("default_"):
        return frozenset(number for number in choices.values() if isinstance(number, int))
    return frozenset(str(name) for name in choices)


def possible_values(field: str, template: Any) -> list[Any] | None:
    """What a configured value may become: itself, or one for each customer or service; None for anything."""
    blanks = sorted(blanks_in(template))
    if not isinstance(template, str) or not blanks:
        return [template]
    if blanks == ["minutes_down"] and template == "{minutes_down}":
        return [0]
    if template in ("{began_on}", "{reported_on}", "{restored_on}"):
        return ["2026-11-22"]
    known = _known()
    if not set(blanks) <= set(known):
        return None
    values = []
    for words in product(*(known[blank] for blank in blanks)):
        value = template
        for blank, word in zip(blanks, words, strict=True):
            value = value.replace(f"{{{blank}}}", word)
        values.append(chosen(field, value))
        if len(values) == MOST_VALUES:
            break
    return values


def _known() -> dict[str, list[str]]:
    """The blanks of which every value is known before any incident."""
    customers, services = Customer.objects.order_by("name"), Service.objects.order_by("name")
    return {
        "customer": [customer.name for customer in customers],
        "customer_code": [customer.short_name for customer in customers],
        "service": [service.name for service in services],
        "service_code": [service.code for service in services],
        "what_fails": [str(label) for label in Incident.Failure.labels],
        "who_is_affected": [str(label) for label in Incident.Who.labels],
        "outcome": ["Resolved", "Declined"],
    }
