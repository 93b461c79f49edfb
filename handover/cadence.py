"""Promised status updates and calls: their owner is warned five minutes before, a lead is told after.

What is due lies in rows, so a worker that was away catches up, each once: the row says for which promise
somebody was warned or told. A promise that was moved meanwhile is another one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from handover import shifts
from handover.escalating import announce_page, leads_of
from handover.models import Page
from incidents.local_time import format_day_time, format_time
from incidents.models import Incident, Kind, OutboxRow, PhoneCall
from incidents.models.call import PhoneCallQuerySet
from incidents.outbox import people
from incidents.outbox.writing import announce
from incidents.timeline import record

WARN_BEFORE = timedelta(minutes=5)


@dataclass(frozen=True)
class Promise:
    """A status update or a call that is due: of which incident, when, and in what words."""

    incident: Incident
    due_at: datetime
    words: str
    call: PhoneCall | None = None

    @property
    def name(self) -> str:
        """Tells it from every other: the same update moved to another time is another promise."""
        of = f"call:{self.call.pk}" if self.call else f"update:{self.incident.pk}"
        return f"{of}:{self.due_at.timestamp():.6f}"

    def is_near(self, now: datetime) -> bool:
        return self.due_at - WARN_BEFORE <= now <= self.due_at

    def is_late(self, now: datetime) -> bool:
        return self.due_at < now


# ---------- What the sweep looks for ----------


def updates_to_warn_of(now: datetime) -> Iterable[int]:
    near = Incident.objects.open().counted().filter(next_update_due_at__range=(now, now + WARN_BEFORE))
    return near.exclude(update_warned_for=F("next_update_due_at")).order_by("pk").values_list("pk", flat=True)


def late_updates(now: datetime) -> Iterable[int]:
    late = Incident.objects.open().counted().filter(next_update_due_at__lt=now)
    told = F("next_update_due_at")
    return late.exclude(update_late_told_for=told).order_by("pk").values_list("pk", flat=True)


def calls_to_warn_of(now: datetime) -> Iterable[int]:
    near = _calls().filter(warned_at=None, next_call_at__range=(now, now + WARN_BEFORE))
    return near.values_list("pk", flat=True)


def late_calls(now: datetime) -> Iterable[int]:
    return _calls().filter(told_late_at=None, next_call_at__lt=now).values_list("pk", flat=True)


def _calls() -> PhoneCallQuerySet:
    return PhoneCall.objects.waiting().filter(incident__is_rehearsal=False)


# ---------- Warning, and telling: each asks again under the lock whether it is still wanted ----------


@transaction.atomic
def warn_of_update(incident_id: int) -> None:
    """The owner hears that the promised update is near. Once for each promise."""
    promise, now = _update_of(_locked(incident_id)), timezone.now()
    if promise is None or not promise.is_near(now):
        return
    incident = promise.incident
    if incident.update_warned_for != promise.due_at:
        incident.update_warned_for = promise.due_at
        incident.save(update_fields=["update_warned_for"])
        _warn(promise, now)


@transaction.atomic
def warn_of_call(call_id: int) -> None:
    """The owner hears that the promised call is near. Once."""
    promise, now = _call_of(call_id), timezone.now()
    if promise and promise.call and promise.is_near(now) and promise.call.warned_at is None:
        promise.call.warned_at = now
        promise.call.save(update_fields=["warned_at"])
        _warn(promise, now)


@transaction.atomic
def tell_of_late_update(incident_id: int) -> None:
    """The lead is paged that a promised update did not come. Once for each promise."""
    promise, now = _update_of(_locked(incident_id)), timezone.now()
    if promise is None or not promise.is_late(now):
        return
    incident = promise.incident
    if incident.update_late_told_for != promise.due_at:
        incident.update_late_told_for = promise.due_at
        incident.save(update_fields=["update_late_told_for"])
        _tell_lead(promise, now)


@transaction.atomic
def tell_of_late_call(call_id: int) -> None:
    """The lead is paged that nobody made a promised call. Once."""
    promise, now = _call_of(call_id), timezone.now()
    if promise and promise.call and promise.is_late(now) and promise.call.told_late_at is None:
        promise.call.told_late_at = now
        promise.call.save(update_fields=["told_late_at"])
        _tell_lead(promise, now)


def _locked(incident_id: int) -> Incident:
    rows = Incident.objects.select_for_update(of=("self",)).select_related("owner", "service", "customer")
    return rows.get(pk=incident_id)


def _update_of(incident: Incident) -> Promise | None:
    """Nothing of an incident that was closed meanwhile, or is a rehearsal."""
    due_at = incident.next_update_due_at
    if due_at is None or not incident.is_open or incident.is_rehearsal:
        return None
    return Promise(incident, due_at, "Status update")


def _call_of(call_id: int) -> Promise | None:
    """Read again once its incident is locked: whoever logs a call locks that first."""
    incident = _locked(PhoneCall.objects.values_list("incident_id", flat=True).get(pk=call_id))
    call = PhoneCall.objects.select_related("by").get(pk=call_id)
    if call.next_call_at is None or call.kept_at or not incident.is_open or incident.is_rehearsal:
        return None
    return Promise(incident, call.next_call_at, call.next_call_words, call)


def _warn(promise: Promise, now: datetime) -> None:
    for person in _owners(promise.incident, now):
        announce(
            OutboxRow.Destination.PEOPLE, "warning", key=f"people:warning:{promise.name}:{person.pk}",
            incident=None, person=person.pk, of=promise.incident.pk, promised_for=promise.due_at.isoformat(),
            call=promise.call.pk if promise.call else None,
        )  # fmt: skip


def _owners(incident: Incident, now: datetime) -> list[User]:
    """Who owns it; while nobody does, who is on shift on its side, else that side's leads."""
    if incident.owner and incident.owner.is_working:
        return [incident.owner]
    on = [person for person, _ in shifts.on_shift(now) if person.side == incident.owner_side]
    return on or leads_of(incident.owner_side, now)


