"""The audit trail's rows in their chain: who did it and from where is said before each is sealed."""

import os
import pwd
from functools import cache
from typing import Any

from auditlog.context import auditlog_value
from auditlog.models import LogEntry

from accounts.audit import source
from accounts.chain import sealing
from accounts.models import User


def stamp(entry: LogEntry) -> None:
    """Say who, of which side and from where, then seal it. Before each audit row is written.

    Auditlog names the actor by a handler of its own that may come after: the seal has to hold the name.
    """
    actor = (auditlog_value.get(None) or {}).get("actor")
    if entry.actor_id is None and isinstance(actor, User):
        entry.actor, entry.actor_email = actor, actor.email
    said = _said(entry) | {"source": source()}
    if entry.actor is not None:
        said |= {"side": entry.actor.side, "organisation": str(entry.actor.organisation or "")}
    if source() == "command":
        said["operator"] = _operator()  # whoever has a shell may name another as the actor
    entry.additional_data = said
    entry.additional_data = sealed(entry, sealing.seal(CHAIN.name, content(entry)))["additional_data"]


@cache
def _operator() -> str:
    """Who runs this program, as the machine knows them."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container the number often has no name
        return str(os.getuid())


def stamp_before_saving(sender: type[LogEntry], instance: LogEntry, **kwargs: Any) -> None:
    stamp(instance)


def content(entry: LogEntry) -> dict[str, Any]:
    """All that an audit row says; its seal lies in its `additional_data`."""
    return sealing.columns(entry) | {"additional_data": _said(entry)}


def seal_of(entry: LogEntry) -> str:
    said = entry.additional_data
    return str(said.get("seal", "")) if isinstance(said, dict) else ""


def sealed(entry: LogEntry, made: str) -> dict[str, Any]:
    said = entry.additional_data
    return {"additional_data": (said if isinstance(said, dict) else {}) | {"seal": made}}


def _said(entry: LogEntry) -> dict[str, Any]:
    said = entry.additional_data
    if said is not None and not isinstance(said, dict):
        return {"not ours": said}
    return {name: value for name, value in (said or {}).items() if name != "seal"}


CHAIN = sealing.Chain("audit", LogEntry, content, seal_of, sealed)
