"""Escalating to a team of the vendor, paging people, and what counts as an answer."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Team, User
from accounts.roles import Permission, Role, Side
from handover import shifts
from handover.handing import hold
from handover.models import Handover, Page
from handover.models.page import may_acknowledge
from incidents import services as incidents
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_day_time, format_time
from incidents.models import Incident, Kind, OutboxRow, State
from incidents.outbox.writing import announce
from incidents.timeline import record

ANSWER_WITHIN = timedelta(minutes=10)  # then both leads are paged
SAME_CLICK = timedelta(minutes=2)


@transaction.atomic
def escalate(incident_id: int, *, team: Team | None, reason: str, seen: str | None = None, by: User) -> Page:
    """Ask a team of the vendor, and page it, in one transaction. The owner stays.

    Of an incident that the person saw as escalated already (`seen`) the team is paged besides, or again. The
    same person twice gets the same page. Raises as `incidents.services.escalate` does.
    """
    if team is None:
        raise ValidationError({"team": ["Choose the team"]})
    require(reason=(reason, "Say why you escalate, and what you have tried"))
    refuse_patient_data(reason=reason)
    incident = Incident.objects.select_for_update(of=("self",)).select_related("service").get(pk=incident_id)
    was_escalated = incident.state == State.ESCALATED
    if was_escalated and (repeated := _same_click(incident, team, reason, by)):
        return repeated
    if not (was_escalated and seen == State.ESCALATED):
        incident = incidents.escalate(incident_id, team=team.name, reason=reason, seen=seen, by=by)
        if was_escalated:  # given back quietly: this person had escalated it already
            return _same_escalation(incident, team, reason, by)
        return _page_team(incident, team, reason, by, told="")
    if not by.has_perm(Permission.ESCALATE_INCIDENT):
        raise PermissionDenied
    return _page_team(incident, team, reason, by, told=reason)


def _same_click(incident: Incident, team: Team, reason: str, by: User) -> Page | None:
    since = timezone.now() - SAME_CLICK
    return incident.pages.filter(by=by, team=team, reason=reason, paged_at__gte=since).first()


def _same_escalation(incident: Incident, team: Team, reason: str, by: User) -> Page:
    """What they sent again; if it is not the same, they are told, for a page must never be lost quietly."""
    if earlier := incident.pages.filter(by=by, team=team, reason=reason).first():
        return earlier
    raise Conflict("You have escalated this already", "Open it as it is now to page another team, or again.")


def _page_team(incident: Incident, team: Team, reason: str, by: User, *, told: str) -> Page:
    page = Page.objects.create(
        key=f"escalation:{uuid4().hex}", incident=incident, team=team, by=by, paged_at=timezone.now(),
        words=f"{incident.reference}: {incident.title}"[:200], reason=reason,
    )  # fmt: skip
    record(incident, Kind.ESCALATION, f"Paged {team}", told, by=by, page=page.pk)
    if told:
        incident.escalated_to = team.name
        incident.save()
        incidents.set_next_action(incident.pk, text=_wait_for(team), by=by)
    if not incident.is_rehearsal:
        announce_page(page)
    return page


def _wait_for(who: Team | User) -> str:
    """The next action while a page waits, as `incidents.services.escalate` words it."""
    return f"Wait for {who} to answer the page"


def announce_page(page: Page) -> None:
    """Without an incident in the outbox: a page never waits behind another one that cannot be delivered."""
    announce(OutboxRow.Destination.PEOPLE, "page", key=f"people:page:{page.pk}", incident=None, page=page.pk)


@transaction.atomic
def acknowledge(page_id: int, *, answer: str = "", by: User) -> Page:
    """Somebody has it. A specialist answers for the team; others write who answered by telephone, and what.

    The same person twice is quiet; another one second is a Conflict.
    """
    refuse_patient_data(answer=answer)
    found = Page.objects.visible_to(by).filter(pk=page_id).values("pk")
    rows = Page.objects.select_for_update(of=("self",)).select_related("team", "user", "incident")
    page = rows.get(pk__in=found)
    if not may_acknowledge(page, by):
        raise PermissionDenied
    if page.is_answered:
        return _answered_already(page, by)
    if ask_for_words(page, by):
        require(answer=(answer, "Write who answered, and what they said"))
    page.acknowledged_at, page.acknowledged_by, page.answer = timezone.now(), by, answer[:2000]
    page.save()
    if page.incident_id is not None:
        _tell_incident(page, page.incident_id, by)
    return page


def ask_for_words(page: Page, by: User) -> bool:
    """Whether this person speaks for somebody else, and so must write who answered."""
    is_of_team = page.team_id is not None and page.team_id == by.team_id
    return not is_of_team and page.user_id != by.pk


def _answered_already(page: Page, by: User) -> Page:
    if page.acknowledged_by_id == by.pk:
        return page
    at = format_time(page.acknowledged_at) if page.acknowledged_at else ""
    raise Conflict(f"{page.acknowledged_by} has already answered this page", f"At {at}. Yours was not sent.")


def _tell_incident(page: Page, incident_id: int, by: User) -> None:
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)
    record(incident, Kind.ESCALATION, f"{page.to} answered the page", page.answer, by=by, page=page.pk)
    waits = incident.state == State.ESCALATED and incident.next_action == _wait_for(page.to)
    if waits and by.has_perm(Permission.ADD_ENTRY):
        incidents.set_next_action(incident.pk, text=f"{page.to} answered: agree what is next", by=by)


# ---------- The sweep's pages ----------


@transaction.atomic
def page_leads(handover_id: int) -> list[Page]:
    """Both leads are told, once, that a handover is not offered or answered ten minutes after its time."""
    handover = Handover.objects.select_for_update(of=("self",)).with_people().get(pk=handover_id)
    at = timezone.now()
    if not is_overdue(handover, at):
        return []
    by = User.objects.system()
    words = f"Handover of {format_day_time(handover.call_at)} not {_lacks(handover)}"
    pages = [_page_lead(handover, lead, words, by) for lead in leads_at(at)]
    handover.leads_paged_at = at
    handover.save()
    items = list(handover.items.waiting().select_related("incident"))
    hold(items)
    for item in items:
        told = ", ".join(str(page.user) for page in pages) or "nobody: no lead is known"
        record(item.incident, Kind.ESCALATION, f"{words}: paged {told}", by=by, is_bad=True)
    return pages


def is_overdue(handover: Handover, at: datetime) -> bool:
    """Whether both leads must be told now; never twice of one handover."""
    if handover.leads_paged_at is not None:
        return False
    if handover.state == Handover.State.DRAFT:
        return not handover.is_shift and at >= max(handover.call_at, handover.drafted_at) + ANSWER_WITHIN
    offered = handover.offered_at if handover.state == Handover.State.OFFERED else None
    return offered is not None and at >= offered + ANSWER_WITHIN


def _lacks(handover: Handover) -> str:
    return "offered" if handover.state == Handover.State.DRAFT else "answered"


def _page_lead(handover: Handover, lead: User, words: str, by: User) -> Page:
    page, is_new = Page.objects.get_or_create(
        key=f"handover:{handover.pk}:{lead.pk}",
        defaults={
            "handover": handover, "user": lead, "words": words, "by": by, "paged_at": timezone.now(),
            "reason": _lead_words(handover),
        },
    )  # fmt: skip
    if is_new:
        announce_page(page)
    return page


def _lead_words(handover: Handover) -> str:
    """What waits, and whose turn it is."""
    waiting = handover.items.waiting().count()
    items = f"{waiting} item" + "s" * (waiting != 1) + f" for {handover.receiver_words}."
    giver = handover.giver_words
    if handover.state == Handover.State.DRAFT and waiting:
        return f"{items} Nobody has offered the handover yet: {giver} has to."
    if handover.state == Handover.State.DRAFT:
        return f"Nothing is open. Nobody has signed that yet: {giver} has to."
    what = items if waiting else "It says that nothing is open."
    return f"{what} Until it is answered {giver} has it. Ring the other side."


def leads_at(at: datetime) -> list[User]:
    """Both leads: the partner's, and the vendor's service managers."""
    return [*leads_of(Side.PARTNER, at), *leads_of(Side.VENDOR, at)]


def leads_of(side: str, at: datetime) -> list[User]:
    """The partner's lead on shift, else every lead of the partner; of the vendor its service managers."""
    if side == Side.VENDOR:
        return list(User.objects.with_role(Role.SERVICE_MANAGER))
    on_shift = [person for person, _ in shifts.on_shift(at) if Role.OOH_LEAD in person.roles]
    return on_shift or list(User.objects.with_role(Role.OOH_LEAD))
