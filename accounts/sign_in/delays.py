"""Slows down who guesses, without letting a stranger lock the desk out at 02:00.

Three counts, each with tries that are free and then a wait that doubles: of the account at devices where it
never signed in, of the account at its own device, and of the address. A stranger only makes strangers wait:
a device that the person has signed in at before has a count of its own, known by a signed cookie. A lead or
a service manager lets somebody in again. Names that exist and names that do not are counted alike.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Case, F, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import SignInDelay, User
from accounts.requests import client_of
from accounts.sign_in.sealing import digest

COOKIE = f"{settings.COOKIE_PREFIX}ooh_device"
COOKIE_DAYS = 180
MOST_PEOPLE = 12  # of one device
FORGOTTEN_AFTER = timedelta(hours=1)
KEPT = timedelta(days=1)  # then the row itself goes, with whatever name was made up


@dataclass(frozen=True)
class Limit:
    free: int
    first: timedelta
    most: timedelta

    def wait(self, failures: int) -> timedelta | None:
        """After so many failures; None while tries are free."""
        if failures < self.free:
            return None
        doubled: timedelta = self.first * 2 ** min(failures - self.free, 20)
        return min(doubled, self.most)


STRANGE = Limit(5, timedelta(seconds=30), timedelta(minutes=15))
OWN = Limit(8, timedelta(seconds=30), timedelta(minutes=5))
ADDRESS = Limit(40, timedelta(seconds=30), timedelta(minutes=15))


class Wait(Exception):
    """Not before `until`: nothing was looked at."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until


@dataclass(frozen=True)
class Try:
    """One try of one name from one device and address, counted before it is known how it ends."""

    account: str
    address: str
    limit: Limit

    @property
    def limits(self) -> dict[str, Limit]:
        return {self.account: self.limit, self.address: ADDRESS}


def begin(request: HttpRequest, name: str, person: User | None, *, step: str = "password") -> Try:
    """Count a try before the secret is looked at, so that a hundred at once are a hundred.

    Raises Wait, and counts nothing, while one of its counts has to wait. `person` is only noted: nothing
    here depends on whether there is one.
    """
    name = name.strip().lower()
    device = _device(request)
    is_own = digest("device", name) in device["people"]
    account = digest(f"delay.{step}", f"{name}|{device['id'] if is_own else ''}")
    made = Try(account, digest("delay.address", client_of(request)), OWN if is_own else STRANGE)
    now = timezone.now()
    with transaction.atomic():
        rows = _locked(made, person, now)
        late = [row.until for row in rows if row.until is not None and row.until > now]
        if not late:
            for row in rows:
                _count(row, made.limits[row.key], now)
    if late:
        raise Wait(max(late))
    return made


def succeed(made: Try) -> None:
    """The account starts anew; the address loses the one that was counted for this."""
    SignInDelay.objects.filter(key=made.account).update(failures=0, until=None)
    fewer = Case(When(failures__gt=0, then=F("failures") - 1), default=Value(0))
    SignInDelay.objects.filter(key=made.address).update(failures=fewer, until=None)
    forgotten = SignInDelay.objects.filter(last_failed_at__lt=timezone.now() - KEPT)
    forgotten._raw_delete(forgotten.db)


def forgive(person: User) -> bool:
    """Let somebody try again at once, at every device. Whether they had to wait."""
    rows = SignInDelay.objects.filter(person=person)
    had_to = rows.waiting(timezone.now()).exists()
    rows.update(failures=0, until=None)
    return had_to


def remember_device(request: HttpRequest, response: HttpResponse, person: User) -> None:
    """This person signed in here: strangers who guess elsewhere do not make them wait."""
    device = _device(request)
    own = digest("device", person.email.lower())
    device["people"] = [own, *(each for each in device["people"] if each != own)][:MOST_PEOPLE]
    response.set_cookie(
        COOKIE, signing.dumps(device, salt=COOKIE), max_age=COOKIE_DAYS * 86_400, httponly=True,
        secure=request.is_secure(), samesite="Lax",
    )  # fmt: skip


def _device(request: HttpRequest) -> dict[str, Any]:
    try:
        kept = request.COOKIES[COOKIE]
        known: dict[str, Any] = signing.loads(kept, salt=COOKIE, max_age=COOKIE_DAYS * 86_400)
    except (KeyError, signing.BadSignature):
        return {"id": secrets.token_hex(16), "people": []}
    return known


def _locked(made: Try, person: User | None, now: datetime) -> list[SignInDelay]:
    new = [
        SignInDelay(key=made.account, person=person, last_failed_at=now),
        SignInDelay(key=made.address, last_failed_at=now),
    ]
    SignInDelay.objects.bulk_create(new, ignore_conflicts=True)
    return list(SignInDelay.objects.select_for_update().filter(key__in=made.limits).order_by("key"))


def _count(row: SignInDelay, limit: Limit, now: datetime) -> None:
    failures = 1 if row.last_failed_at < now - FORGOTTEN_AFTER else row.failures + 1
    wait = limit.wait(failures)
    SignInDelay.objects.filter(pk=row.pk).update(
        failures=failures, last_failed_at=now, until=now + wait if wait else None
    )
