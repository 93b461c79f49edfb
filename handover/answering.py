"""Answering a handover: the side that receives. Ownership moves here, item by item, and nowhere else."""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from handover import drafting
from handover.document import fingerprint
from handover.handing import hold, locked
from handover.models import Direction, Handover, HandoverItem
from handover.models.handover import may_answer
from incidents import services as incidents
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_time
from incidents.models import Incident, Kind
from incidents.timeline import record


def accept_item(item_id: int, *, read_back: str, by: User) -> HandoverItem:
    """The receiver says it back and owns the incident from now on.

    Raises Conflict when an SOP runs on it (the item goes on waiting), when somebody answered first, or when
    the incident was closed meanwhile; PermissionDenied to the side that offered.
    """
    require(read_back=(read_back, "Say it back in your own words: what it is, what you do next, by when"))
    refuse_patient_data(read_back=read_back)
    return _answered(item_id, HandoverItem.State.ACCEPTED, read_back[:2000], by)


def refuse_item(item_id: int, *, reason: str, by: User) -> HandoverItem:
    """It stays with its owner, who reads why. Raises as `accept_item` does."""
    require(reason=(reason, "Say what is missing, or whose it is"))
    refuse_patient_data(reason=reason)
    return _answered(item_id, HandoverItem.State.REFUSED, reason[:2000], by)


@transaction.atomic
def accept_statement(handover_id: int, *, by: User) -> Handover:
    """The receiver has read that there is nothing to hand over; that closes it."""
    handover = locked(handover_id, by)
    if handover.state == Handover.State.CLOSED and handover.to_user_id == by.pk:
        return handover
    if not may_answer(handover, by):
        raise PermissionDenied
    if not handover.is_nothing and handover.state == Handover.State.OFFERED:
        raise Conflict("There are items to answer", "Accept or refuse each of them.")
    _refuse_unless_offered(handover)
    if since := list(drafting.logged_since(handover)):
        names = ", ".join(incident.reference for incident in since)
        raise Conflict(
            f"{names} is open, and not in this handover",
            f"Nothing was accepted. Ask {handover.from_user} to take the offer back, and to offer it anew.",
        )
    handover.to_user = by
    _close_if_answered(handover, timezone.now())
    return handover


@transaction.atomic
def settle(handover_id: int) -> None:
    """Mark offered items whose incident was closed or changed hands, and close the handover if all are."""
    handover = Handover.objects.select_for_update(of=("self",)).with_people().get(pk=handover_id)
    if handover.state != Handover.State.OFFERED or handover.is_nothing:
        return
    held = drafting.held_by(handover.direction, handover.from_user)
    gone = handover.items.waiting().exclude(incident__in=held).select_related("incident__owner")
    if items := list(gone):
        drafting.lapse_closed(items)
        _close_if_answered(handover, timezone.now())


def _answered(item_id: int, answer: str, words: str, by: User) -> HandoverItem:
    """In two transactions: an item found closed meanwhile stays marked although the answer is refused."""
    settle(HandoverItem.objects.visible_to(by).values_list("handover_id", flat=True).get(pk=item_id))
    return _answer(item_id, answer, words, by)


@transaction.atomic
def _answer(item_id: int, answer: str, words: str, by: User) -> HandoverItem:
    handover = locked(HandoverItem.objects.values_list("handover_id", flat=True).get(pk=item_id), by)
    rows = HandoverItem.objects.select_for_update(of=("self",)).select_related("incident", "answered_by")
    item = rows.get(pk=item_id)
    item.handover = handover
    if item.state == answer and item.answered_by_id == by.pk:
        return item
    if not may_answer(handover, by):
        raise PermissionDenied
    _refuse_unless_waiting(item)
    _refuse_unless_offered(handover)
    at = timezone.now()
    if answer == HandoverItem.State.ACCEPTED:
        item.accept(by=by, at=at, read_back=words)
        _take_over(item, words, by)
    else:
        item.refuse(by=by, at=at, reason=words)
        _record_refusal(item, by)
    item.save()
    _note_receiver(handover, by)
    _close_if_answered(handover, at)
    return item


def _take_over(item: HandoverItem, read_back: str, by: User) -> None:
    """The incident moves to the receiver, by the services of the floor below."""
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=item.incident_id)
    if incident.has_running_sop:
        raise Conflict(
            f"An SOP runs on {incident}: it cannot change hands now",
            "The item goes on waiting. Finish or stop the run, then accept.",
        )
    moved = _move(item.handover, incident, read_back, by)
    first = next(iter(item.next_steps.splitlines()), "").strip()[:300]
    if first and first != moved.next_action:
        incidents.set_next_action(incident.pk, text=first, by=by)


def _move(handover: Handover, incident: Incident, read_back: str, by: User) -> Incident:
    if handover.direction == Direction.TO_VENDOR:
        return incidents.hand_over(incident.pk, read_back=read_back, by=by)
    if handover.direction == Direction.TO_PARTNER:
        return incidents.hand_back(incident.pk, read_back=read_back, by=by)
    if incident.owner_id != handover.from_user_id:  # its state does not tell, as it does of the others
        raise Conflict(f"{incident}: {drafting.outcome_of(incident)}", "There is nothing left to answer.")
    return incidents.change_owner(incident.pk, reason=f"Said back: “{read_back}”", by=by)


def _record_refusal(item: HandoverItem, by: User) -> None:
    hold([item])
    item.incident.refresh_from_db(fields=["owner"])
    keeper = item.incident.owner or item.handover.giver_words
    title = f"Handover refused by {by}: {keeper} still owns it"
    record(item.incident, Kind.HANDOVER, title, item.refuse_reason, by=by, handover=item.handover_id)


def _note_receiver(handover: Handover, by: User) -> None:
    if handover.to_user_id is None:
        handover.to_user = by
        handover.save()


def _close_if_answered(handover: Handover, at: datetime) -> None:
    """When nothing waits any more the document is closed, hashed and frozen."""
    items = list(handover.items.all())
    if any(item.is_waiting for item in items):
        return
    handover.close(at=at)
    handover.content_hash = fingerprint(handover, items)
    handover.save()


def _refuse_unless_offered(handover: Handover) -> None:
    if handover.state == Handover.State.DRAFT:
        raise Conflict("It has not been offered yet", "It is still a draft of the side that has it.")
    if handover.state != Handover.State.OFFERED:
        who = f"{handover.to_user} has already answered this" if handover.to_user else "It is closed already"
        raise Conflict(who, "Yours was not sent.")


def _refuse_unless_waiting(item: HandoverItem) -> None:
    if item.is_waiting:
        return
    if item.state == HandoverItem.State.LAPSED:
        raise Conflict(
            f"{item.incident}: {item.outcome}", "There is nothing left to answer. It is marked so."
        )
    done = "accepted" if item.state == HandoverItem.State.ACCEPTED else "refused"
    at = f"At {format_time(item.answered_at)}. " if item.answered_at else ""
    raise Conflict(f"{item.answered_by} has already {done} this", f"{at}Yours was not sent.")
