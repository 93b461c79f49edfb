"""What happens to a subscription: asked for, confirmed, changed, ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Service, User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.models import OutboxRow, Subscriber
from incidents.outbox.writing import announce

CONFIRM_WITHIN = timedelta(hours=48)
ASKS, ASKS_WITHIN = 3, timedelta(hours=1)  # of one address; what is more is quietly left out
REFUSALS = 3  # deliveries refused for good, in a row: then the subscription ends
UNSUBSCRIBED = "Unsubscribed"
SUBSCRIBED_ALREADY = "The address is subscribed already"
REFUSED = f"{REFUSALS} messages in a row were refused for good"
GONE = "The webhook says that it is gone (410)"
NO_ADDRESS = "A bounce says that there is no such address (5.1)"

FIRST_MESSAGE = {Subscriber.Kind.EMAIL: "confirmation", Subscriber.Kind.WEBHOOK: "challenge"}


@transaction.atomic
def ask(kind: str, address: str, services: Iterable[Service]) -> None:
    """Keep that somebody asked, and queue the message whose answer confirms it.

    The same is written whether the address is subscribed or not, and nothing is sent from here: neither the
    answer nor the time that it takes tells. Asked for too often, the address is left in peace.
    """
    now = timezone.now()
    if Subscriber.objects.of_address(kind, address).filter(asked_at__gt=now - ASKS_WITHIN).count() >= ASKS:
        return
    subscriber = Subscriber.objects.create(kind=kind, address=address, asked_at=now)
    subscriber.services.set(services)
    announce(
        OutboxRow.Destination.SUBSCRIBERS, FIRST_MESSAGE[Subscriber.Kind(kind)],
        key=f"subscriber:{subscriber.pk}:asked", incident=None, subscriber=subscriber.pk,
    )  # fmt: skip


@transaction.atomic
def confirm(token: str) -> Subscriber | None:
    """Subscribe whoever got this token. Doing it again changes nothing.

    Where the address is subscribed already, that subscription is what is left. None when the token is not
    known, ended, or was not used within 48 hours. Locks all rows of the address.
    """
    address = Subscriber.objects.filter(token=token).values_list("kind", "address").first()
    if address is None:
        return None
    rows = list(Subscriber.objects.of_address(*address).select_for_update().order_by("pk"))
    asked = next(row for row in rows if row.token == token)
    known = next((row for row in rows if row.confirmed_at and not row.ended_at), None)
    if known is not None and (asked is known or asked.ended_reason == SUBSCRIBED_ALREADY):
        return known
    if asked.ended_at or is_too_late(asked, timezone.now()):
        return None
    if known is not None:
        _end(asked, SUBSCRIBED_ALREADY)
        return known
    asked.confirmed_at = timezone.now()
    asked.save(update_fields=["confirmed_at"])
    return asked


def is_too_late(asked: Subscriber, now: datetime) -> bool:
    return asked.confirmed_at is None and now - asked.asked_at > CONFIRM_WITHIN


@transaction.atomic
def choose(token: str, services: Iterable[Service]) -> None:
    """Tell this subscriber of these services from now on; of all, when there are none."""
    Subscriber.objects.confirmed().get(token=token).services.set(services)


@transaction.atomic
def unsubscribe(token: str) -> bool:
    """Tell it nothing more, from now on and of what waits. False when the token is not known.

    Doing it again changes nothing.
    """
    subscriber = Subscriber.objects.select_for_update().filter(token=token).first()
    if subscriber is not None and subscriber.ended_at is None:
        _end(subscriber, UNSUBSCRIBED)
    return subscriber is not None


@transaction.atomic
def end(subscriber_id: int, *, reason: str, by: User) -> Subscriber:
    """A service manager ends a subscription, and says why.

    Raises ValidationError (reason), PermissionDenied, and Conflict when it has ended already.
    """
    if not by.has_perm(Permission.MANAGE_SUBSCRIBERS):
        raise PermissionDenied
    require(reason=(reason, "Say why. It is kept with the subscription"))
    refuse_patient_data(reason=reason)
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber_id)
    if subscriber.ended_at is None:
        _end(subscriber, reason[:300])
    elif subscriber.ended_reason != reason[:300]:
        raise Conflict("It has ended already", f"{subscriber.ended_reason}. Nothing more is sent to it.")
    return subscriber


@transaction.atomic
def count_refusal(subscriber_id: int, *, is_gone: bool = False, gone: str = GONE) -> None:
    """A message was refused for good. The third in a row ends the subscription; gone is gone at once."""
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber_id)
    subscriber.failures += 1
    subscriber.save(update_fields=["failures"])
    if subscriber.ended_at is None and (is_gone or subscriber.failures >= REFUSALS):
        _end(subscriber, gone if is_gone else REFUSED)


@transaction.atomic
def count_delivered(subscriber: Subscriber) -> None:
    """A message was taken: the refusals before it count no more."""
    if subscriber.failures:
        subscriber.failures = 0
        subscriber.save(update_fields=["failures"])


@transaction.atomic
def forget_unconfirmed(now: datetime) -> int:
    """Delete what nobody confirmed within 48 hours: perhaps somebody typed another person's address."""
    late = Subscriber.objects.filter(confirmed_at=None, asked_at__lt=now - CONFIRM_WITHIN)
    return late.delete()[0]


def _end(subscriber: Subscriber, reason: str) -> None:
    subscriber.ended_at, subscriber.ended_reason = timezone.now(), reason
    subscriber.save(update_fields=["ended_at", "ended_reason"])
