"""A Freshdesk of our own: as strict as the real one, kept in memory, over a real socket.

After the API v2 contract: Basic key:X, errors with field and code, unknown keys refused, rate headers as
decimal strings, `Link` for the next page, due dates filled in a second after the creation.
"""

import base64
import json
import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.standins.freshdesk_account import Account
from tests.standins.http import Answer, Request, Server

KEY = "test-key-of-nobody"
TICKET_TYPES: dict[str, type | tuple[type, ...]] = {
    "email": str, "subject": str, "description": str, "status": int, "priority": int, "source": int,
    "tags": list, "custom_fields": dict, "type": str, "group_id": int, "name": str, "phone": str,
}  # fmt: skip
NOTE_TYPES: dict[str, type | tuple[type, ...]] = {
    "body": str, "private": bool, "incoming": bool, "notify_emails": list, "user_id": int
}  # fmt: skip
LIST_PARAMETERS = {
    "email",
    "updated_since",
    "order_by",
    "order_type",
    "per_page",
    "page",
    "include",
    "filter",
}
MOST_PAGES = 300


class Wrong(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, *errors: tuple[str, str], headers: dict[str, str] | None = None) -> None:
        self.status, self.headers = status, headers or {}
        told = [{"field": field, "message": f"Wrong: {field}", "code": code} for field, code in errors]
        self.body = (
            json.dumps({"description": "Validation failed", "errors": told}).encode() if errors else b""
        )


