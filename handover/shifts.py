"""Who is on shift, who has it next, and where nobody is: the rota's rules over its rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Team, User
from accounts.roles import Permission, Role, Side
from handover import calls, rota
from handover.models import Page, ShiftPattern, Weekday
from incidents import coverage
from incidents.local_time import local
from incidents.models.incident import OPEN

LOOK_AHEAD = timedelta(days=30)
_DAY = timedelta(days=1)
ON_ROTA = (Role.OOH_LEAD, Role.OOH_ENGINEER, Role.DESK_ANALYST)


@dataclass(frozen=True)
class OnShift:
    """One row of “On shift”."""

    person: User
    shift: rota.Shift
    role: str
    incidents: int


@dataclass(frozen=True)
class BoardFacts:
    """What the board shows of people: `nobody` is told in red, with whom to ring instead."""

    on_shift: list[OnShift]
    teams: list[Team]
    next_calls: tuple[calls.Call, calls.Call]
    nobody: bool
    leads: list[User]


def on_shift(at: datetime) -> list[tuple[User, rota.Shift]]:
    """Who is on at this instant, both sides, leads first. One query."""
    return _sorted(_with_roles(_near(at)), at)


def end_of(person: User, at: datetime) -> datetime | None:
    """When this person's shift ends; None when they are not on."""
    rows = list(_near(at).filter(person=person))
    ends = [shift.ends_at for shift in rota.on_at(_pure(rows), at, settings.DESK_NATION)]
    return max(ends, default=None)


def next_change(at: datetime) -> datetime | None:
    """When other people are on than now."""
    rows = ShiftPattern.objects.with_people().between(
        local(at).date() - _DAY, local(at + rota.LOOK_FOR_CHANGE).date()
    )
    return rota.next_change(_pure(rows), at, settings.DESK_NATION)


def gaps_ahead(at: datetime, ahead: timedelta = LOOK_AHEAD) -> list[rota.Span]:
    """Time out of hours, from now on, for which nobody of the partner is on the rota."""
    rows = ShiftPattern.objects.with_people().between(local(at).date() - _DAY, local(at + ahead).date())
    partner = rows.filter(person__organisation__side=Side.PARTNER)
    return rota.gaps(_pure(partner), at, at + ahead, settings.DESK_NATION)


def shifts_between(start: datetime, end: datetime) -> list[tuple[User, rota.Shift]]:
    """Every shift with time in [start, end), in order."""
    rows = list(ShiftPattern.objects.with_people().between(local(start).date() - _DAY, local(end).date()))
    people = {row.person_id: row.person for row in rows}
    found = rota.shifts(_pure(rows), start, end, settings.DESK_NATION)
    return [(people[shift.person], shift) for shift in found]


def board_facts(at: datetime, beside: Mapping[str, list[Any]]) -> BoardFacts:
    """Who is on, the vendor's teams with their last page, and the next calls.

    One query; `beside` has the rows of `people_to_ring`.
    """
    rows = _with_roles(_near(at).annotate(owned=_owned()))
    owned = {row.person_id: getattr(row, "owned", 0) or 0 for row in rows}
    people = [
        OnShift(person, shift, role_of(person), owned[person.pk]) for person, shift in _sorted(rows, at)
    ]
    is_dark = coverage.is_out_of_hours(at, settings.DESK_NATION)
    nobody = is_dark and not any(each.person.side == Side.PARTNER for each in people)
    return BoardFacts(
        on_shift=people, teams=sorted(beside["teams"], key=str),
        next_calls=calls.next_calls(at, settings.DESK_NATION),
        nobody=nobody, leads=sorted(beside["leads"], key=str) if nobody else [],
    )  # fmt: skip


def people_to_ring(user: User) -> dict[str, "QuerySet[Any]"]:
    """For `together`: the vendor's teams, each with `paged_at` and `acknowledged_at` of its last page; and
    the leads, who are rung when nobody is on.
    """
    last = Page.objects.filter(team=OuterRef("pk")).order_by("-paged_at", "-id")
    teams = Team.objects.visible_to(user).annotate(
        paged_at=Subquery(last.values("paged_at")[:1]),
        acknowledged_at=Subquery(last.values("acknowledged_at")[:1]),
    )
    return {
        "teams": teams if user.has_perm(Permission.VIEW_INCIDENT) else Team.objects.none(),
        "leads": User.objects.with_role(Role.OOH_LEAD).only("name", "phone"),
    }


