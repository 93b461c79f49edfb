"""What every reader of alerts shares: the alert, the refusal, and the strict reading of single fields."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NoReturn, TypeAlias
from urllib.parse import urlsplit

State: TypeAlias = Literal["fired", "resolved"]
Json: TypeAlias = Mapping[str, object]

MAX_ALERTS = 200
MAX_TITLE = 200
MAX_SUMMARY = 2_000
MAX_REASON = 500
MAX_WORD = 200
MAX_KEY = 255
MAX_TARGETS = 50
MAX_TARGET = 500
MAX_LABELS = 30
MAX_LABEL_NAME = 60

END_OF_AN_ALERT = "It reports the end of an alert: it joins the proposal of its firing and opens none."

# NUL and lone surrogates cannot be stored; other controls and direction overrides only mislead a reader.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]{8}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?")
_LATEST_EPOCH = 4_102_444_800  # 2100-01-01: beyond it the number is not seconds


class NotUnderstood(Exception):
    """A payload that is refused: `reason` says in words what is wrong and what to do, `field` names where."""

    def __init__(self, reason: str, field: str = "") -> None:
        super().__init__(reason)
        self.reason, self.field = reason, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as the service sees it; every string is capped and fit to be stored.

    `dedup_key` is the same for a firing and its resolution. Azure and Alertmanager make a new key for each
    outage; Pingdom and UptimeRobot only name their check, so there the key returns with the next outage:
    the same key with another `fired_at`, while no proposal of that key is open, is a new outage.
    `proposes` is False for every resolution. `pages` implies `proposes`. `reason` says why either is False,
    and what else a person should know.
    """

    source: str
    dedup_key: str
    state: State
    title: str
    summary: str
    severity: str
    pages: bool
    proposes: bool
    reason: str
    fired_at: datetime | None
    resolved_at: datetime | None
    targets: tuple[str, ...]
    monitor: str
    labels: dict[str, str] = field(hash=False)


def alert(
    *,
    source: str,
    key: str,
    state: State,
    title: str,
    summary: str = "",
    severity: str = "",
    never: str = "",
    quiet: str = "",
    note: str = "",
    fired_at: datetime | None,
    resolved_at: datetime | None = None,
    targets: Iterable[str] = (),
    monitor: str,
    labels: Iterable[tuple[str, object]] = (),
) -> Alert:
    """Build an alert within the caps; `never` says why it opens no proposal, `quiet` why it wakes nobody."""
    ended = END_OF_AN_ALERT if state == "resolved" else ""
    proposes = not (never or ended)
    return Alert(
        source=source,
        dedup_key=capped_key(key),
        state=state,
        title=one_line(title, MAX_TITLE),
        summary=capped(summary.strip() or title, MAX_SUMMARY),
        severity=one_line(severity, MAX_WORD),
        pages=proposes and not quiet,
        proposes=proposes,
        reason=one_line(f"{never or ended or quiet} {note}", MAX_REASON),
        fired_at=fired_at,
        resolved_at=resolved_at if state == "resolved" else None,
        targets=distinct(targets),
        monitor=one_line(monitor, MAX_WORD),
        labels=flat_labels(labels),
    )


def clean(value: str) -> str:
    """Text that a database can store: no NUL or other control character, no lone surrogate."""
    return _SURROGATE.sub("\ufffd", _UNWANTED.sub("", value.replace("\r\n", "\n")))


def capped(value: str, length: int) -> str:
    return value if len(value) <= length else value[: length - 1].rstrip() + "…"


def one_line(value: str, length: int) -> str:
    return capped(" ".join(value.split()), length)


def capped_key(value: str) -> str:
    """A key keeps its identity when it is too long: the end of it becomes a digest of the whole."""
    if len(value) <= MAX_KEY:
        return value
    return f"{value[: MAX_KEY - 65]}#{hashlib.sha256(value.encode()).hexdigest()}"


def distinct(targets: Iterable[str]) -> tuple[str, ...]:
    """Lower-cased targets, each once, in their order: Azure's resource ids and hosts ignore case."""
    names = dict.fromkeys(one_line(target.lower(), MAX_TARGET) for target in targets)
    return tuple(name for name in names if name)[:MAX_TARGETS]