@dataclass
class Freshdesk(Server):
    """`tickets` and `notes` are what it holds; `account` is how it is set up."""

    key: str = KEY
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    archived: dict[int, dict[str, Any]] = field(default_factory=dict)
    account: Account = field(default_factory=Account)
    per_minute: int = 10_000
    retry_after: str = "30"
    clock: Callable[[], float] = monotonic
    refused: int = 0  # how often somebody asked for more than the limit
    most_used: int = 0  # requests within any minute
    most_pages: int = MOST_PAGES
    may_edit: bool = True  # whether the key's agent may edit and delete notes
    has_archived_conversations: bool = True
    sla_delay: float = 1.0  # seconds after which due dates are filled in
    index_lag: float = 0.0  # seconds in which the list does not know a new ticket
    # What the list still says of a ticket whose change it has not heard of, by its number.
    lagging: dict[int, dict[str, Any]] = field(default_factory=dict)
    _used: list[float] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        limits: dict[str, str] = {}
        try:
            limits = self._count()
            self._check_caller(request)
            status, content, headers = self._route(request)
        except Wrong as wrong:
            return Answer(wrong.status, wrong.body, limits | wrong.headers)
        return Answer(status, b"" if status == 204 else json.dumps(content).encode(), limits | headers)

    def _count(self) -> dict[str, str]:
        """Invalid requests count too."""
        now = self.clock()
        self._used = [at for at in self._used if at > now - 60] + [now]
        self.most_used = max(self.most_used, len(self._used))
        left = self.per_minute - len(self._used)
        limits = {
            "X-RateLimit-Total": f"{self.per_minute:.1f}", "X-RateLimit-Remaining": f"{max(left, 0):.1f}",
            "X-RateLimit-Used-CurrentRequest": "1",
        }  # fmt: skip
        if left < 0:
            self.refused += 1
            raise Wrong(429, headers=limits | {"Retry-After": self.retry_after})
        return limits

    def _check_caller(self, request: Request) -> None:
        wanted = "Basic " + base64.b64encode(f"{self.key}:X".encode()).decode()
        if request.headers.get("Authorization") != wanted:
            raise Wrong(401)
        if request.headers.get("Accept", "*/*") not in ("application/json", "*/*"):
            raise Wrong(406)
        if request.body and request.headers.get("Content-Type") != "application/json":
            raise Wrong(415)

    def _route(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        routes: dict[str, dict[str, Callable[..., tuple[int, Any, dict[str, str]]]]] = {
            r"/api/v2/agents/me": {"GET": lambda request: (200, self.account.me(), {})},
            r"/api/v2/ticket_fields": {"GET": lambda request: (200, self.account.ticket_fields(), {})},
            r"/api/v2/groups": {"GET": self._groups},
            r"/api/v2/contacts": {"GET": self._contacts},
            r"/api/v2/tickets/archived/(\d+)": {"GET": self._show_archived},
            r"/api/v2/tickets/archived/(\d+)/conversations": {"GET": self._archived_conversations},
            r"/api/v2/tickets": {"GET": self._list, "POST": self._create},
            r"/api/v2/tickets/(\d+)": {"GET": self._show, "PUT": self._update},
            r"/api/v2/tickets/(\d+)/notes": {"POST": self._add_note},
            r"/api/v2/tickets/(\d+)/conversations": {"GET": self._conversations},
            r"/api/v2/conversations/(\d+)": {"PUT": self._edit_note, "DELETE": self._delete_note},
        }
        for pattern, methods in routes.items():
            if match := re.fullmatch(pattern, request.path):
                if request.method not in methods:
                    raise Wrong(405, headers={"Allow": ", ".join(methods)})
                held = self._held(pattern)
                if match.groups() and int(match[1]) not in held:
                    raise Wrong(404)
                return methods[request.method](request, *(int(number) for number in match.groups()))
        raise Wrong(404)

    # ---------- Tickets ----------

    def _create(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        body = _json(request)
        _check_types(body, TICKET_TYPES)
        if not body.get("email"):
            raise Wrong(400, ("requester_id", "missing_field"))
        self._check_values(body)
        number, now = 4001 + len(self.tickets) + len(self.archived), _now()
        ticket = {
            "id": number, "subject": None, "description": "", "status": 2, "priority": 1, "source": 2,
            "tags": [], "custom_fields": {}, "type": None, "group_id": None, **body,
            "requester_id": 900, "spam": False, "due_by": None, "fr_due_by": None,
            "created_at": now, "updated_at": now, "sentiment_score": None,
        }  # fmt: skip
        if missing := self.account.missing(ticket, "required_for_agents") or self._lacking(ticket):
            raise Wrong(400, *missing)
        self.tickets[number], self.notes[number] = ticket, []
        self.account.contacts.setdefault(body["email"], 900)
        return 201, dict(ticket), {"Location": f"{self.url}/api/v2/tickets/{number}"}

    def _check_values(self, body: dict[str, Any]) -> None:
        wrong = self.account.faults(body)
        if "email" in body and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", body["email"]):
            wrong.append(("email", "invalid_value"))
        if any(not isinstance(tag, str) or len(tag) > 32 for tag in body.get("tags", [])):
            wrong.append(("tags", "invalid_value"))
        if len(body.get("subject") or "") > 255:
            wrong.append(("subject", "invalid_value"))
        if wrong:
            raise Wrong(400, *wrong)

    def _lacking(self, ticket: dict[str, Any]) -> list[tuple[str, str]]:
        is_closing = ticket["status"] in (4, 5)
        return self.account.missing(ticket, "required_for_closure") if is_closing else []

    def _show(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        self._run_sla_engine()
        return 200, self.tickets[number], {}

    def _update(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        body = _json(request)
        _check_types(body, TICKET_TYPES)
        self._check_values(body)
        ticket = self.tickets[number]
        custom = {**ticket["custom_fields"], **body.get("custom_fields", {})}
        changed = {**ticket, **body, "custom_fields": custom, "updated_at": _now()}
        if "status" in body and (missing := self._lacking(changed)):
            raise Wrong(400, *missing)
        ticket |= changed
        return 200, ticket, {}

    def archive(self, number: int) -> None:
        """As the real one does 120 days after it was closed: it leaves the list and takes nothing more."""
        self.archived[number] = self.tickets.pop(number)

    def _show_archived(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        return 200, self.archived[number], {}

    def _archived_conversations(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        if not self.has_archived_conversations:
            raise Wrong(404)
        return self._conversations(request, number)

    def _list(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        asked = dict(parse_qsl(request.query))
        if unknown := set(asked) - LIST_PARAMETERS:
            raise Wrong(400, *((name, "invalid_field") for name in unknown))
        self._run_sla_engine()
        rows = [self.lagging.get(ticket["id"], ticket) for ticket in self.tickets.values()]
        rows = [ticket for ticket in rows if not ticket.get("deleted") and not ticket.get("spam")]
        rows = [ticket for ticket in rows if not self.index_lag or _age(ticket) >= self.index_lag]
        if "email" in asked:
            rows = [ticket for ticket in rows if ticket["email"] == asked["email"]]
            if not rows:  # the real one knows no contact of that address before its first ticket
                raise Wrong(400, ("email", "invalid_value"))
        if "updated_since" in asked:
            since = _instant(asked["updated_since"])
            rows = [ticket for ticket in rows if _instant(ticket["updated_at"]) >= since]
        if (order := asked.get("order_by", "created_at")) not in ("created_at", "updated_at"):
            raise Wrong(400, ("order_by", "invalid_value"))
        is_down = asked.get("order_type", "desc") == "desc"
        rows.sort(key=lambda ticket: (ticket[order], ticket["id"]), reverse=is_down)
        return self._page(request, asked, rows)

    def _run_sla_engine(self) -> None:
        """The real one fills the due dates in a second after the creation, and so changes `updated_at`."""
        for ticket in self.tickets.values():
            if ticket["due_by"] is None and _age(ticket) >= self.sla_delay:
                ticket |= {"due_by": _now(), "fr_due_by": _now(), "updated_at": _now()}

    # ---------- The account ----------

    def _groups(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        rows = [{"id": number, "name": name} for number, name in self.account.groups.items()]
        return self._page(request, dict(parse_qsl(request.query)), rows)

    def _contacts(self, request: Request) -> tuple[int, Any, dict[str, str]]:
        asked = dict(parse_qsl(request.query))
        found = [number for email, number in self.account.contacts.items() if email == asked.get("email")]
        return self._page(request, asked, [{"id": number, "email": asked["email"]} for number in found])

    # ---------- Notes ----------

    def _add_note(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        body = _json(request)
        _check_types(body, NOTE_TYPES)
        if not body.get("body"):
            raise Wrong(400, ("body", "missing_field"))
        count = sum(len(notes) for notes in self.notes.values())
        note = {
            "id": 7001 + count, "ticket_id": number, "body": body["body"], "body_text": _flat(body["body"]),
            "private": body.get("private", True), "incoming": False, "source": 2, "user_id": 901,
            "created_at": _now(), "updated_at": _now(),
        }  # fmt: skip
        self.notes[number].append(note)
        self.tickets[number]["updated_at"] = _now()
        return 201, note, {"Location": f"{self.url}/api/v2/conversations/{note['id']}"}

    def _held(self, pattern: str) -> Container[int]:
        """The numbers that an address may name."""
        if "v2/conversations" in pattern:
            return {note["id"] for notes in self.notes.values() for note in notes}
        return self.archived if "archived" in pattern else self.tickets

    def _edit_note(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        """Of conversations only notes can be edited."""
        body = _json(request)
        _check_types(body, {"body": str})
        note = self._note(number)
        if note["source"] != 2 or not self.may_edit:
            raise Wrong(400, ("body", "readonly_field"))
        note |= {"body": body["body"], "body_text": _flat(body["body"]), "updated_at": _now()}
        self.tickets[note["ticket_id"]]["updated_at"] = _now()
        return 200, note, {}

    def _delete_note(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        note = self._note(number)
        if not self.may_edit:
            raise Wrong(400, ("id", "inaccessible_field"))
        self.notes[note["ticket_id"]].remove(note)
        return 204, None, {}

    def _note(self, number: int) -> dict[str, Any]:
        return next(note for notes in self.notes.values() for note in notes if note["id"] == number)

    def _conversations(self, request: Request, number: int) -> tuple[int, Any, dict[str, str]]:
        return self._page(request, dict(parse_qsl(request.query)), self.notes[number])

    def _page(
        self, request: Request, asked: dict[str, str], rows: list[Any]
    ) -> tuple[int, Any, dict[str, str]]:
        size, page = int(asked.get("per_page", 30)), int(asked.get("page", 1))
        if not 1 <= size <= 100 or not 1 <= page <= self.most_pages:
            raise Wrong(400, ("page", "invalid_value"))
        shown, headers = rows[(page - 1) * size : page * size], {}
        if len(rows) > page * size:
            following = urlencode(asked | {"page": str(page + 1)})
            headers["Link"] = f'<{self.url}{request.path}?{following}>; rel="next"'
        return 200, shown, headers


def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Wrong(400, ("request", "invalid_json")) from None
    if not isinstance(body, dict):
        raise Wrong(400, ("request", "invalid_json"))
    return body


def _check_types(body: dict[str, Any], types: dict[str, Any]) -> None:
    wrong = [(name, "invalid_field") for name in body if name not in types]
    for name, kind in types.items():
        value = body.get(name)
        if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            wrong.append((name, "datatype_mismatch"))
    if wrong:
        raise Wrong(400, *wrong)


def _flat(html: str) -> str:
    """As the real one shows a body without its tags: blocks may run together."""
    text = re.sub(r"<[^>]+>", "", html)
    return (
        text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", '"')
        .replace("&#x27;", "'")
        .replace("&amp;", "&")
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _age(ticket: dict[str, Any]) -> float:
    """Seconds since it was made, which is told to the second."""
    return (datetime.now(UTC) - _instant(ticket["created_at"])).total_seconds()


def _instant(value: str) -> datetime:
    try:
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Wrong(400, ("updated_since", "invalid_value")) from None
