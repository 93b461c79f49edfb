"""Logging an incident: the facts of the call, the gate's verdict kept with them, the first row of the timeline."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Customer, Service, User
from accounts.roles import Permission
from incidents import scope
from incidents.guard import refuse_patient_data, require
from incidents.local_time import local
from incidents.models import Incident, Kind, OutboxRow, ReferenceCounter
from incidents.outbox.writing import announce
from incidents.timeline import record

FREE_TEXTS = ("caller_name", "error_text", "impact", "customer_changes", "customer_reference")
NEXT_ACTIONS = {
    Incident.Gate.ACCEPT: "Begin triage",
    Incident.Gate.PASS_TO_LEAD: "Duty lead: ring the caller back and decide",
    Incident.Gate.DECLINE: "Decline with the words for the caller, or a lead overrides",
    Incident.Gate.ASK: "Ask what is missing, then decide",
}


def judge(
    customer: Customer | None, service: Service | None, failure: str, who_affected: str, at: datetime
) -> scope.Judgement:
    """The gate's answer on what is known so far. Pure rules: `incidents.scope`."""
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
        customer_name=customer.name if customer else "",
    )
    return scope.judge(call, at)


@transaction.atomic
def log_incident(
    *, customer: Customer, service: Service, caller_name: str, call_back_number: str, failure: str, who_affected: str,
    reported_at: datetime | None = None, source: str = Incident.Source.PHONE, by: User, **facts: Any,
) -> Incident:  # fmt: skip
    """Log a call or an alert. It is never refused for the gate's sake: a call not covered is a record too.

    `facts` are the other fields of `Incident` that the caller gave. Times are aware. Raises ValidationError by
    field, PermissionDenied. Queues the Freshdesk ticket.
    """
    if not by.has_perm(Permission.LOG_INCIDENT):
        raise PermissionDenied
    require(
        caller_name=(caller_name, "Enter who is calling"),
        call_back_number=(call_back_number, "Enter the number to call back on, and read it back"),
        failure=(failure, "Choose what does not work"),
        who_affected=(who_affected, "Choose who cannot use it"),
    )
    refuse_patient_data(caller_name=caller_name, **{name: facts.get(name) for name in FREE_TEXTS if name in facts})
    now = timezone.now()
    reported_at = reported_at or now
    _refuse_future(now, reported_at=reported_at, began_at=facts.get("began_at"))
    verdict = judge(customer, service, failure, who_affected, reported_at)
    incident = Incident.objects.create(
        reference=_next_reference(now), customer=customer, service=service, caller_name=caller_name,
        call_back_number=call_back_number, failure=failure, who_affected=who_affected, source=source,
        reported_at=reported_at, logged_at=now, logged_by=by, gate_outcome=verdict.outcome, gate_rule=verdict.rule,
        gate_verdict=verdict.as_dict(), next_action=NEXT_ACTIONS[Incident.Gate(verdict.outcome)], **facts,
    )  # fmt: skip
    announce(
        OutboxRow.Destination.FRESHDESK, "ticket", key=f"freshdesk:ticket:{incident.pk}", incident=incident
    )
    _record_log(incident, verdict, by)
    return incident


def _record_log(incident: Incident, verdict: scope.Judgement, by: User) -> None:
    source = {"phone": "a call", "api": "the service desk", "alert": "an alert"}[incident.source]
    heard = [f"{incident.get_failure_display()}. {incident.get_who_affected_display()}."]
    if incident.error_text:
        heard.append(f"“{incident.error_text}”")
    record(
        incident, Kind.LOGGED, f"Logged from {source}", " ".join(heard), by=by, at=incident.reported_at,
        caller=incident.caller_name,
    )  # fmt: skip
    record(incident, Kind.GATE, f"Gate: {verdict.headline}", by=by, outcome=verdict.outcome, rule=verdict.rule)


def _refuse_future(now: datetime, **times: datetime | None) -> None:
    wrong = {name: ["This is in the future. Enter when it was"] for name, at in times.items() if at and at > now}
    if wrong:
        raise ValidationError(wrong)


def _next_reference(at: datetime) -> str:
    """The year's next number, `OOH-2026-00042`. The counter's row is locked until the caller commits."""
    year = local(at).year
    counter, _ = ReferenceCounter.objects.select_for_update().get_or_create(year=year)
    counter.last += 1
    counter.save()
    return str(counter)
