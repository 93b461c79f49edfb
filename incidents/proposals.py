"""What monitoring sends: kept as a proposal, joined by its repeats, taken or dismissed by a person.

Each alert is one transaction. Raises PermissionDenied, ValidationError by field, or
`accounts.errors.Conflict` when somebody has decided already.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents import pid
from incidents.alerts import Alert
from incidents.guard import refuse_patient_data, require
from incidents.intake import EARLIEST_YEAR, log_incident
from incidents.local_time import format_time
from incidents.matching import Estate, Match
from incidents.models import Incident, Kind, Proposal, ReceivedAlerts
from incidents.timeline import record

# Monitoring repeats what it could not deliver, and reminds; a reminder is told once in this while.
TELL_AGAIN_AFTER = timedelta(minutes=15)
CALLER = "Monitoring alert"
NO_NUMBER = "Not known: from an alert"


@dataclass
class Received:
    """What was done with each alert of one payload."""

    received: int = 0
    proposed: int = 0
    joined: int = 0
    noted: int = 0
    ignored: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


# ---------- What comes in ----------


def receive(alerts: Iterable[Alert], *, by: User) -> Received:
    """Propose each new outage; a repeat joins its proposal; what concerns an open incident is noted there.

    Patient data in an alert's words is masked before anything is stored.
    """
    _allow(by, Permission.PROPOSE_INCIDENT)
    done, estate = Received(), Estate()
    # In the order of the keys, and of one key as they came: two workers never wait for each other.
    for alert in sorted(alerts, key=lambda alert: alert.dedup_key):
        done.received += 1
        outcome = _receive_end(alert, by) if alert.state == "resolved" else _receive_firing(alert, estate, by)
        if outcome in ("proposed", "joined", "noted"):
            setattr(done, outcome, getattr(done, outcome) + 1)
        else:
            done.ignored.append({"title": pid.mask(alert.title), "reason": outcome})
    return done


def show_unworked(row: ReceivedAlerts) -> Proposal:
    """Alerts that the desk understood and could not work on: one proposal tells of all, and none is lost."""
    titles = [str(alert["title"]) for alert in row.alerts]
    count = f"{len(titles)} alerts" if len(titles) > 1 else "An alert"
    return Proposal.objects.create(
        source=row.source, dedup_key=f"received:{row.pk}", title=f"{count} of {row.received_by}"[:200],
        summary=f"The desk could not work on what came: {'; '.join(titles)}"[:2000],
        monitor=str(row.received_by)[:200], fired_at=row.received_at, last_seen_at=row.received_at,
        pages=any(alert["pages"] for alert in row.alerts),
    )  # fmt: skip


@transaction.atomic
def _receive_firing(alert: Alert, estate: Estate, by: User) -> str:
    """`proposed`, `joined` or `noted`, or else why it is ignored."""
    if not alert.proposes:
        return alert.reason
    now = timezone.now()
    decided = _latest_decided(alert)
    if decided and not Proposal.objects.waiting().filter(**_identity(alert)).exists():
        if decided.incident and decided.incident.is_open:
            return _tell(decided.incident, decided, alert, by)
        if _is_repeat(alert, decided, now):
            _seen_again(decided, now)
            return "joined"
    fields = _fields(alert, estate.match(alert), now)
    is_new = _join_or_create(alert.source, alert.dedup_key, now, fields)
    return "proposed" if is_new else "joined"


@transaction.atomic
def _receive_end(alert: Alert, by: User) -> str:
    """The outage is over: said on its waiting proposal, or once on the incident that was logged from it."""
    over_at = alert.resolved_at or timezone.now()
    waiting = Proposal.objects.waiting().select_for_update().filter(**_identity(alert)).first()
    if waiting:
        waiting.cleared_at, waiting.last_seen_at = over_at, timezone.now()
        waiting.save()
        return "joined"
    decided = _latest_decided(alert)
    if decided is None or decided.incident is None or not decided.incident.is_open:
        return "It reports the end of an alert, and no proposal and no open incident of that alert is here."
    if decided.cleared_at and decided.cleared_at >= over_at:
        return "joined"
    decided.cleared_at, decided.last_seen_at = over_at, timezone.now()
    decided.save()
    record(decided.incident, Kind.ALERT, "Alert cleared", _quote(alert), by=by, at=_not_later(over_at))
    return "noted"


def _tell(incident: Incident, proposal: Proposal, alert: Alert, by: User) -> str:
    """Say on the open incident that it fires still, or again. A reminder within minutes only counts."""
    now, was_over, last = timezone.now(), proposal.cleared_at is not None, proposal.last_seen_at
    _seen_again(proposal, now)
    if not was_over and now - last < TELL_AGAIN_AFTER:
        return "joined"
    title = "Alert fires again" if was_over else "Alert fires still"
    record(incident, Kind.ALERT, title, _quote(alert), by=by, is_bad=True)
    return "noted"


def _seen_again(proposal: Proposal, now: datetime) -> None:
    proposal.times_seen, proposal.last_seen_at, proposal.cleared_at = proposal.times_seen + 1, now, None
    proposal.save()


def _is_repeat(alert: Alert, decided: Proposal, now: datetime) -> bool:
    """The outage that was decided already; where the sender names no time, only within minutes."""
    if alert.fired_at is None:
        return now - decided.last_seen_at < TELL_AGAIN_AFTER
    return alert.fired_at == decided.fired_at


def _join_or_create(source: str, key: str, now: datetime, fields: dict[str, Any]) -> bool:
    """Whether it is new. Two deliveries of one alert at once meet at the constraint: the second joins."""
    waiting = Proposal.objects.waiting().filter(source=source, dedup_key=key)
    try:
        if not waiting.exists():
            with transaction.atomic():
                Proposal.objects.create(source=source, dedup_key=key, last_seen_at=now, **fields)
            return True
    except IntegrityError:
        pass
    with transaction.atomic():
        for proposal in waiting.select_for_update():
            proposal.pages = proposal.pages or fields["pages"]
            _seen_again(proposal, now)
    return False


def _fields(alert: Alert, match: Match, now: datetime) -> dict[str, Any]:
    """What is kept of an alert, within the columns and with patient data masked."""
    return {
        "title": pid.mask(alert.title)[:200], "summary": pid.mask(alert.summary)[:2000],
        "pages": alert.pages,
        "severity": pid.mask(alert.severity)[:40], "monitor": pid.mask(alert.monitor)[:200],
        "targets": [pid.mask(target) for target in alert.targets],
        "labels": {name: pid.mask(value) for name, value in alert.labels.items()},
        "fired_at": alert.fired_at if alert.fired_at and alert.fired_at.year >= EARLIEST_YEAR else now,
        "customer": match.customer, "service": match.service, "component": match.component,
    }  # fmt: skip


def _identity(alert: Alert) -> dict[str, str]:
    return {"source": alert.source, "dedup_key": alert.dedup_key}


def _latest_decided(alert: Alert) -> Proposal | None:
    decided = Proposal.objects.filter(**_identity(alert)).exclude(state=Proposal.State.WAITING)
    return decided.select_for_update(of=("self",)).select_related("incident").order_by("-pk").first()


def _quote(alert: Alert) -> str:
    return pid.mask(f"{alert.title}. {alert.summary}")[:1000]


def _not_later(at: datetime) -> datetime:
    return min(at, timezone.now())


# ---------- What a person decides ----------


@transaction.atomic
def take(proposal_id: int, *, facts: dict[str, Any], by: User) -> Incident:
    """Log the proposed incident. `facts` are the arguments of `log_incident` that a person has found out.

    The rest comes from the alert: the switchboard to ring back, since when, its words. The gate judges the
    moment of taking, for an alert of the afternoon may be taken at night. Of two people the first logs it,
    the other gets a Conflict; the same person again gets the same incident.
    """
    _allow(by, Permission.DECIDE_PROPOSAL)
    proposal = _locked(proposal_id, by)
    if proposal.state == Proposal.State.TAKEN and proposal.decided_by_id == by.pk and proposal.incident:
        return proposal.incident
    refuse_decided(proposal)
    known = _known(proposal) | facts
    _require_target(known)
    incident = log_incident(**known, source=Incident.Source.ALERT, judged_at=timezone.now(), by=by)
    proposal.state, proposal.incident = Proposal.State.TAKEN, incident
    proposal.decided_by, proposal.decided_at = by, timezone.now()
    proposal.save()
    record(
        incident, Kind.ALERT, "Alert", f"{proposal.title}. {proposal.summary}", by=by,
        at=_not_later(proposal.fired_at), is_bad=True, source=proposal.source,
    )  # fmt: skip
    return incident


@transaction.atomic
def dismiss(proposal_id: int, *, reason: str, by: User) -> Proposal:
    """It is no incident, and why. The alert's repeats stay quiet; another outage is proposed again."""
    require(reason=(reason, "Say why it is no incident"))
    refuse_patient_data(reason=reason)
    _allow(by, Permission.DECIDE_PROPOSAL)
    proposal = _locked(proposal_id, by)
    if proposal.state == Proposal.State.DISMISSED and proposal.decided_by_id == by.pk:
        return proposal
    refuse_decided(proposal)
    proposal.state, proposal.reason = Proposal.State.DISMISSED, reason
    proposal.decided_by, proposal.decided_at = by, timezone.now()
    proposal.save()
    return proposal


