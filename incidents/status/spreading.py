"""Who else is told of what was published: each follower announces deliveries of its own, in that transaction.

`IncidentsConfig.ready` registers the followers. None of them sends anything here.
"""

from collections.abc import Callable

from incidents.models import MaintenanceUpdate, StatusUpdate

Published = StatusUpdate | MaintenanceUpdate
Follower = Callable[[Published], None]

_followers: list[Follower] = []


def register(follower: Follower) -> None:
    """`follower(update)` writes outbox rows for an update that has just been published."""
    _followers.append(follower)


def spread(update: Published) -> None:
    for follower in _followers:
        follower(update)
