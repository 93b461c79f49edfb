"""How the account of our own Freshdesk is set up: its fields, groups and agents, and what they demand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STATUSES = {
    2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed", 6: "Waiting on Customer", 7: "Waiting on Third Party"
}  # fmt: skip
PRIORITIES = {"Low": 1, "Medium": 2, "High": 3, "Urgent": 4}
SOURCES = {"Email": 1, "Portal": 2, "Phone": 3, "Chat": 7, "Feedback Widget": 9, "Outbound Email": 10}
TYPES = ["Question", "Incident", "Problem", "Feature Request"]
# What a ticket calls a field of its own that the list of fields calls otherwise.
IN_TICKET = {"requester": "email", "ticket_type": "type", "group": "group_id", "agent": "responder_id"}
KINDS: dict[str, type] = {
    "custom_text": str, "custom_paragraph": str, "custom_dropdown": str, "custom_date": str,
    "custom_number": int, "custom_decimal": float, "custom_checkbox": bool,
}  # fmt: skip


@dataclass
class Field:
    """One custom field. `choices` are those of a drop-down."""

    type: str = "custom_text"
    label: str = ""
    choices: list[str] = field(default_factory=list)
    required_for_agents: bool = False
    required_for_closure: bool = False

    def fault(self, value: Any) -> str:
        """The code of what is wrong with a value, or nothing."""
        if value is None:
            return ""
        kind = KINDS[self.type]
        if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
            return "datatype_mismatch"
        is_wrong = (self.type == "custom_dropdown" and value not in self.choices) or (
            self.type == "custom_date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", value)
        )
        return "invalid_value" if is_wrong else ""


@dataclass
class Account:
    """`flags` are those of the fields that every account has: {"group": {"required_for_agents"}}."""

    custom_fields: dict[str, Field] = field(default_factory=lambda: {"cf_ooh_incident_ref": Field()})
    groups: dict[int, str] = field(default_factory=lambda: {17: "Out of hours", 18: "Service desk"})
    flags: dict[str, set[str]] = field(default_factory=dict)
    contacts: dict[str, int] = field(default_factory=dict)
    statuses: dict[int, str] = field(default_factory=lambda: dict(STATUSES))
    ticket_scope: int = 1

    def faults(self, body: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with the values of a ticket that is written."""
        wrong = []
        for name, value in body.get("custom_fields", {}).items():
            known = self.custom_fields.get(name)
            code = known.fault(value) if known else "invalid_field"
            wrong += [(f"custom_fields.{name}", code)] if code else []
        allowed: dict[str, Any] = {
            "status": self.statuses, "priority": PRIORITIES.values(), "source": SOURCES.values(),
            "type": TYPES, "group_id": self.groups,
        }  # fmt: skip
        wrong += [
            (name, "invalid_value")
            for name, values in allowed.items()
            if body.get(name) is not None and body[name] not in values
        ]
        return wrong

    def missing(self, ticket: Mapping[str, Any], flag: str) -> list[tuple[str, str]]:
        """Which fields are required and empty in a whole ticket."""
        custom = ticket.get("custom_fields", {})
        missing = [
            f"custom_fields.{name}"
            for name, known in self.custom_fields.items()
            if getattr(known, flag) and custom.get(name) in (None, "")
        ]
        own = (IN_TICKET.get(name, name) for name, flags in self.flags.items() if flag in flags)
        missing += [name for name in own if ticket.get(name) in (None, "", [])]
        return [(name, "missing_field") for name in missing]

    def ticket_fields(self) -> list[dict[str, Any]]:
        own: dict[str, Any] = {
            "requester": None, "subject": None, "ticket_type": TYPES, "source": SOURCES,
            "status": {str(number): [name, "To customers"] for number, name in self.statuses.items()},
            "priority": PRIORITIES, "group": {name: number for number, name in self.groups.items()},
            "agent": {"Desk": 901}, "description": None,
        }  # fmt: skip
        rows = []
        for name, choices in own.items():
            flags = self.flags.get(name, set())
            rows.append(self._row(name, f"default_{name}", name.title(), flags, choices))
        for name, known in self.custom_fields.items():
            flags = {flag for flag in ("required_for_agents", "required_for_closure") if getattr(known, flag)}
            choices = known.choices if known.type == "custom_dropdown" else None
            rows.append(self._row(name, known.type, known.label or name, flags, choices))
        return rows

    def _row(self, name: str, kind: str, label: str, flags: set[str], choices: Any) -> dict[str, Any]:
        row = {
            "id": 5000 + len(name), "name": name, "label": label, "type": kind, "position": 1,
            "default": kind.startswith("default_"), "required_for_customers": False,
            "required_for_agents": "required_for_agents" in flags,
            "required_for_closure": "required_for_closure" in flags,
        }  # fmt: skip
        return row if choices is None else row | {"choices": choices}

    def me(self) -> dict[str, Any]:
        contact = {"name": "Out-of-hours desk", "email": "ooh@vendor.example", "active": True}
        return {"id": 901, "ticket_scope": self.ticket_scope, "type": "support_agent", "contact": contact}
