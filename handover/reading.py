"""What the pages of handovers show, each in a fixed number of queries."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page as PageOfRows
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from accounts.roles import Permission
from handover import calls, drafting, paging
from handover.document import fingerprint
from handover.escalating import ANSWER_WITHIN, ask_for_words
from handover.forms import (
    AcknowledgeForm,
    AddendumForm,
    AnswerForm,
    CallRecordForm,
    SectionForm,
    StatementForm,
)
from handover.models import SECTIONS, Direction, Handover, HandoverItem, Page
from handover.models.handover import may_answer, may_hand_over, may_offer
from handover.models.page import may_acknowledge
from incidents.models import Incident, Purge
from incidents.reads import note_incident

HISTORY = 25
PAGES_SHOWN = 30
SHIFT_BACK = timedelta(hours=12)
DRAFT_WORDS = {
    Direction.TO_VENDOR: "Prepare the 08:00 handover to the service desk",
    Direction.TO_PARTNER: "Prepare the 17:45 handover to the partner",
    Direction.SHIFT: "Hand my incidents to the next shift",
}


def overview(user: User, number: str) -> dict[str, Any]:
    """The next calls, what is drafted or offered now, and what was."""
    rows = Handover.objects.visible_to(user).with_people().annotate(**_counts(user))
    rows = rows.order_by("-call_at", "-id")  # counting dropped the model's own order
    current = list(rows.open())
    pages = Page.objects.visible_to(user).waiting().shown()
    return {
        "next_calls": calls.next_calls(timezone.now(), settings.DESK_NATION),
        "current": current,
        "history": _page(rows.exclude(state__in=(Handover.State.DRAFT, Handover.State.OFFERED)), number),
        "drafts": [(way, DRAFT_WORDS[way]) for way in Direction if may_draft(way, user, current)],
        "pages": list(pages[:PAGES_SHOWN]),
    }


def _counts(user: User) -> dict[str, Count]:
    """How many items each has, and how many wait: of those whose incident this person sees."""
    sees_all = user.has_perm(Permission.VIEW_INCIDENT)
    seen = Q() if sees_all else Q(items__incident__in=Incident.objects.visible_to(user))
    waits = seen & Q(items__state=HandoverItem.State.WAITING)
    return {"waits": Count("items", filter=waits), "size": Count("items", filter=seen or None)}


def may_draft(way: Direction, user: User, current: list[Handover]) -> bool:
    """Whether to offer this person a draft that is not there yet."""
    there = [each for each in current if each.direction == way]
    is_there = any(each.from_user_id == user.pk for each in there) if way == Direction.SHIFT else bool(there)
    return may_hand_over(way, user) and not is_there


def _page(rows: Any, number: str) -> "PageOfRows[Handover]":
    return Paginator(rows, HISTORY).get_page(number)


def facts(handover: Handover, user: User) -> dict[str, Any]:
    """One handover, whole: its items for this reader, the call, what was closed meanwhile, addenda."""
    items = list(handover.items.visible_to(user).shown())
    for item in items:
        item.handover = handover
        dress(item, user)
        note_incident(user, item.incident)
    may_write = user.has_perm(Permission.OFFER_HANDOVER) or user.has_perm(Permission.ACCEPT_HANDOVER)
    return {
        "handover": handover,
        "items": items,
        "waiting": [item for item in items if item.is_waiting],
        "answered": sum(not item.is_waiting for item in items),
        "may_answer": handover.state == Handover.State.OFFERED and may_answer(handover, user),
        "may_edit": handover.state == Handover.State.DRAFT and may_offer(handover, user),
        "may_write": may_write,
        "paged_at": handover.offered_at + ANSWER_WITHIN if handover.offered_at else None,
        "closed_since": closed_since(handover, user),
        "logged_since": logged_since(handover, user),
        "may_take_back": _may_take_back(handover, items, user),
        "addenda": list(handover.addenda.select_related("by")),
        "statement_form": StatementForm(),
        "call_form": CallRecordForm(initial=call_initial(handover)),
        "addendum_form": AddendumForm(),
        "is_whole": is_whole(handover, items, user),
    }


def dress(item: HandoverItem, user: User) -> HandoverItem:
    """What the item's fragment shows: its forms, as this reader may use them."""
    may_edit = item.handover.state == Handover.State.DRAFT and may_offer(item.handover, user)
    may_now = (
        item.handover.state == Handover.State.OFFERED and item.is_waiting and may_answer(item.handover, user)
    )
    item.sections = [
        SectionForm(item, name) for name in ("severity", *SECTIONS) if may_edit and item.is_waiting
    ]
    item.answer_form = AnswerForm(item) if may_now else None
    return item


def is_whole(handover: Handover, items: list[HandoverItem], user: User) -> bool | None:
    """Whether a closed document still has its fingerprint; None while open, or if the reader sees a part."""
    if handover.state != Handover.State.CLOSED or not user.has_perm(Permission.VIEW_INCIDENT):
        return None
    if fingerprint(handover, items) == handover.content_hash:
        return True
    # Words that were let go when their time was over are no forgery: then nothing can be said.
    is_purged = Purge.objects.filter(incident__in=[item.incident_id for item in items]).exists()
    return None if is_purged else False


def call_initial(handover: Handover) -> dict[str, Any]:
    people = [
        str(person) for person in (handover.offered_at and handover.from_user, handover.to_user) if person
    ]
    return {
        "began_at": handover.call_began_at or min(handover.call_at, timezone.now()),
        "ended_at": handover.call_ended_at,
        "participants": handover.participants or ", ".join(people),
    }


def closed_since(handover: Handover, user: User) -> list[Incident]:
    """What was resolved or declined between the call before this one and its closing (or now)."""
    start, end = told_from(handover), handover.closed_at or max(handover.call_at, timezone.now())
    closed = Q(state="resolved", resolved_at__range=(start, end)) | Q(
        state="declined", declined_at__range=(start, end)
    )
    rows = Incident.objects.visible_to(user).counted().filter(closed).select_related("customer", "service")
    return list(rows.order_by(Coalesce("resolved_at", "declined_at"), "pk"))


def logged_since(handover: Handover, user: User) -> list[Incident]:
    """What came after the offer, and is not in it."""
    if handover.state != Handover.State.OFFERED:
        return []
    return list(drafting.logged_since(handover).visible_to(user))


def _may_take_back(handover: Handover, items: list[HandoverItem], user: User) -> bool:
    is_answered = any(item.state in ("accepted", "refused") for item in items)
    return (
        handover.state == Handover.State.OFFERED
        and not is_answered
        and user.has_perm(Permission.VIEW_INCIDENT)
        and may_offer(handover, user)
    )


def told_from(handover: Handover) -> datetime:
    """Where the time begins that this handover tells of."""
    if handover.is_shift:
        return handover.call_at - SHIFT_BACK
    return calls.call_before(handover.call_at, settings.DESK_NATION).at


def pages_for(user: User) -> dict[str, Any]:
    """Pages that wait for an answer, oldest first, and the last that were answered."""
    rows = Page.objects.visible_to(user).shown()
    waiting = list(rows.waiting().order_by("paged_at"))
    for page in waiting:
        can = may_acknowledge(page, user)
        form = AcknowledgeForm(page.pk, is_paged=not ask_for_words(page, user)) if can else None
        page.form = form  # type: ignore[attr-defined]
    return {
        "waiting": waiting,
        "answered": list(rows.exclude(acknowledged_at=None)[:PAGES_SHOWN]),
        "is_configured": paging.is_configured(),
        "user": user,
    }
