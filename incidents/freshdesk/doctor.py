"""Whether Freshdesk would take what the desk sends, and what to configure where not. It only reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from incidents.freshdesk import budget, delivery, fields
from incidents.freshdesk.account import Field, read_fields
from incidents.freshdesk.client import Client, NotThere, connect
from incidents.models import RateBudget
from incidents.outbox.registry import CannotDeliver, RetryLater

SCOPES = {"2": "only the tickets of its groups", "3": "only the tickets that it is given"}
# Requests a minute in all, and what such a plan allows of each kind (API v2, rate limits).
PLANS = {
    200: {"create": 80, "update": 80, "list": 20}, 400: {"create": 160, "update": 160, "list": 100},
    700: {"create": 280, "update": 280, "list": 200},
}  # fmt: skip
# The desk fills in these of each new ticket itself.
FILLED = {"email", "subject", "description", "status", "priority", "source"}


@dataclass(frozen=True)
class Line:
    """One thing that was looked at: how it stands, and what to do about it."""

    words: str
    is_wrong: bool = False


def examine() -> Iterator[Line]:
    """The settings, the address and the key, then all that a ticket needs over there."""
    if not delivery.is_configured():
        yield Line("Set FRESHDESK_URL and FRESHDESK_API_KEY. Until then tickets wait here", is_wrong=True)
        return
    if mistakes := list(fields.mistakes()):
        yield from (Line(f"Settings: {mistake}", is_wrong=True) for mistake in mistakes)
        return
    with connect() as client:
        try:
            yield from _key(client)
        except NotThere:
            yield Line(f"Address: {delivery.WRONG_ADDRESS}", is_wrong=True)
            return
        except (CannotDeliver, RetryLater) as trouble:
            yield Line(f"Address and key: {trouble}", is_wrong=True)
            return
        for part in (_requests, _requester, _fields):
            try:
                yield from part(client)
            except (CannotDeliver, RetryLater) as trouble:
                yield Line(f"{PARTS[part]}: they cannot be read. {trouble}", is_wrong=True)


def _key(client: Client) -> Iterator[Line]:
    me = client.get("/agents/me")
    if not isinstance(me, dict) or "id" not in me:
        yield Line(f"Address: {settings.FRESHDESK_URL} answers, but not as a Freshdesk", is_wrong=True)
        return
    name = (me.get("contact") or {}).get("name") or "without a name"
    yield Line(f"Address: {settings.FRESHDESK_URL}")
    yield Line(f"Key: it is the agent {name} ({me['id']}), whose name each note of ours bears")
    if sees := SCOPES.get(str(me.get("ticket_scope"))):
        yield Line(f"Agent: it sees {sees}. Give it global access", is_wrong=True)


def _requests(client: Client) -> Iterator[Line]:
    row = RateBudget.objects.filter(name=budget.NAME).first()
    if row is None or row.remaining == budget.UNKNOWN:
        return
    yield Line(
        f"Requests: {row.total} a minute for the account, of which the desk uses {budget.share(row.total)}"
    )
    allowed, ours = PLANS.get(row.total, {}), settings.FRESHDESK_PER_MINUTE
    if any(ours[kind] > most for kind, most in allowed.items()):
        told = ", ".join(f'"{kind}": {most}' for kind, most in allowed.items())
        yield Line(f"Requests: the plan allows less. Set FRESHDESK_PER_MINUTE={{{told}}}", is_wrong=True)


def _requester(client: Client) -> Iterator[Line]:
    email = settings.FRESHDESK_REQUESTER_EMAIL
    if client.get("/contacts", email=email):
        yield Line(f"Requester: {email} is a contact")
    else:
        yield Line(f"Requester: {email} is no contact yet. The first ticket makes it one")


def _fields(client: Client) -> Iterator[Line]:
    known = read_fields(client.get("/ticket_fields"))
    if not known:
        yield Line(
            "Fields: Freshdesk names none. Give the key's agent an administrator's role", is_wrong=True
        )
        return
    groups = {int(group["id"]) for group in client.pages("/groups") if isinstance(group, dict)}
    yield from _reference(known)
    yield from _statuses(known)
    yield from _configured("FRESHDESK_TICKET_FIELDS", known, groups)
    yield from _configured("FRESHDESK_CLOSING_FIELDS", known, groups)
    yield from _required(known)


def _reference(known: Mapping[str, Field]) -> Iterator[Line]:
    name = settings.FRESHDESK_REFERENCE_FIELD
    if not name:
        yield Line("Our key: in the tag alone, since FRESHDESK_REFERENCE_FIELD is empty")
    elif name not in known:
        words = f"Our key: there is no field {name}. Make it, a single line of text, or unset"
        yield Line(f"{words} FRESHDESK_REFERENCE_FIELD", is_wrong=True)
    elif known[name].type != "custom_text":
        words = f"Our key: the field {known[name]} is a {known[name].type}. Make it a single line of text"
        yield Line(words, is_wrong=True)
    else:
        yield Line(f"Our key: the field {known[name]}")


def _statuses(known: Mapping[str, Field]) -> Iterator[Line]:
    there = known["status"].choices if "status" in known else frozenset()
    for name, number in settings.FRESHDESK_STATUSES.items():
        if there and number not in there:
            numbers = ", ".join(str(each) for each in sorted(there))
            words = f"Status: {name} is {number}, and the account has {numbers}. Correct FRESHDESK_STATUSES"
            yield Line(words, is_wrong=True)
    if there >= set(settings.FRESHDESK_STATUSES.values()):
        yield Line("Statuses: each of FRESHDESK_STATUSES is there")


def _configured(setting: str, known: Mapping[str, Field], groups: set[int]) -> Iterator[Line]:
    """Each field that we would send: that it is there, and takes each value that it may be sent."""
    for name, template in _flat(getattr(settings, setting)):
        field = known.get(name)
        if name == "tags":
            yield Line(f"Tags: {', '.join(template)}, besides ours")
        elif field is None:
            yield Line(
                f"{setting}: there is no field {name}. Make it there, or remove it here", is_wrong=True
            )
        elif name == "group_id" and template not in groups:
            told = ", ".join(str(group) for group in sorted(groups)) or "none"
            yield Line(f"{setting}: there is no group {template}. There are {told}", is_wrong=True)
        elif refusal := field.refusal(template):
            remedy = "Add it there, or map it in FRESHDESK_CHOICES" if field.choices else "Correct it"
            yield Line(f"{setting}: {field} {refusal}. {remedy}", is_wrong=True)
        else:
            yield Line(f"{setting}: {field} takes {template}")


def _required(known: Mapping[str, Field]) -> Iterator[Line]:
    """What the account demands of a new ticket, and of one that is closed, is sent."""
    made = {name for name, _ in _flat(settings.FRESHDESK_TICKET_FIELDS)} | FILLED
    made |= {settings.FRESHDESK_REFERENCE_FIELD}
    closed = made | {name for name, _ in _flat(settings.FRESHDESK_CLOSING_FIELDS)}
    wrong = []
    for field in known.values():
        if field.required_for_agents and field.name not in made:
            wrong.append(f"Required of a new ticket: {field}. Set it in FRESHDESK_TICKET_FIELDS")
        if field.required_for_closure and field.name not in closed:
            wrong.append(f"Required to close: {field}. Set it in FRESHDESK_CLOSING_FIELDS")
    yield from (Line(words, is_wrong=True) for words in wrong)
    if not wrong:
        yield Line("Required: the desk sends all that a new ticket and one that is closed need")


def _flat(configured: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in configured.items():
        yield from value.items() if name == "custom_fields" else [(name, value)]


PARTS: dict[Callable[[Client], Iterator[Line]], str] = {
    _requests: "Requests", _requester: "Requester", _fields: "Fields"
}  # fmt: skip
