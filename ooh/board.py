"""All that the board shows, read in a fixed number of queries."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.roles import Permission
from accounts.templatetags.desk import due_words
from accounts.together import together
from handover.models import HandoverItem
from handover.services import board_facts, people_to_ring
from incidents.freshdesk.showing import Question, delivery_lines, questions, signs_of_life
from incidents.local_time import format_time
from incidents.models import AlertFeed, Incident, Maintenance, Proposal
from incidents.searching import narrowed
from ooh.due_items import DueItem, due_items, notice
from sops.models import Sop

PLANNED_AHEAD = timedelta(days=7)
# Each region of the page that htmx reads again, by name.
PARTS = {"do-now": "ooh/_do_now.html", "board": "ooh/_open.html", "proposals": "ooh/_proposals.html"}


def facts(user: User, now: datetime) -> dict[str, Any]:
    """The context of the board for this reader."""
    known = list(Incident.objects.visible_to(user).for_board(now))
    incidents = [incident for incident in known if incident.is_open]
    beside = _beside(user, now)
    for incident in incidents:
        incident.urgency = due_words(incident.next_update_due_at, now).state
    proposals = list(
        Proposal.objects.visible_to(user).waiting().select_related("customer", "service", "component")
    )
    due = due_items(user, incidents, now)
    asked = questions(user, known, now)
    urgent = most_urgent(user, incidents, proposals, due, asked, now)
    people = board_facts(now, beside)
    return {
        "incidents": incidents,
        "late": [item for item in due if item.is_late(now)],
        "proposals": proposals,
        "refused_feeds": sorted(beside["feeds"], key=lambda feed: feed.refused_last_at, reverse=True),
        "urgent": urgent,
        "due_items": [item for item in due if urgent is None or item.url != urgent["url"]],
        "ticket_questions": [one for one in asked if urgent is None or one.url != urgent["url"]],
        "last_closed": None if incidents else last_closed(known),
        "may_log": user.has_perm(Permission.LOG_INCIDENT),
        "may_add": user.has_perm(Permission.ADD_ENTRY),
        "may_decide": user.has_perm(Permission.DECIDE_PROPOSAL),
        "deliveries": delivery_lines(now, beside) if user.has_perm(Permission.VIEW_DELIVERY) else None,
        "people": people,
        "on_shift": people.on_shift,
        "maintenances": maintenances(beside, now),
        "next_calls": people.next_calls,
    }


def _beside(user: User, now: datetime) -> dict[str, list[Any]]:
    """What stands beside the incidents, few rows of each, in one query."""
    unfinished = Maintenance.objects.visible_to(user).unfinished()
    return together(
        feeds=AlertFeed.objects.visible_to(user).refused(),
        maintenances=unfinished.filter(starts_at__lt=now + PLANNED_AHEAD),
        **people_to_ring(user), **signs_of_life(),
    )  # fmt: skip


def maintenances(beside: dict[str, list[Any]], now: datetime) -> list[tuple[Maintenance, bool]]:
    """What is announced for the coming week or goes on, each with whether nothing was posted in time."""
    soonest = sorted(beside["maintenances"], key=lambda one: one.starts_at)
    return [(one, one.is_overdue(now)) for one in soonest]


def last_closed(known: list[Incident]) -> Incident | None:
    """For the empty board: when it was last not empty."""
    closed = (incident for incident in known if not incident.is_open)
    incident = max(closed, key=lambda each: each.changed_at, default=None)
    if incident:
        incident.closed_at = incident.resolved_at or incident.declined_at
    return incident


def most_urgent(
    user: User, incidents: list[Incident], proposals: list[Proposal], due: list[DueItem],
    asked: list[Question], now: datetime,
) -> dict[str, str] | None:  # fmt: skip
    """What cannot wait: a late promise, an incident that nobody has, a near promise, a question, an alert."""
    if due and due[0].is_late(now):
        return notice(due[0], now)
    unowned = [one for one in incidents if one.owner_id is None and one.owner_side == user.side]
    if unowned and user.has_perm(Permission.ADD_ENTRY):
        return _nobody_has(unowned[0])
    near = [item for item in due if item.is_soon(now) and item.incident.owner_side == user.side]
    if near and user.has_perm(Permission.ADD_ENTRY):
        return notice(near[0], now)
    if for_me := [one for one in asked if one.asks and one.may_answer]:
        return _is_it_resolved(for_me[0])
    if proposals and user.has_perm(Permission.DECIDE_PROPOSAL):
        return {
            "kind": "warn", "icon": "server", "title": proposals[0].title, "url": "#proposals",
            "label": "Decide",
            "text": "Monitoring proposes an incident. Log it, or say why not.",
        }  # fmt: skip
    return None


def _nobody_has(incident: Incident) -> dict[str, str]:
    return {
        "kind": "warn", "icon": "clock", "title": "Nobody has this incident yet",
        "text": f"{incident.title}, {incident.customer}. Logged {format_time(incident.logged_at)}.",
        "url": reverse("incident", args=[incident.reference]), "label": "Open it",
    }  # fmt: skip


def _is_it_resolved(asked: Question) -> dict[str, str]:
    about = f"{asked.incident.title}, {asked.incident.customer}."
    return {
        "kind": "warn", "icon": "unknown", "title": asked.headline, "url": asked.url, "label": "Answer",
        "text": f"{about} {asked.text}",
    }  # fmt: skip


def found(user: User, words: str) -> dict[str, Any]:
    """What a search finds, of what this person may see."""
    if not words:
        return {"words": "", "incidents": [], "sops": [], "items": []}
    incidents = narrowed(Incident.objects.visible_to(user), {"q": words}).select_related(
        "customer", "service", "owner"
    )
    sops = Sop.objects.visible_to(user).filter(Q(code__icontains=words) | Q(title__icontains=words))
    items = HandoverItem.objects.visible_to(user).filter(
        Q(situation__icontains=words)
        | Q(background__icontains=words)
        | Q(incident__reference__icontains=words)
    )
    return {
        "words": words,
        "incidents": list(incidents.order_by("-logged_at")[:20]),
        "sops": list(sops[:20]),
        "items": list(items.select_related("handover", "incident").order_by("-id")[:20]),
    }
