"""Planned maintenance: what people do with it. It moves by what is posted, never by the clock alone."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Service, User
from accounts.roles import Permission
from incidents.guard import require
from incidents.local_time import format_day_time, format_time, local
from incidents.models import Maintenance, MaintenanceUpdate, OutboxRow
from incidents.outbox.writing import announce
from incidents.status.public_words import refuse_unfit

Phase = MaintenanceUpdate.Phase
LONGEST = timedelta(days=7)
# Which phase may be posted after which; the first one announces it.
FOLLOWING: dict[str, tuple[Phase, ...]] = {
    "": (Phase.SCHEDULED,),
    Phase.SCHEDULED: (Phase.IN_PROGRESS, Phase.SCHEDULED, Phase.CANCELLED),
    Phase.IN_PROGRESS: (Phase.VERIFYING, Phase.IN_PROGRESS, Phase.COMPLETED),
    Phase.VERIFYING: (Phase.COMPLETED, Phase.VERIFYING, Phase.IN_PROGRESS),
    Phase.COMPLETED: (),
    Phase.CANCELLED: (),
}


@transaction.atomic
def plan_maintenance(
    *, title: str, services: Iterable[Service], starts_at: datetime | None, ends_at: datetime | None, by: User
) -> Maintenance:
    """A window for services of the status page. Nobody outside hears of it before it is announced.

    Raises ValidationError by field: a title with a name in it, no service, no window or a past one.
    """
    _allow(by)
    chosen, window = _checked(title, services, starts_at, ends_at)
    made = Maintenance.objects.create(title=title, starts_at=window[0], ends_at=window[1], planned_by=by)
    made.services.set(chosen)
    return made


@transaction.atomic
def change_plan(
    maintenance_id: int, *, title: str, services: Iterable[Service], starts_at: datetime | None,
    ends_at: datetime | None, by: User,
) -> Maintenance:  # fmt: skip
    """Change what is planned, until it is announced. Raises as `plan_maintenance`, or Conflict."""
    _allow(by)
    chosen, window = _checked(title, services, starts_at, ends_at)
    found = Maintenance.objects.select_for_update().get(pk=maintenance_id)
    if found.updates.exists():
        raise Conflict("It has been announced", "Post an update: it may change the window too.")
    found.title, (found.starts_at, found.ends_at) = title, window
    found.save()
    found.services.set(chosen)
    return found


@transaction.atomic
def post_maintenance(
    maintenance_id: int, *, phase: str, words: str, starts_at: datetime | None = None,
    ends_at: datetime | None = None, by: User,
) -> MaintenanceUpdate:  # fmt: skip
    """Freeze the words, move the maintenance to this phase, and queue the publication.

    The window may change in the same act: its start while it is only scheduled, its end until it is over.
    Raises ValidationError by field, PermissionDenied, or Conflict when that phase does not follow.
    """
    _allow(by)
    require(words=(words, "Write what the public is told"), phase=(phase, "Choose the phase"))
    if phase not in Phase.values:
        raise ValidationError({"phase": [f"Choose one of: {', '.join(Phase.values)}"]})
    refuse_unfit(words=words)
    found = Maintenance.objects.select_for_update().get(pk=maintenance_id)
    last = found.updates.first()
    window = _window(starts_at or found.starts_at, ends_at or found.ends_at)
    is_same = (found.starts_at, found.ends_at) == window
    if last and is_same and (last.phase, last.words, last.posted_by_id) == (phase, words, by.pk):
        return last
    _refuse_out_of_order(last, phase)
    if not is_same:
        _move(found, last, window)
    update = MaintenanceUpdate.objects.create(
        maintenance=found, phase=phase, words=words, posted_by=by, posted_at=timezone.now()
    )
    announce(
        OutboxRow.Destination.STATUS, "publish_maintenance", key=f"maintenance:{update.pk}", incident=None,
        lane=f"maintenance:{found.public_id}", update=update.pk,
    )  # fmt: skip
    return update


def following(maintenance: Maintenance) -> tuple[Phase, ...]:
    """The phases that may be posted now, the usual one first."""
    last = maintenance.updates.first()
    return FOLLOWING[last.phase if last else ""]


def draft(maintenance: Maintenance, phase: str) -> str:
    """Words for the phase, to post as they are or to change."""
    names = ", ".join(service.name for service in maintenance.services.all())
    ends = format_time(maintenance.ends_at)
    if local(maintenance.starts_at).date() != local(maintenance.ends_at).date():
        ends = format_day_time(maintenance.ends_at)
    window = f"{format_day_time(maintenance.starts_at)} to {ends}"
    return {
        Phase.SCHEDULED: f"We plan work on {names}, from {window}. What users work with may be unavailable "
        "in that time. Have your business continuity procedure ready.",
        Phase.IN_PROGRESS: f"The maintenance of {names} has begun. We expect to end by {ends}.",
        Phase.VERIFYING: f"The work on {names} is done. We are checking that all is well.",
        Phase.COMPLETED: f"The maintenance of {names} is completed. All is available.",
        Phase.CANCELLED: f"The maintenance of {names} planned for {window} does not take place.",
    }[Phase(phase)]


def _allow(by: User) -> None:
    if not by.has_perm(Permission.PLAN_MAINTENANCE):
        raise PermissionDenied


def _checked(
    title: str, services: Iterable[Service], starts_at: datetime | None, ends_at: datetime | None
) -> tuple[list[Service], tuple[datetime, datetime]]:
    require(title=(title, "Say in a few words what is done"))
    refuse_unfit(title=title)
    chosen, window = _public(services), _window(starts_at, ends_at)
    if window[1] <= timezone.now():
        raise ValidationError({"ends_at": ["This window is over. Enter one that is to come"]})
    return chosen, window


def _public(services: Iterable[Service]) -> list[Service]:
    chosen = list(services)
    if not chosen:
        raise ValidationError({"services": ["Choose the services that may be away"]})
    if hidden := [service.name for service in chosen if not service.is_public]:
        raise ValidationError({"services": [f"{', '.join(hidden)}: not on the status page"]})
    return chosen


def _window(starts_at: datetime | None, ends_at: datetime | None) -> tuple[datetime, datetime]:
    if starts_at is None or ends_at is None:
        missing = {"starts_at": starts_at, "ends_at": ends_at}
        words = {"starts_at": "Enter when it begins", "ends_at": "Enter when it ends"}
        raise ValidationError({name: [words[name]] for name, at in missing.items() if at is None})
    if ends_at <= starts_at:
        raise ValidationError({"ends_at": ["This is not after its begin. Correct one of the two"]})
    if ends_at - starts_at > LONGEST:
        raise ValidationError({"ends_at": [f"A window has {LONGEST.days} days at most"]})
    return starts_at, ends_at


def _refuse_out_of_order(last: MaintenanceUpdate | None, phase: str) -> None:
    if phase in FOLLOWING[last.phase if last else ""]:
        return
    state = last.get_phase_display().lower() if last else "not announced yet"
    wanted = Phase(phase).label.lower()
    raise Conflict(f"It is {state}, and cannot be {wanted} after that", "See it as it is now, then decide.")


def _move(found: Maintenance, last: MaintenanceUpdate | None, window: tuple[datetime, datetime]) -> None:
    starts_at, ends_at = window
    if starts_at != found.starts_at and last and last.phase != Phase.SCHEDULED:
        raise ValidationError({"starts_at": ["It has begun already. Only its end may change"]})
    found.starts_at, found.ends_at = starts_at, ends_at
    found.save(update_fields=["starts_at", "ends_at"])