def flat_labels(pairs: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The first labels that hold one plain value; nested and empty ones are left out."""
    labels: dict[str, str] = {}
    for name, value in pairs:
        label, words = one_line(clean(name), MAX_LABEL_NAME), one_line(word(value), MAX_WORD)
        if label and words and len(labels) < MAX_LABELS:
            labels.setdefault(label, words)
    return labels


def word(value: object) -> str:
    """One plain value as text; nothing for a list, an object or a number of absurd size."""
    if isinstance(value, str):
        return clean(value).strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float) and abs(value) < 10**15:
        return str(value) if isinstance(value, int) else f"{value:.6g}"
    return ""


def loose(value: object) -> Json:
    """An object inside the part of a payload that only adds words: anything else counts as empty."""
    return value if isinstance(value, dict) else {}


def refuse(field: str, problem: str, remedy: str) -> NoReturn:
    raise NotUnderstood(f"{field} {problem}: {remedy}.", field)


def part(values: Json, name: str, where: str = "") -> Json:
    """A required object inside the payload."""
    value = values.get(name)
    if value is None:
        refuse(where + name, "is missing", "send the whole alert as the monitoring service builds it")
    if not isinstance(value, dict):
        refuse(where + name, "is not an object", "send the alert as the monitoring service builds it")
    return value


def text(values: Json, name: str, where: str = "") -> str:
    """An optional text: missing and null are empty, another type is refused."""
    value = values.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        refuse(where + name, "is not text", "send it as a string in quotation marks")
    return clean(value).strip()


def required_text(values: Json, name: str, where: str, remedy: str) -> str:
    return text(values, name, where) or refuse(where + name, "is missing", remedy)


def identity(values: Json, name: str, where: str, remedy: str) -> str:
    """A required identity that may come as a number or as text."""
    value = values.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return word(value) or refuse(where + name, "is too large", remedy)
    return required_text(values, name, where, remedy)


def choice(values: Json, name: str, where: str, states: Mapping[str, State]) -> State:
    """A required word that says whether the alert began or ended, in any case."""
    expected = f"send one of {', '.join(states)}"
    found = {known.lower(): state for known, state in states.items()}
    given = identity(values, name, where, expected).lower()
    return found.get(given) or refuse(where + name, "is not a state that we know", expected)


def texts(values: Json, name: str, where: str = "") -> list[str]:
    """An optional list of texts: missing and null are empty, and so is such an item left out."""
    value = values.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        refuse(where + name, "is not a list", "send a list of strings")
    items: dict[str, object] = {f"{name}[{index}]": item for index, item in enumerate(value)}
    return [found for item in items if (found := text(items, item, where))]


def moment(values: Json, name: str, where: str = "") -> datetime | None:
    """An optional time in UTC; Go's zero time, `0001-01-01T00:00:00Z`, means none."""
    given = text(values, name, where)
    try:
        return parse_moment(given) if given else None
    except (ValueError, OverflowError):
        refuse(where + name, "is not a time", "send it in ISO 8601 with its zone, as 2026-03-01T02:15:00Z")


def required_moment(values: Json, name: str, where: str = "") -> datetime:
    return moment(values, name, where) or refuse(
        where + name, "is missing", "send the time in ISO 8601 with its zone, as 2026-03-01T02:15:00Z"
    )


def parse_moment(value: str) -> datetime | None:
    """ISO 8601 to the nanosecond, or Azure's log form `3/22/2019 1:36:31 PM`; UTC where no zone is given."""
    if _ISO.fullmatch(value):
        parsed = datetime.fromisoformat(value)
    else:
        parsed = datetime.strptime(value, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=UTC)
    if parsed.year == 1:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def has_zone(value: str) -> bool:
    match = _ISO.fullmatch(value)
    return bool(match and match.group(2))


def from_epoch(seconds: int) -> datetime | None:
    """Seconds since 1970 as a time in UTC, or None where the number cannot be such seconds."""
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LATEST_EPOCH else None


def host(address: str) -> str:
    """Only the host of an address: a monitored address may carry a password or a token."""
    try:
        return urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""


Reader: TypeAlias = Callable[[Json], list[Alert]]