def _tell_lead(promise: Promise, now: datetime) -> None:
    """Page each lead of the side that owns it, and say so on the incident."""
    incident, by = promise.incident, User.objects.system()
    leads = leads_of(incident.owner_side, now)
    for lead in leads:
        page, is_new = Page.objects.get_or_create(
            key=f"late:{promise.name}:{lead.pk}",
            defaults={
                "incident": incident, "call": promise.call, "due_at": promise.due_at, "user": lead,
                "by": by, "paged_at": now, "reason": _why(promise),
                "words": f"{incident.reference}: {_late_words(promise)}"[:200],
            },
        )  # fmt: skip
        if is_new:
            announce_page(page)
    told = ", ".join(map(str, leads)) or "nobody: no lead is known"
    record(incident, Kind.ESCALATION, f"{_late_words(promise)}: told {told}", by=by, at=now, is_bad=True)


def _late_words(promise: Promise) -> str:
    return f"{promise.words}, due {format_time(promise.due_at)}, is late"


def _why(promise: Promise) -> str:
    owner = promise.incident.owner
    who = f"{owner} owns it" + (f", {owner.phone}" if owner.phone else "") if owner else "Nobody owns it yet"
    number = f" on {promise.call.number}" if promise.call and promise.call.number else ""
    act = f"ring {promise.call.who}{number}" if promise.call else "post the update"
    return f"Promised for {format_day_time(promise.due_at)}. {who}: ring them, or {act} yourself."


# What to look for, and what is then done with each.
SWEPT = (
    (updates_to_warn_of, warn_of_update),
    (calls_to_warn_of, warn_of_call),
    (late_updates, tell_of_late_update),
    (late_calls, tell_of_late_call),
)


# ---------- The warning, as it is sent ----------


def deliver_warning(row: OutboxRow) -> None:
    """Send it if the promise stands and has not passed: then the lead was told, and this one is of no use."""
    payload = row.payload
    promise = _promised(payload["of"], payload["call"])
    person = User.objects.get(pk=payload["person"])
    if promise is None or promise.due_at != datetime.fromisoformat(payload["promised_for"]):
        return
    if promise.is_late(timezone.now()) or not person.is_working:
        return
    incident = promise.incident
    lines = [
        f"{promise.words}: due {format_day_time(promise.due_at)}.", "",
        f"{incident.reference}: {incident.title}, {incident.customer}",
        *([f"Number: {promise.call.number}"] if promise.call and promise.call.number else []),
        "", f"The incident: {people.link('incident', reference=incident.reference)}",
    ]  # fmt: skip
    subject = " ".join(f"{promise.words}, due {format_time(promise.due_at)}: {incident.reference}".split())
    headers = {
        "Message-ID": people.message_id(f"warning-{row.pk}.{incident.reference}"),
        "References": people.message_id(incident.reference), "Auto-Submitted": "auto-generated",
    }  # fmt: skip
    people.send(EmailMessage(subject, "\n".join(lines), to=[person.email], headers=headers))


def _promised(incident_id: int, call_id: int | None) -> Promise | None:
    """The promise as it is now, without a lock: sending waits for other machines."""
    incident = Incident.objects.select_related("owner", "service", "customer").get(pk=incident_id)
    if call_id is None:
        return _update_of(incident)
    call = incident.calls.get(pk=call_id)
    if call.next_call_at is None or call.kept_at or not incident.is_open:
        return None
    return Promise(incident, call.next_call_at, call.next_call_words, call)


def is_over(page: Page) -> str:
    """What became of the promise that a page is about; nothing while it is still late."""
    if page.due_at is None or page.incident is None:
        return ""
    if not page.incident.is_open:
        return f"The incident is {page.incident.get_state_display().lower()}"
    if page.call:
        return _call_over(page.call)
    moved = page.incident.next_update_due_at != page.due_at
    return "The update was posted, or its time was moved" if moved else ""


def _call_over(call: PhoneCall) -> str:
    if call.kept_at is None:
        return ""
    at = format_time(call.kept_at)
    return f"Called off {at}: {call.called_off_reason}" if call.called_off_reason else f"Rung {at}"
