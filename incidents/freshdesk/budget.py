"""One rate budget for the account: asked before each request, told by the headers of each answer.

Contract: `X-RateLimit-Total` and `-Remaining` are decimal strings for the whole account and minute; nothing
says when the minute ends. Our count and theirs are one row that all workers share, changed by conditional
UPDATEs: no lock is held, and no two workers take the same request. Not by save(): the audit trail is for what
people and the desk do, and each request would fill it with a count.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Least
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.utils import timezone

from incidents.models import RateBudget
from incidents.outbox.registry import RetryLater

NAME = "freshdesk"
MINUTE = timedelta(seconds=60)
UNKNOWN = -1  # remaining, while the first request of a minute has no answer yet
USED = "Our share of what Freshdesk answers in a minute is used"
UNHEARD = "Freshdesk has not answered the first request of this minute yet"
# What a plan limits besides all requests together, and what the page says when it is used.
KINDS = {
    "create": "Our share of the tickets that Freshdesk takes in a minute is used",
    "update": "Our share of the changes that Freshdesk takes in a minute is used",
    "list": "Our share of the lists that Freshdesk gives in a minute is used",
}


@dataclass(frozen=True)
class Permit:
    """One request may be sent. The first of a minute, which finds out how much is left, names its end."""

    first_until: datetime | None = None


def take(kind: str = "", cost: int = 1, *, leaves: int = 0) -> Permit:
    """Take one request out of our share, before it is sent.

    The agents keep `FRESHDESK_AGENTS_SHARE` percent, and `leaves` percent more are left to what is more
    urgent than the caller. Raises RetryLater with the time until there is more, for everything that goes to
    Freshdesk. After a minute nobody knows what is left: then one request goes alone, and its answer tells.
    """
    now = timezone.now()
    if kind:
        _space(kind, now)
    kept = F("total") * settings.FRESHDESK_AGENTS_SHARE + cost * 100
    has_left = GreaterThanOrEqual(F("remaining") * 100, kept + F("total") * leaves)
    is_last = LessThan(F("remaining") * 100, kept + 100)
    later = now + MINUTE + timedelta(seconds=settings.FRESHDESK_TIMEOUT)
    if (
        _row()
        .filter(has_left, resets_at__gt=now)
        .update(
            remaining=F("remaining") - cost, resets_at=Case(When(is_last, then=later), default=F("resets_at"))
        )
    ):
        return Permit()
    until = now + timedelta(seconds=settings.FRESHDESK_TIMEOUT)
    if _row().filter(resets_at__lte=now).update(remaining=UNKNOWN, resets_at=until):
        return Permit(until)
    first = {"total": settings.FRESHDESK_PER_MINUTE["all"], "remaining": UNKNOWN, "resets_at": until}
    row, is_new = RateBudget.objects.get_or_create(name=NAME, defaults=first)
    if is_new:
        return Permit(until)
    after = (row.resets_at - now).total_seconds()
    if row.remaining == UNKNOWN:
        raise RetryLater(UNHEARD, min(after, 1.0), for_all=True)
    raise RetryLater(USED, after, for_all=True)


def learn(permit: Permit, headers: Mapping[str, str], *, is_data: bool = True) -> None:
    """What an answer's headers say: never more than we count ourselves, for others are still on their way.

    Only the first answer of a minute raises the count. Where data come without the headers, the plan's limit
    holds; what is no data may come from a proxy before Freshdesk, and tells nothing.
    """
    now, told = timezone.now(), _told(headers)
    if permit.first_until:
        if not told and not is_data:
            return
        total, remaining = told or (settings.FRESHDESK_PER_MINUTE["all"], _all_but_one())
        first = _row().filter(remaining=UNKNOWN, resets_at=permit.first_until)
        first.update(total=total, remaining=remaining, resets_at=now + MINUTE)
    elif told:
        total, remaining = told
        differing = _row().filter(remaining__gt=remaining)
        differing.update(total=total, remaining=Least(F("remaining"), remaining))
        if remaining * 100 < total * settings.FRESHDESK_AGENTS_SHARE + 100:
            _row().filter(remaining__gte=0, resets_at__lt=now + MINUTE).update(resets_at=now + MINUTE)


def stop(seconds: float) -> None:
    """Freshdesk asked us to wait (429): nobody asks it anything for so long."""
    until = timezone.now() + timedelta(seconds=seconds)
    if not _row().update(remaining=0, resets_at=until):
        total = settings.FRESHDESK_PER_MINUTE["all"]
        RateBudget.objects.get_or_create(
            name=NAME, defaults={"total": total, "remaining": 0, "resets_at": until}
        )


def give_back(permit: Permit) -> None:
    """It was not sent, for nobody answers there: the next may find out how much is left."""
    if permit.first_until:
        _row().filter(remaining=UNKNOWN, resets_at=permit.first_until).update(resets_at=timezone.now())


def share(total: int) -> int:
    """How many requests of `total` in a minute are ours; one at least."""
    return max(1, total * (100 - int(settings.FRESHDESK_AGENTS_SHARE)) // 100)


def _space(kind: str, now: datetime) -> None:
    """No header tells of these limits. So they are spread out: a quarter of our share at once, and the rest
    evenly over the minute, that no sixty seconds hold more than our share. `resets_at` is when all is back.
    """
    ours = share(settings.FRESHDESK_PER_MINUTE[kind])
    at_once = max(1, ours // 4)
    each = MINUTE / max(1, ours - at_once)
    rows = RateBudget.objects.filter(name=f"{NAME} {kind}")
    latest = now + each * (at_once - 1)
    if rows.filter(resets_at__lte=now).update(resets_at=now + each):
        return
    if rows.filter(resets_at__gt=now, resets_at__lte=latest).update(resets_at=F("resets_at") + each):
        return
    first = {"total": ours, "remaining": ours, "resets_at": now + each}
    row, is_new = RateBudget.objects.get_or_create(name=f"{NAME} {kind}", defaults=first)
    if not is_new:
        wait = max((row.resets_at - latest).total_seconds(), 0.0)
        raise RetryLater(KINDS[kind], wait + random.uniform(0, 5))  # noqa: S311  (not all at once)


def _row() -> "QuerySet[RateBudget]":
    return RateBudget.objects.filter(name=NAME)


def _told(headers: Mapping[str, str]) -> tuple[int, int] | None:
    """Total and remaining; what is not a number of a sensible size is not told."""
    try:
        total, remaining = (float(headers[f"x-ratelimit-{name}"]) for name in ("total", "remaining"))
    except (KeyError, ValueError):
        return None
    is_sensible = 1 <= total <= 1_000_000 and 0 <= remaining <= total
    return (int(total), int(remaining)) if is_sensible else None


def _all_but_one() -> int:
    return max(int(settings.FRESHDESK_PER_MINUTE["all"]) - 1, 0)
