"""Logging an incident: the facts of the call, the verdict kept with them, the first row of the timeline."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Customer, Service, User
from accounts.roles import Permission
from incidents import scope
from incidents.calls import first_call
from incidents.guard import refuse_patient_data, refuse_patient_number, require
from incidents.local_time import format_day_time, local
from incidents.models import Incident, Kind, OutboxRow, ReferenceCounter, RequestKey, State, TimelineEntry
from incidents.models.incident import FIRST_UPDATE_WITHIN
from incidents.outbox.writing import announce
from incidents.services import open_for
from incidents.timeline import record

EARLIEST_YEAR = 2000  # a time before it is a slip of the keyboard or of a sender's clock
FREE_TEXTS = ("error_text", "impact", "customer_changes", "customer_reference")
NEXT_ACTIONS = {
    Incident.Gate.ACCEPT: "Begin triage",
    Incident.Gate.PASS_TO_LEAD: "Duty lead: ring the caller back and decide",
    Incident.Gate.DECLINE: "Decline with the words for the caller, or a lead overrides",
    Incident.Gate.ASK: "Ask what is missing, then decide",
}


def unlisted_customer() -> Customer:
    """Stands for a hospital that the desk does not know: in no list, never entitled, never dropped."""
    fields = {"name": "Hospital not listed", "is_active": False}
    return Customer.objects.get_or_create(short_name="not-listed", defaults=fields)[0]


def judge(
    customer: Customer | None, service: Service | None, failure: str, who_affected: str, at: datetime,
    *, customer_words: str = "",
) -> scope.Judgement:  # fmt: skip
    """The gate's answer on what is known so far. Pure rules: `incidents.scope`.

    A hospital that is not listed has no customer, only the caller's words for it: it is not entitled.
    """
    call = scope.Call(
        service=service.code if service else "",
        failure=failure,
        who=who_affected,
        nation=customer.nation if customer else settings.DESK_NATION,
        follows_own_holidays=bool(customer and customer.follows_own_holidays),
        desk_nation=settings.DESK_NATION,
        entitled_from=customer.entitled_from if customer else None,
        entitled_until=customer.entitled_until if customer else None,
        uses_clinical_features=bool(customer and customer.uses_clinical_features),
        customer_name=customer.name if customer else customer_words.strip(),
    )
    return scope.judge(call, at)


@transaction.atomic
def log_incident(
    *, customer: Customer | None, service: Service, caller_name: str, call_back_number: str, failure: str,
    who_affected: str, reported_at: datetime | None = None, judged_at: datetime | None = None,
    source: str = Incident.Source.PHONE, customer_words: str = "",
    call_back_due_at: datetime | None = None, by: User, **facts: Any,
) -> Incident:  # fmt: skip
    """Log a call or an alert. It is never refused for the gate's sake: a call not covered is a record too.

    `facts` are the other fields of `Incident` that the caller gave. A hospital that is not listed has no
    `customer` but `customer_words`: its call passes to the duty lead. Times are aware. The gate judges the
    moment of the report, unless `judged_at` says another. Accepted, the first status update is due
    `FIRST_UPDATE_WITHIN` of the logging, unless `facts` say another time. `call_back_due_at` is when the
    caller was promised to be rung: the first of the incident's calls carries it.
    Raises ValidationError by field, PermissionDenied. Queues the Freshdesk ticket.
    """
    if not by.has_perm(Permission.LOG_INCIDENT):
        raise PermissionDenied
    require(
        caller_name=(caller_name, "Enter who is calling"),
        call_back_number=(call_back_number, "Enter the number to call back on, and read it back"),
        failure=(failure, "Choose what does not work"),
        who_affected=(who_affected, "Choose who cannot use it"),
    )
    if customer is None:
        require(customer_words=(customer_words, "Write which hospital it is, in the caller’s words"))
    refuse_patient_data(caller_name=caller_name, customer_words=customer_words, **_texts(facts))
    refuse_patient_number(call_back_number=call_back_number)
    now = timezone.now()
    reported_at = reported_at or now
    _refuse_wrong_times(now, reported_at=reported_at, **_times(facts))
    asked = (customer, service, failure, who_affected, judged_at or reported_at)
    verdict = judge(*asked, customer_words=customer_words)
    facts = {"next_update_due_at": _first_update_due_at(verdict, now)} | facts
    incident = Incident.objects.create(
        reference=_next_reference(now), customer=customer or unlisted_customer(), service=service,
        caller_name=caller_name, call_back_number=call_back_number, failure=failure,
        who_affected=who_affected, source=source,
        reported_at=reported_at, logged_at=now, logged_by=by, gate_outcome=verdict.outcome,
        gate_rule=verdict.rule, gate_verdict=verdict.as_dict(),
        next_action=NEXT_ACTIONS[Incident.Gate(verdict.outcome)], **facts,
    )  # fmt: skip
    announce(
        OutboxRow.Destination.FRESHDESK, "ticket", key=f"freshdesk:ticket:{incident.pk}", incident=incident
    )
    entry = _record_log(incident, verdict, customer_words, call_back_due_at, by)
    if source != Incident.Source.ALERT or call_back_due_at:
        first_call(incident, entry, next_call_at=call_back_due_at, by=by).save()
    return incident


def _first_update_due_at(verdict: scope.Judgement, at: datetime) -> datetime | None:
    return at + FIRST_UPDATE_WITHIN if verdict.outcome == Incident.Gate.ACCEPT else None


def _texts(facts: dict[str, Any]) -> dict[str, str | None]:
    return {name: facts.get(name) for name in FREE_TEXTS}


def _times(facts: dict[str, Any]) -> dict[str, datetime | None]:
    return {name: facts.get(name) for name in ("began_at", "continuity_since_at")}


def log_once(*, key: str, fingerprint: str, by: User, **call: Any) -> tuple[Incident, bool]:
    """Log a call for a request that may come twice: the incident, and whether it is new.

    The same person's same key gives the same incident; with another body (`fingerprint`) it is a Conflict.
    Without a key each request logs.
    """
    if not key:
        return log_incident(by=by, **call), True
    if known := _request(key, by):
        return _same(known, fingerprint), False
    try:
        with transaction.atomic():
            incident = log_incident(by=by, **call)
            RequestKey.objects.create(by=by, key=key, fingerprint=fingerprint, incident=incident)
    except IntegrityError:  # the same request came twice at once, and the other was faster
        known = _request(key, by)
        if known is None:
            raise
        return _same(known, fingerprint), False
    return incident, True


def _same(known: RequestKey, fingerprint: str) -> Incident:
    if known.fingerprint == fingerprint:
        return known.incident
    raise Conflict(
        "This Idempotency-Key came before with another body",
        f"It logged {known.incident}. Send another key for another incident.",
    )


def _request(key: str, by: User) -> RequestKey | None:
    return RequestKey.objects.select_related("incident").filter(by=by, key=key).first()


@transaction.atomic
def answer_gate(incident_id: int, *, failure: str, who_affected: str, by: User) -> Incident:
    """What was not known at the call is known now: the gate judges again, as of the call.

    Only where the gate asked. What it said at the call stays in the timeline.
    """
    incident = open_for(incident_id, by, Permission.LOG_INCIDENT)
    if incident.gate_outcome != Incident.Gate.ASK:
        raise Conflict("The gate asks nothing of this incident", "A lead can override what it said.")
    at = datetime.fromisoformat(incident.gate_verdict["at"])
    verdict = judge(incident.customer, incident.service, failure, who_affected, at)
    incident.failure, incident.who_affected = failure, who_affected
    incident.gate_outcome, incident.gate_rule = verdict.outcome, verdict.rule
    incident.gate_verdict = verdict.as_dict()
    incident.next_update_due_at = incident.next_update_due_at or _first_update_due_at(verdict, timezone.now())
    if incident.state == State.LOGGED:
        incident.next_action = NEXT_ACTIONS[Incident.Gate(verdict.outcome)]
    incident.save()
    found = f"{incident.get_failure_display()}. {incident.get_who_affected_display()}."
    _record_gate(incident, verdict, found, by)
    return incident


def _record_log(
    incident: Incident, verdict: scope.Judgement, customer_words: str, call_back_due_at: datetime | None,
    by: User,
) -> TimelineEntry:  # fmt: skip
    source = {"phone": "a call", "api": "the service desk", "alert": "an alert"}[incident.source]
    heard = [f"{incident.get_failure_display()}. {incident.get_who_affected_display()}."]
    if customer_words:
        heard.insert(0, f"The hospital in the caller’s words: “{customer_words}”.")
    if incident.error_text:
        heard.append(f"“{incident.error_text}”")
    if call_back_due_at:
        heard.append(f"Promised to ring back by {format_day_time(call_back_due_at)}.")
    entry = record(
        incident, Kind.LOGGED, f"Logged from {source}", " ".join(heard), by=by, at=incident.reported_at,
        caller=incident.caller_name,
    )  # fmt: skip
    _record_gate(incident, verdict, "", by)
    return entry


def _record_gate(incident: Incident, verdict: scope.Judgement, text: str, by: User) -> None:
    title = f"Gate: {verdict.headline}"
    record(incident, Kind.GATE, title, text, by=by, outcome=verdict.outcome, rule=verdict.rule)


def _refuse_wrong_times(now: datetime, **times: datetime | None) -> None:
    given = {name: at for name, at in times.items() if at}
    wrong = {name: ["This is in the future. Enter when it was"] for name, at in given.items() if at > now}
    wrong |= {
        name: [f"This is before the year {EARLIEST_YEAR}. Enter when it was"]
        for name, at in given.items()
        if at.year < EARLIEST_YEAR
    }
    if wrong:
        raise ValidationError(wrong)


def _next_reference(at: datetime) -> str:
    """The year's next number, `OOH-2026-00042`. The counter's row is locked until the caller commits."""
    year = local(at).year
    counter, _ = ReferenceCounter.objects.select_for_update().get_or_create(year=year)
    counter.last += 1
    counter.save()
    return str(counter)
