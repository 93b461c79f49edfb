"""Databases and their copies, queues, and when what a vault holds expires, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from incidents.local_time import format_date, local
from sops.actions.azure.reading import (
    Json,
    clean,
    count_of,
    counted,
    last_part,
    list_of,
    listed,
    missing,
    not_all,
    number_of,
    object_of,
    properties_of,
    short,
    text_of,
    word_of,
)
from sops.actions.azure.resource_ids import parse
from sops.actions.outcomes import Finding, Refused
from sops.actions.parameters import Expiry, Queue

# ---------- Databases ----------


def database(body: Json) -> Finding:
    status = text_of(properties_of(body), "status")
    if not status:
        raise missing("the state of the database")
    place = clean(text_of(body, "location"))
    words = clean(status) + (f" in {place}" if place else "")
    return Finding(words, is_bad=status.lower() != "online", data={"status": clean(status)})


Role = Literal["primary", "secondary"]
UP_TO_DATE = "catch_up"
_STATES = {
    UP_TO_DATE: "is up to date", "seeding": "is still being filled", "pending": "waits to be filled",
    "suspended": "is not kept up to date",
}  # fmt: skip


@dataclass(frozen=True)
class FailoverGroup:
    """One side of a failover group, and the server of its other side."""

    role: Role
    state: str
    place: str
    partner_id: str
    partner_place: str

    @property
    def is_up_to_date(self) -> bool:
        return self.state == UP_TO_DATE

    @property
    def state_words(self) -> str:
        return _STATES.get(self.state, "is in a state that this desk does not know")


def failover_group(body: Json) -> FailoverGroup:
    """Raises Failed when a role, a state or the one partner is missing: nothing is guessed of a failover."""
    fields = properties_of(body)
    role, partners = word_of(fields, "replicationRole"), list_of(fields, "partnerServers")
    if role not in ("primary", "secondary"):
        raise missing("the role of the server")
    if not word_of(fields, "replicationState"):
        raise missing("how far the copy is")
    if len(partners) != 1 or not text_of(partners[0], "id"):
        raise missing("exactly one partner server")
    return FailoverGroup(
        "primary" if role == "primary" else "secondary",
        word_of(fields, "replicationState"), clean(text_of(body, "location")),
        text_of(partners[0], "id"), clean(text_of(partners[0], "location")),
    )  # fmt: skip


def failover_group_state(body: Json, server: str) -> Finding:
    """Which server is the primary, and how far the copy is. `server` is the registered one."""
    group = failover_group(body)
    here, there = (server, group.place), (_server_of(group.partner_id), group.partner_place)
    primary, copy = (here, there) if group.role == "primary" else (there, here)
    words = f"Primary is {_placed(*primary)}. The copy, {_placed(*copy)}, {group.state_words}"
    return Finding(short(words), is_bad=not group.is_up_to_date, data={"primary": primary[0]})


def _server_of(resource_id: str) -> str:
    try:
        return parse(resource_id).name
    except Refused:
        return last_part(resource_id)


def _placed(server: str, place: str) -> str:
    return f"{server} in {place}" if place else server


# ---------- Queues ----------


def queue(body: Json, limits: Queue) -> Finding:
    """How many messages wait, and how many were set aside.

    Where Azure gives no details, the sum is told. Dead letters that nobody counted are not called none.
    """
    fields = properties_of(body)
    details = object_of(fields, "countDetails")
    waiting, dead = count_of(details, "activeMessageCount"), count_of(details, "deadLetterMessageCount")
    if waiting is None:
        waiting = count_of(fields, "messageCount")
    if waiting is None:
        raise missing("the number of messages")
    status = word_of(fields, "status")
    told = [
        f"{counted(waiting, 'message waits', 'messages wait')}",
        counted(dead, "dead letter") if dead is not None else "dead letters not told",
        "none was opened",
    ]
    if is_stopped := status not in ("", "active"):
        told.insert(0, f"The queue is {clean(status)}")
    too_many = waiting > limits.most_messages or dead is None or dead > limits.most_dead_letters
    data = {"messages": waiting, "dead_letters": dead}
    return Finding(", ".join(told), is_bad=is_stopped or too_many, data=data)


# ---------- Vaults ----------


def secret(body: Json, limits: Expiry, now: datetime) -> Finding:
    """When one secret or certificate expires. Azure counts in seconds since 1970."""
    attributes = object_of(properties_of(body), "attributes")
    if not attributes:
        raise missing("when the secret expires")
    if attributes.get("enabled") is False:
        return Finding("It is disabled", is_bad=True)
    at = _expires(attributes)
    if at is None:
        return Finding("It does not expire")
    left = (at - now).days
    return Finding(_expiry_words(at, now), is_bad=left < limits.warn_days, data={"days": left})


def vault(secrets: Sequence[Json], is_whole: bool, limits: Expiry, now: datetime) -> Finding:
    """What of a vault expires next, and what has. What is disabled or has no end is left out."""
    ends: list[tuple[datetime, str]] = []
    for each in secrets:
        attributes = object_of(object_of(each, "properties"), "attributes")
        at = None if attributes.get("enabled") is False else _expires(attributes)
        if at is not None:
            ends.append((at, last_part(text_of(each, "name")) or "one without a name"))
    if not ends:
        return Finding("Nothing in it expires" + not_all(is_whole), is_bad=not is_whole)
    ends.sort()
    soon = [name for at, name in ends if (at - now).days < limits.warn_days]
    at, name = ends[0]
    words = f"{name}: {_expiry_words(at, now)}" if not soon[1:] else _soon_words(soon, limits)
    return Finding(
        short(words + not_all(is_whole)), is_bad=bool(soon) or not is_whole,
        data={"days": (at - now).days, "soon": len(soon)},
    )  # fmt: skip


def _soon_words(names: Sequence[str], limits: Expiry) -> str:
    return f"{len(names)} have expired or do within {limits.warn_days} days: {listed(names)}"


def _expires(attributes: Json) -> datetime | None:
    """The end, None for none. Raises Failed for a number that is no time."""
    seconds = number_of(attributes, "exp")
    if seconds is None:
        if attributes.get("exp") is not None:
            raise missing("a time that can be read")
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        raise missing("a time that can be read") from None


def _expiry_words(at: datetime, now: datetime) -> str:
    left, there = (at - now).days, local(at)
    day = f"{format_date(there)}, {there:%H:%M} {there.tzname()}"
    return f"Expired on {day}" if at <= now else f"Expires on {day}, in {counted(left, 'day')}"