def _known(proposal: Proposal) -> dict[str, Any]:
    """What the alert tells of the call that nobody made. Whom it hits, an alert does not know."""
    began_at = _not_later(proposal.fired_at)
    return {
        "customer": proposal.customer,
        "service": proposal.service,
        "component": proposal.component,
        "caller_name": CALLER,
        "call_back_number": (proposal.customer and proposal.customer.contact_phone) or NO_NUMBER,
        "failure": Incident.Failure.DOES_NOT_OPEN,
        "who_affected": Incident.Who.UNKNOWN,
        "error_text": proposal.title,
        "began_at": began_at,
        "is_began_approximate": False,
        "reported_at": began_at,
    }


def _require_target(known: dict[str, Any]) -> None:
    words = {
        "customer": "Choose the hospital: the alert does not name it",
        "service": "Choose the service: the alert does not name it",
    }
    missing = {name: [said] for name, said in words.items() if known[name] is None}
    if known.get("call_back_due_at") and known["caller_name"] == CALLER:
        missing["caller_name"] = ["Enter whom you promised to ring"]
    if missing:
        raise ValidationError(missing)


def _locked(proposal_id: int, by: User) -> Proposal:
    """Locked first and alone: what is joined to a row that had to be waited for is read before the wait."""
    visible = Proposal.objects.visible_to(by).filter(pk=proposal_id).values("pk")
    return Proposal.objects.select_for_update().get(pk__in=visible)


def refuse_decided(proposal: Proposal) -> None:
    """Conflict where somebody has logged or dismissed it."""
    if proposal.state == Proposal.State.WAITING:
        return
    at = format_time(proposal.decided_at) if proposal.decided_at else ""
    if proposal.state == Proposal.State.TAKEN:
        raise Conflict(
            f"{proposal.decided_by} has already logged this as {proposal.incident}",
            f"At {at}. Yours was not logged again: open {proposal.incident}.",
        )
    raise Conflict(f"{proposal.decided_by} has already dismissed this", f"At {at}: {proposal.reason}")


def _allow(by: User, permission: Permission) -> None:
    if not by.has_perm(permission):
        raise PermissionDenied
