"""How long a session lasts: locked after half an hour without a person, ended after twelve hours.

The marks lie in the session, which only the server writes. A page that reads itself again is no person.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from accounts.sign_in import events, factors

MOST = timedelta(hours=12)  # a shift
NOTED_EVERY = timedelta(minutes=1)
PROVED_FOR = timedelta(minutes=10)
WARNED_BEFORE = timedelta(minutes=2)
BACKEND = "accounts.backends.RoleBackend"
BEGAN, ACTIVE, PROVED, LOCKED, FACTOR = (
    "session_began", "session_active", "session_proved", "session_locked", "session_factor",
)  # fmt: skip
PROVIDER = "provider"


class State(Enum):
    OPEN = "open"
    LOCKED = "locked"
    ENDED = "ended"


# ---------- Pure ----------


def state_at(
    at: datetime,
    marks: Mapping[str, Any],
    *,
    idle: timedelta,
    sessions_from: datetime | None,
    needs_factor: bool,
) -> State:
    """What a session with these marks is at `at`. One without marks, or without its factor, has ended.

    >>> from datetime import UTC
    >>> began = {BEGAN: "2026-11-22T02:00:00+00:00", ACTIVE: "2026-11-22T02:00:00+00:00"}
    >>> rules = {"idle": timedelta(minutes=30), "sessions_from": None, "needs_factor": False}
    >>> state_at(datetime(2026, 11, 22, 2, 30, tzinfo=UTC), began, **rules)
    <State.LOCKED: 'locked'>
    """
    began, active = _read(marks.get(BEGAN)), _read(marks.get(ACTIVE))
    if began is None or active is None or at >= began + MOST:
        return State.ENDED
    if sessions_from is not None and began < sessions_from:
        return State.ENDED
    if needs_factor and not marks.get(FACTOR):
        return State.ENDED
    return State.LOCKED if marks.get(LOCKED) or at >= active + idle else State.OPEN


def _read(mark: Any) -> datetime | None:
    return datetime.fromisoformat(mark) if isinstance(mark, str) else None


# ---------- Of a request ----------


def idle() -> timedelta:
    return timedelta(minutes=settings.IDLE_LOCK_MINUTES)


def state(request: HttpRequest, person: User) -> State:
    """As it is now; one that has lain idle is locked from here on, whatever comes later."""
    found = state_at(
        timezone.now(), request.session, idle=idle(), sessions_from=person.sessions_from,
        needs_factor=factors.are_required(),
    )  # fmt: skip
    if found is State.LOCKED and not request.session.get(LOCKED):
        request.session[LOCKED] = True
    return found


def begin(request: HttpRequest, person: User, *, factor: str) -> None:
    """Sign in, with a session of its own key. `factor` is what was proved besides the password."""
    login(request, person, backend=BACKEND)
    request.session[FACTOR] = factor
    request.session[PROVED] = timezone.now().isoformat()


def mark(sender: type[AbstractBaseUser], request: HttpRequest, user: Any, **kwargs: Any) -> None:
    """Each session begins here, by whatever way: Django's `user_logged_in`."""
    now = timezone.now().isoformat()
    request.session[BEGAN] = request.session[ACTIVE] = now
    for name in (LOCKED, PROVED, FACTOR):
        request.session.pop(name, None)


def touch(request: HttpRequest) -> None:
    """A person did something. Written once a minute."""
    active, now = _read(request.session.get(ACTIVE)), timezone.now()
    if active is None or now - active >= NOTED_EVERY or now < active:
        request.session[ACTIVE] = now.isoformat()


def seconds_left(request: HttpRequest) -> int:
    """Until the session locks or ends, whichever comes first."""
    began, active = _read(request.session.get(BEGAN)), _read(request.session.get(ACTIVE))
    if began is None or active is None or request.session.get(LOCKED):
        return 0
    return max(0, int((min(active + idle(), began + MOST) - timezone.now()).total_seconds()))


def lock(request: HttpRequest) -> None:
    request.session[LOCKED] = True


def unlock(request: HttpRequest, person: User) -> None:
    """The person proved again who they are."""
    was_locked = request.session.pop(LOCKED, None)
    now = timezone.now().isoformat()
    request.session[ACTIVE] = request.session[PROVED] = now
    if was_locked:
        events.record(events.Kind.UNLOCKED, person)


def is_proved(request: HttpRequest) -> bool:
    """Whether the person proved who they are in the last ten minutes."""
    proved = _read(request.session.get(PROVED))
    return proved is not None and timezone.now() - proved < PROVED_FOR


def end_others(request: HttpRequest, person: User) -> None:
    """All sessions of this person but this one."""
    now = timezone.now()
    person.sessions_from = now
    person.save(update_fields=["sessions_from"])
    request.session[BEGAN] = now.isoformat()
    events.record(events.Kind.SESSIONS_ENDED, person)
