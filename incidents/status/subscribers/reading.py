"""What a service manager sees of subscribers: how many, and each without most of its address."""

from typing import Any

from django.db.models import Count, F, Q, QuerySet

from incidents.models import Subscriber

IS_ON = Q(confirmed_at__isnull=False, ended_at=None)


def counts(user: Any) -> dict[str, int]:
    """By kind, what waits for its confirmation, and what refusals ended. One query."""
    return Subscriber.objects.visible_to(user).aggregate(
        email=Count("pk", filter=IS_ON & Q(kind=Subscriber.Kind.EMAIL)),
        webhook=Count("pk", filter=IS_ON & Q(kind=Subscriber.Kind.WEBHOOK)),
        unconfirmed=Count("pk", filter=Q(confirmed_at=None, ended_at=None)),
        refusing=Count("pk", filter=IS_ON & Q(failures__gt=0)),
        ended=Count("pk", filter=Q(confirmed_at__isnull=False, ended_at__isnull=False)),
    )


def listed(user: Any, wanted: str = "") -> QuerySet[Subscriber]:
    """The confirmed ones, those that refuse first, then the newest; the ended last.

    `wanted` looks in the whole address, so that who rings to be taken off the list can be found.
    """
    found = Subscriber.objects.visible_to(user).filter(confirmed_at__isnull=False)
    if wanted:
        found = found.filter(address__icontains=wanted)
    order = (F("ended_at").asc(nulls_first=True), "-failures", "-confirmed_at", "-pk")
    return found.prefetch_related("services").order_by(*order)
