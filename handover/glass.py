"""The alarm of break-glass: the vendor's service managers hear of it by e-mail at once, by night too."""

from django.core.mail import EmailMessage
from django.db import transaction

from accounts import break_glass
from accounts.models import BreakGlass, User
from accounts.roles import Role, Side
from incidents.local_time import format_day_time
from incidents.models import OutboxRow
from incidents.outbox import people
from incidents.outbox.registry import CannotDeliver
from incidents.outbox.writing import announce

EVENT = "glass_broken"


def register() -> None:
    people.register(EVENT, deliver)


@transaction.atomic
def take(*, role: str, reason: str, by: User) -> BreakGlass:
    """Take the role and raise the alarm, both or neither. Raises as `accounts.break_glass.take` does."""
    glass = break_glass.take(role=role, reason=reason, by=by)
    managers = User.objects.with_role(Role.SERVICE_MANAGER).filter(organisation__side=Side.VENDOR)
    for person_id in [one.pk for one in managers if one != by] or [None]:
        announce(
            OutboxRow.Destination.PEOPLE, EVENT, key=f"glass:{glass.pk}:{person_id}", incident=None,
            glass=glass.pk, person=person_id,
        )  # fmt: skip
    return glass


def deliver(row: OutboxRow) -> None:
    """Tell one service manager. Where there is none the alarm is parked, and people see it there."""
    if row.payload["person"] is None:
        raise CannotDeliver("There is no service manager to tell of a break-glass. Name one")
    glass = BreakGlass.objects.select_related("person__organisation").get(pk=row.payload["glass"])
    reader = User.objects.get(pk=row.payload["person"])
    subject = f"Break-glass: {glass.person} acts as {glass.get_role_display()}"
    number = people.message_id(f"glass-{glass.pk}-{reader.pk}")
    headers = {"Message-ID": number, "Auto-Submitted": "auto-generated"}
    people.send(EmailMessage(subject, _body(glass), to=[reader.email], headers=headers))


def _body(glass: BreakGlass) -> str:
    return "\n".join(
        [
            f"{glass.person}, {glass.person.organisation}, took the role {glass.get_role_display()} at "
            f"{format_day_time(glass.taken_at)}, until {format_day_time(glass.until)}.",
            "",
            f"Why: {glass.reason}",
            "",
            "You can take it back at once, and are to say afterwards what it was:",
            people.link("break_glass"),
        ]
    )
