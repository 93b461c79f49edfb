"""Writes down what happens to somebody's access."""

from django.utils import timezone

from accounts.models import AccessEvent, User

Kind = AccessEvent.Kind
UNPROVED = (Kind.REFUSED, Kind.DELAYED)  # who it was is just what is not known


def record(
    kind: AccessEvent.Kind,
    person: User | None,
    *,
    by: User | None = None,
    address: str = "",
    detail: str = "",
) -> AccessEvent:
    """One row, and with it one of the audit trail. `by` is the person, unless somebody else did it."""
    return AccessEvent.objects.create(
        kind=kind,
        person=person,
        by=by or (None if kind in UNPROVED else person),
        at=timezone.now(),
        address=address[:60],
        detail=detail[:300],
    )
