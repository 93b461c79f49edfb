"""Has the groups in the database follow the table of roles: what is beyond it goes, what is missing comes.

What goes granted nothing anyway, for the table alone is asked; but somebody who reads the database must not
be led to think that it did.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from accounts.roles import SIDES, Role
from accounts.sign_in import events


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the table has it, in words, and how it is mended."""

    words: str
    mend: Callable[[], object]


def differences() -> Iterator[Difference]:
    """What is beyond the table, or missing of it. Empty once it was mended."""
    yield from _of_groups()
    yield from _of_people()


@transaction.atomic
def follow_table() -> list[str]:
    """Mend all there is, and say what. Doing it again does nothing."""
    done = []
    for difference in list(differences()):
        difference.mend()
        done.append(difference.words)
    return done


def _of_groups() -> Iterator[Difference]:
    there = {group.name: group for group in Group.objects.prefetch_related("permissions")}
    for role in Role:
        if role not in there:
            yield Difference(f"{role.label} has no group", lambda role=role: Group.objects.create(name=role))  # type: ignore[misc]
    for name, group in there.items():
        if name not in Role.values:
            yield Difference(f"The group {name} is no role", group.delete)
        elif group.permissions.all():
            words = f"{Role(name).label} has permissions that were ticked by hand"
            yield Difference(words, group.permissions.clear)


def _of_people() -> Iterator[Difference]:
    ticked = User.user_permissions.through.objects.filter(user=OuterRef("pk"))
    people = User.objects.annotate(is_ticked=Exists(ticked)).select_related("organisation")
    for person in people.prefetch_related("groups").order_by("pk"):
        if person.is_ticked:
            words = f"{person.email} has permissions that were ticked by hand"
            yield Difference(words, person.user_permissions.clear)
        for group in person.groups.all():
            if group.name in Role.values and person.side not in SIDES[Role(group.name)]:
                role, house = Role(group.name).label, person.organisation or "nobody"
                words = f"{person.email} is {role}, which is no role of {house}"
                yield Difference(words, _taking(person, group))


def _taking(person: User, group: Group) -> Callable[[], None]:
    def take() -> None:
        person.groups.remove(group)
        words = f"{Role(group.name).label} was taken away: it is a role of the other side"
        events.record(events.Kind.ROLES_CHANGED, person, by=User.objects.system(), detail=words)

    return take
