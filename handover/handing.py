"""Drafting, editing and offering a handover: the side that has the incidents."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from handover import calls, drafting, shifts
from handover.models import SECTIONS, Direction, Handover, HandoverAddendum, HandoverItem
from handover.models.handover import CALL_RECORD, may_hand_over, may_offer
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_day_time
from incidents.models import Incident, Kind
from incidents.timeline import record

LEFT_LYING = timedelta(hours=12)  # longer ago than a shift is long
LABELS = {
    "situation": "Situation",
    "background": "Background",
    "assessment": "Assessment",
    "next_steps": "Next",
    "not_tried": "Not tried",
    "promises": "Promises",
}


def locked(handover_id: int, by: User) -> Handover:
    """The handover, its row locked, if the person sees it. Always taken before any incident."""
    found = Handover.objects.visible_to(by).filter(pk=handover_id).values("pk")
    rows = Handover.objects.select_for_update(of=("self",)).with_people()
    return rows.get(pk__in=found)


def hold(items: Iterable[HandoverItem]) -> None:
    """Lock the incidents of these items, always in one order, before anything is written on them."""
    wanted = [item.incident_id for item in items]
    list(Incident.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk").values("pk"))


def draft(direction: str, *, by: User) -> Handover:
    """The draft of this person's side for its call, made from what happened, or the one there is.

    A handover offered already is given back as it is. Raises PermissionDenied to the side that receives.
    """
    if direction not in Direction.values:
        raise ValidationError(
            {"direction": ["Choose to the service desk, to the partner, or a shift change"]}
        )
    if not may_hand_over(direction, by):
        raise PermissionDenied
    at = timezone.now()
    if direction == Direction.SHIFT:
        return _drafted(direction, shifts.end_of(by, at) or at, by)
    call = calls.call_for(direction, at, settings.DESK_NATION)
    return _drafted(direction, call.at, User.objects.system())


@transaction.atomic
def prepare(call: calls.Call) -> Handover | None:
    """The draft for a coming call, made or brought up to date by the sweep; again without harm.

    None when that call's handover is offered or answered. Older drafts that nobody offered lapse.
    """
    there = Handover.objects.filter(direction=call.direction, call_at=call.at)
    if there.exclude(state=Handover.State.DRAFT).exists():
        return None
    stale = Handover.objects.select_for_update().filter(
        direction=call.direction, call_at__lt=call.at, state=Handover.State.DRAFT
    )
    for handover in stale:
        handover.lapse()
        handover.save()
    return _drafted(call.direction, call.at, User.objects.system())


@transaction.atomic
def _drafted(direction: str, call_at: datetime, giver: User) -> Handover:
    """The open handover of this call (or of this person's shift change); a draft is brought up to date."""
    whose = {"from_user": giver} if direction == Direction.SHIFT else {"call_at": call_at}
    handover, _ = Handover.objects.get_or_create(
        direction=direction, state__in=(Handover.State.DRAFT, Handover.State.OFFERED), **whose,
        defaults={"from_user": giver, "call_at": call_at, "drafted_at": timezone.now()},
    )  # fmt: skip
    handover = Handover.objects.select_for_update(of=("self",)).with_people().get(pk=handover.pk)
    if handover.state == Handover.State.DRAFT:
        _refresh(handover)
    return handover


def _refresh(handover: Handover) -> list[HandoverItem]:
    """Read again what happened. A shift change that was left lying is one of the shift that is now."""
    now = timezone.now()
    if handover.is_shift and handover.call_at < now - LEFT_LYING:
        handover.call_at = shifts.end_of(handover.from_user, now) or now
        handover.save()
    return drafting.refresh(handover)


@transaction.atomic
def refresh_draft(handover_id: int, *, by: User) -> list[HandoverItem]:
    """Read again what happened; what a person wrote stays. Returns the items that joined."""
    return _refresh(_editable(handover_id, by))


@transaction.atomic
def save_item(item_id: int, *, section: str, text: str, seen: str | None = None, by: User) -> HandoverItem:
    """Keep one section of one item of a draft, or its severity.

    `seen` is `mark` of the text that the person began from: if another person wrote it meanwhile, that is a
    conflict, and neither text is lost. Raises ValidationError for patient data and unknown sections.
    """
    handover_id = _visible_item(item_id, by).handover_id
    _editable(handover_id, by)
    item = HandoverItem.objects.select_for_update(of=("self",)).select_related("incident").get(pk=item_id)
    _check_section(section, text)
    before = getattr(item, section)
    if text == before and section in item.edited:
        return item
    if seen is not None and section in item.edited and seen != mark(before):
        raise Conflict(
            "Somebody else has written this section meanwhile", "Theirs stands. Put yours to it, then save."
        )
    setattr(item, section, text)
    item.edited = sorted({*item.edited, section})
    item.save()
    return item


def mark(text: str) -> str:
    """A short fingerprint of a section, so that two people do not write over each other."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _check_section(section: str, text: str) -> None:
    if section == "severity":
        if text not in HandoverItem.Severity.values:
            raise ValidationError({"severity": ["Choose critical, watch or stable"]})
        return
    if section not in SECTIONS:
        raise ValidationError({"section": [f"Name one of {', '.join(SECTIONS)} or severity"]})
    if section == "situation":
        require(situation=(text, "Say what the situation is"))
    if len(text) > 3000:
        raise ValidationError({section: [f"Shorten this by {len(text) - 3000} characters"]})
    refuse_patient_data(**{section: text})


def offer(handover_id: int, *, statement: str = "", by: User) -> Handover:
    """Offer it: from now on its words are frozen, and each item waits for the receiver's answer.

    Ownership stays where it is. With nothing open the person signs `statement` instead. What joined since the
    draft was read is kept in it and shown first (Conflict): nobody offers what they have not read.
    """
    joined = (
        refresh_draft(handover_id, by=by) if _is_draft(handover_id) else []
    )  # its own transaction: it stays
    if joined:
        names = ", ".join(item.incident.reference for item in joined)
        raise Conflict(f"{names} joined since this was drafted", "Read it in the draft, then offer.")
    return _offer(handover_id, statement.strip(), by)


def _is_draft(handover_id: int) -> bool:
    return Handover.objects.filter(pk=handover_id, state=Handover.State.DRAFT).exists()


@transaction.atomic
def _offer(handover_id: int, statement: str, by: User) -> Handover:
    handover = locked(handover_id, by)
    if handover.state == Handover.State.OFFERED and handover.from_user_id == by.pk:
        return handover
    if not may_offer(handover, by):
        raise PermissionDenied
    _refuse_unless_draft(handover)
    items = list(handover.items.waiting().select_related("incident"))
    _check_statement(statement, items)
    for item in items:
        refuse_patient_data(**{f"{item.incident}, {LABELS[name]}": getattr(item, name) for name in SECTIONS})
    hold(items)
    handover.offer(by=by, at=timezone.now(), statement=statement)
    handover.save()
    title = f"Offered to {handover.receiver_words}, handover of {format_day_time(handover.call_at)}"
    for item in items:
        record(item.incident, Kind.HANDOVER, title, text_of(item), by=by, handover=handover.pk)
    return handover


@transaction.atomic
def take_back(handover_id: int, *, by: User) -> Handover:
    """Make an offer a draft again, brought up to date, to put in what came since. Not after an answer.

    Taking back a draft returns quietly. Raises Conflict once an item is answered, PermissionDenied to the
    side that receives.
    """
    handover = locked(handover_id, by)
    if not may_offer(handover, by):
        raise PermissionDenied
    if handover.state == Handover.State.DRAFT:
        return handover
    answered = handover.items.exclude(state__in=(HandoverItem.State.WAITING, HandoverItem.State.LAPSED))
    if handover.state != Handover.State.OFFERED or answered.exists():
        raise Conflict("It has been answered", "Draft another handover for what came since.")
    items = list(handover.items.waiting().select_related("incident"))
    hold(items)
    handover.take_back(by=by)
    handover.save()
    for item in items:
        record(item.incident, Kind.HANDOVER, f"Offer taken back by {by}", by=by, handover=handover.pk)
    _refresh(handover)
    return handover


def _check_statement(statement: str, items: Sequence[HandoverItem]) -> None:
    if items and statement:
        raise ValidationError({"statement": ["There are items to hand over. Leave the statement empty"]})
    if not items:
        require(statement=(statement, "Nothing is open: write and sign that there is nothing to hand over"))
        refuse_patient_data(statement=statement)
    if len(statement) > 2000:
        raise ValidationError({"statement": [f"Shorten this by {len(statement) - 2000} characters"]})


def text_of(item: HandoverItem) -> str:
    """An item as one text, for the timeline and the ticket."""
    told = [(LABELS[name], getattr(item, name)) for name in SECTIONS]
    parts = [f"{label}: {text}" for label, text in told if text]
    return f"{item.get_severity_display()}.\n" + "\n".join(parts)


@transaction.atomic
def add_addendum(handover_id: int, *, text: str, by: User) -> HandoverAddendum:
    """Write under a closed handover, by either side. The document above stays as it was accepted."""
    require(text=(text, "Write what is to be added or corrected"))
    refuse_patient_data(text=text)
    handover = locked(handover_id, by)
    _refuse_bystanders(by)
    if handover.state != Handover.State.CLOSED:
        raise Conflict("It is not closed yet", "Answer its items; afterwards addenda can be written.")
    last = handover.addenda.last()
    if last and (last.by_id, last.text) == (by.pk, text[:2000]):
        return last
    return HandoverAddendum.objects.create(handover=handover, text=text[:2000], by=by)


@transaction.atomic
def record_call(
    handover_id: int, *, began_at: datetime, ended_at: datetime | None, participants: str, by: User
) -> Handover:
    """Who was on the call, its start and its end. Once its end is written it stays."""
    require(participants=(participants, "Name who was on the call, by role"))
    refuse_patient_data(participants=participants)
    _check_call(began_at, ended_at)
    handover = locked(handover_id, by)
    _refuse_bystanders(by)
    told = (began_at, ended_at, participants[:300])
    if told == (handover.call_began_at, handover.call_ended_at, handover.participants):
        return handover
    if handover.call_ended_at is not None:
        raise Conflict("The call is on record already", "Write an addendum to correct it.")
    handover.call_began_at, handover.call_ended_at, handover.participants = told
    handover.save(update_fields=CALL_RECORD)
    return handover


def _check_call(began_at: datetime, ended_at: datetime | None) -> None:
    now = timezone.now()
    wrong: dict[str, list[str]] = {}
    if began_at > now:
        wrong["began_at"] = ["This is in the future. Enter when the call began"]
    if ended_at is not None and ended_at > now:
        wrong["ended_at"] = ["This is in the future. Enter when the call ended, or leave it empty"]
    elif ended_at is not None and ended_at < began_at:
        wrong["ended_at"] = ["This is before it began. Correct one of the two"]
    if wrong:
        raise ValidationError(wrong)


def _visible_item(item_id: int, by: User) -> HandoverItem:
    return HandoverItem.objects.visible_to(by).get(pk=item_id)


def _editable(handover_id: int, by: User) -> Handover:
    handover = locked(handover_id, by)
    if not may_offer(handover, by):
        raise PermissionDenied
    _refuse_unless_draft(handover)
    return handover


def _refuse_unless_draft(handover: Handover) -> None:
    if handover.state != Handover.State.DRAFT:
        by = f" by {handover.from_user}" if handover.offered_at else ""
        at = f"At {format_day_time(handover.offered_at)}. " if handover.offered_at else ""
        word = "offered" if handover.offered_at else "replaced by a later one"
        raise Conflict(f"It has been {word}{by}: its words stay as they are", f"{at}Yours was not sent.")


def _refuse_bystanders(by: User) -> None:
    """Those who hand over or take over write in it; others only read."""
    if not (by.has_perm(Permission.OFFER_HANDOVER) or by.has_perm(Permission.ACCEPT_HANDOVER)):
        raise PermissionDenied
