"""Virtual desktops: hosts, their health checks, and the sessions on them. No user is named."""

from collections.abc import Sequence
from datetime import datetime

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
    object_of,
    properties_of,
    short,
    text_of,
    time_of,
    when,
    word_of,
)
from sops.actions.outcomes import Finding

STATUSES = {
    "available": "Available", "unavailable": "Unavailable", "shutdown": "Shut down",
    "disconnected": "Disconnected", "upgrading": "Being upgraded", "upgradefailed": "Upgrade failed",
    "noheartbeat": "No heartbeat", "notjoinedtodomain": "Not joined to the domain",
    "domaintrustrelationshiplost": "Domain trust lost", "sxsstacklistenernotready": "Not ready for sessions",
    "fslogixnothealthy": "User profiles not healthy", "needsassistance": "Needs assistance",
}  # fmt: skip
# Not in use, and nothing is wrong: a scaling plan shuts hosts down.
RESTING = {"shutdown", "upgrading"}
ACTIVE, LEFT = "active", "disconnected"


def status_words(status: str) -> str:
    return STATUSES.get(status, f"In the state {clean(status)}" if status else "State not told")


def host_pool(hosts: Sequence[Json], is_whole: bool) -> Finding:
    """How many hosts are there for people to sign in to, and what is wrong with the others."""
    if not hosts:
        return Finding("The pool has no session host", is_bad=True, data={"hosts": 0, "available": 0})
    told = [(_name(host), object_of(host, "properties")) for host in hosts]
    good = [fields for _, fields in told if word_of(fields, "status") == "available"]
    draining = sum(fields.get("allowNewSession") is False for fields in good)
    ill = [
        f"{name} ({status_words(status).lower()})"
        for name, fields in told
        if (status := word_of(fields, "status")) not in {"available", *RESTING}
    ]
    words = [f"{len(good)} of {counted(len(told), 'host')} available"]
    words += [f"{draining} of them take no new sessions"] if draining else []
    words += [counted(sum(count_of(fields, "sessions") or 0 for _, fields in told), "session")]
    text = ", ".join(words) + (f". Not well: {listed(ill)}" if ill else "")
    return Finding(
        short(text + not_all(is_whole)), is_bad=bool(ill) or len(good) == draining or not is_whole,
        data={"hosts": len(told), "available": len(good), "draining": draining},
    )  # fmt: skip


def _name(host: Json) -> str:
    return last_part(text_of(host, "name")) or "one without a name"


def session_host(body: Json, now: datetime) -> Finding:
    """One host: its state, the health checks that failed, and whether people are put on it."""
    fields = properties_of(body)
    status, takes = word_of(fields, "status"), _takes_new_sessions(fields)
    if not status:
        raise missing("the state of the session host")
    failed = failed_checks(fields)
    sessions, beat = count_of(fields, "sessions"), time_of(fields, "lastHeartBeat")
    words = [status_words(status)]
    words += [f"failed {listed(failed)}"] if failed else []
    words += ["takes new sessions" if takes else "takes no new sessions"]
    words += [counted(sessions, "session")] if sessions is not None else []
    words += [f"heard of at {when(beat, now)}"] if beat else []
    return Finding(
        short(", ".join(words)), is_bad=status != "available" or bool(failed),
        data={"status": clean(status), "takes_new_sessions": takes, "failed_checks": failed},
    )  # fmt: skip


def _takes_new_sessions(fields: Json) -> bool:
    takes = fields.get("allowNewSession")
    if not isinstance(takes, bool):
        raise missing("saying whether the host takes new sessions")
    return takes


def failed_checks(fields: Json) -> list[str]:
    """The names of the health checks that failed; their texts are not read."""
    checks = list_of(fields, "sessionHostHealthCheckResults")
    return [
        clean(text_of(each, "healthCheckName")) or "a check without a name"
        for each in checks
        if word_of(each, "healthCheckResult") not in ("healthchecksucceeded", "")
    ]


def sessions(items: Sequence[Json], is_whole: bool, now: datetime) -> Finding:
    """How many are at work, and how many left without signing out."""
    states = [session_state(each) for each in items]
    active, left = states.count(ACTIVE), states.count(LEFT)
    other = len(states) - active - left
    words = f"{counted(len(states), 'session')}: {active} active, {left} disconnected"
    words += f", {other} in between" if other else ""
    began = [at for each in items if session_state(each) == LEFT and (at := session_began(each))]
    words += f". The oldest disconnected one began at {when(min(began), now)}" if began else ""
    return Finding(short(words + not_all(is_whole)), data={"active": active, "disconnected": left})


def session_state(item: Json) -> str:
    return word_of(object_of(item, "properties"), "sessionState")


def session_began(item: Json) -> datetime | None:
    return time_of(object_of(item, "properties"), "createTime")


def session_number(item: Json) -> str:
    """The last part of `pool/host/3`; empty when that is no number."""
    number = text_of(item, "name").rpartition("/")[2]
    return number if number.isascii() and number.isdigit() and len(number) <= 9 else ""