def role_of(person: User) -> str:
    """The role on shift in one word."""
    words = {Role.OOH_LEAD: "Lead", Role.OOH_ENGINEER: "Engineer", Role.DESK_ANALYST: "Service desk"}
    return next((word for role, word in words.items() if role in person.roles), person.role_words)


def unfit(rows: Iterable[ShiftPattern]) -> list[str]:
    """People on the rota who could not be reached, or not do the work, in words."""
    people = {row.person_id: row.person for row in rows}
    found = [(person, _unfit(person)) for person in people.values()]
    return [f"{person} {why}" for person, why in found if why]


def _unfit(person: User) -> str:
    if not person.is_working:
        return "has left, and counts as nobody"
    if not person.roles & set(ON_ROTA):
        return "has no role that works a shift"
    return "" if person.phone else "has no telephone number"


# ---------- Changing the rota ----------


@transaction.atomic
def add_shift(
    *, person: User, weekday: int, starts: time, ends: time, valid_from: date,
    valid_until: date | None = None, by: User,
) -> ShiftPattern:  # fmt: skip
    """A weekly shift, from today at the earliest; of one date, when first and last day are that date."""
    if not by.has_perm(Permission.MANAGE_ROTA):
        raise PermissionDenied
    if valid_from < local(timezone.now()).date():
        raise ValidationError(
            {"valid_from": ["This is past, and the past stays. Enter today or a later day"]}
        )
    if not person.is_working or not person.roles & set(ON_ROTA):
        raise ValidationError({"person": ["Choose an engineer or lead of the partner, or a desk analyst"]})
    pattern = ShiftPattern(
        person=person,
        weekday=weekday,
        starts=starts,
        ends=ends,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    pattern.full_clean()
    pattern.save()
    return pattern


@transaction.atomic
def end_shift(pattern_id: int, *, last_day: date, by: User) -> ShiftPattern:
    """The last day of a weekly shift, today at the earliest: what has been worked stays as it was."""
    if not by.has_perm(Permission.MANAGE_ROTA):
        raise PermissionDenied
    pattern = ShiftPattern.objects.select_for_update(of=("self",)).with_people().get(pk=pattern_id)
    today = local(timezone.now()).date()
    if pattern.valid_until is not None and pattern.valid_until < today:
        raise Conflict("This shift has ended already", "The past of the rota stays as it was.")
    if last_day < today:
        raise ValidationError({"last_day": ["This is past, and the past stays. Enter today or a later day"]})
    if last_day < pattern.valid_from:
        raise ValidationError({"last_day": ["It begins later. Enter its first day or a later one"]})
    pattern.valid_until = last_day
    pattern.save()
    return pattern


# ---------- Queries ----------


def _near(at: datetime) -> "QuerySet[ShiftPattern]":
    """The patterns that may hold this instant: of today, of yesterday past midnight, and of bank holidays."""
    today = local(at).date()
    days = [today.weekday(), (today - _DAY).weekday(), Weekday.HOLIDAY]
    return ShiftPattern.objects.with_people().between(today - _DAY, today).filter(weekday__in=days)


def _with_roles(patterns: "QuerySet[ShiftPattern]") -> list[ShiftPattern]:
    """Each pattern once, its person with the roles: the query gives a row for each group of the person."""
    rows = list(patterns.annotate(group_name=F("person__groups__name")))
    groups: dict[int, set[str | None]] = {}
    for row in rows:
        groups.setdefault(row.person_id, set()).add(row.group_name)
    found = {row.pk: row for row in rows}
    for row in found.values():
        row.person.remember_roles(groups[row.person_id])
    return list(found.values())


def _pure(rows: Iterable[ShiftPattern]) -> list[rota.Pattern]:
    return [row.as_pattern() for row in rows]


def _sorted(rows: Sequence[ShiftPattern], at: datetime) -> list[tuple[User, rota.Shift]]:
    """Each person once, with the shift that ends last; leads first, then by name."""
    people = {row.person_id: row.person for row in rows}
    latest: dict[int, rota.Shift] = {}
    for shift in sorted(rota.on_at(_pure(rows), at, settings.DESK_NATION), key=lambda each: each.ends_at):
        latest[shift.person] = shift
    found = [(people[number], shift) for number, shift in latest.items()]
    return sorted(
        found, key=lambda each: (Role.OOH_LEAD not in each[0].roles, each[0].side or "", each[0].name)
    )


def _owned() -> Subquery:
    """How many open incidents the person of a pattern owns."""
    open_now = Q(owned_incidents__state__in=OPEN)
    counted = User.objects.filter(pk=OuterRef("person")).annotate(n=Count("owned_incidents", filter=open_now))
    return Subquery(counted.values("n"))
