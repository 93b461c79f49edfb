"""The demo's Service Status beside its incidents: groups, a template, maintenance. Safe to run again."""

from datetime import datetime, time, timedelta

from accounts.models import Service, ServiceGroup, User
from incidents.local_time import LONDON, local
from incidents.models import Maintenance, MaintenanceUpdate, Phase, StatusTemplate
from incidents.status.maintenance import draft

GROUPS = (
    ("compucare", "Compucare", ("compucare8", "ward", "clinician", "reports")),
    ("messages", "Messages and interfaces", ("messagecall", "hl7", "ers")),
    ("payments", "Payments", ("payments",)),
)
TEMPLATE = (
    "Database moves to its second site", Phase.IDENTIFIED,
    "We have found the likely cause of a problem that {effect}, and are moving the database to its second "
    "site. It takes about {minutes} minutes. Use your business continuity procedure. Next update by {next}.",
)  # fmt: skip
SATURDAY, NIGHT = 5, time(23, 0)
LASTS = timedelta(hours=2)


def seed(now: datetime) -> None:
    """What is there already stays as it is; a new maintenance is announced when none is to come."""
    for position, (code, name, services) in enumerate(GROUPS):
        group, is_new = ServiceGroup.objects.get_or_create(
            code=code, defaults={"name": name, "position": position}
        )
        if is_new:
            for service in Service.objects.filter(code__in=services, group=None):
                service.group = group
                service.save()
    manager = User.objects.get(email="manager@vendor.example")
    _seed_template(manager, User.objects.get(email="approver@vendor.example"), now)
    night = _saturday_night(now)
    _seed_maintenance("Move to new servers", "reports", night - timedelta(weeks=2), manager, is_over=True)
    if not Maintenance.objects.filter(starts_at__gte=now).exists():
        _seed_maintenance("Yearly upgrade of the message queue", "messagecall", night, manager)


def _seed_template(writer: User, approver: User, now: datetime) -> None:
    name, phase, words = TEMPLATE
    if not StatusTemplate.objects.filter(name=name).exists():
        StatusTemplate.objects.create(
            name=name, phase=phase, words=words, written_by=writer, approved_by=approver, approved_at=now
        )


def _saturday_night(now: datetime) -> datetime:
    """The next one that is at least a day ahead."""
    day = local(now).date() + timedelta(days=1)
    day += timedelta(days=(SATURDAY - day.weekday()) % 7)
    return datetime.combine(day, NIGHT, LONDON)


def _seed_maintenance(title: str, code: str, starts_at: datetime, by: User, *, is_over: bool = False) -> None:
    """Announced eight days before, and as it went: each word at its time, and published at once."""
    if is_over and Maintenance.objects.filter(title=title).exists():
        return
    made = Maintenance.objects.create(
        title=title, starts_at=starts_at, ends_at=starts_at + LASTS, planned_by=by
    )
    made.services.set(Service.objects.filter(code=code))
    said = [("scheduled", starts_at - timedelta(days=8))]
    if is_over:
        checked_at = made.ends_at - timedelta(minutes=20)
        said += [("in_progress", starts_at), ("verifying", checked_at), ("completed", made.ends_at)]
    for phase, at in said:
        MaintenanceUpdate.objects.create(
            maintenance=made,
            phase=phase,
            words=draft(made, phase),
            posted_by=by,
            posted_at=at,
            published_at=at,
        )
