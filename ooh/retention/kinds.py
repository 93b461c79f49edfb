"""The retention table: each kind of row, how long it is kept and why, and what becomes of it then."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from auditlog.models import LogEntry
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from knox.models import AuthToken

from accounts.chain import tombstones
from accounts.models import AccessEvent, ProviderIdentity, ReadRecord, SignInDelay, User
from incidents.models import Incident, IntakeDraft, LegalHold, ReceivedAlerts, Subscriber
from ooh.retention.incident_words import belonging, purge_incident

YEAR = 365
GONE = "@left.invalid"
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kind:
    """`over(before)` are the rows whose time ended then; `purge` lets them go and says how many."""

    name: str
    what: str
    days: int
    why: str
    then: str
    over: Callable[[datetime], "QuerySet[Any]"]
    purge: Callable[["QuerySet[Any]", "Kind", User], int]
    is_kept_by_any_hold: bool = False

    @property
    def kept_for(self) -> int:
        """Days; the installation may keep things longer or shorter, by RETENTION_DAYS."""
        return int(settings.RETENTION_DAYS.get(self.name, self.days))

    @property
    def rule(self) -> str:
        return f"kept for {self.kept_for} days"

    def due(self, now: datetime) -> "QuerySet[Any]":
        """What may go now: its time is over, and no hold keeps it."""
        rows, holds = self.over(now - timedelta(days=self.kept_for)), LegalHold.objects.in_force()
        if not self.is_kept_by_any_hold:
            holds = holds.filter(incident=None, customer=None)
        return rows.none() if holds.exists() else rows

    def held(self, now: datetime) -> int:
        """How many would go, but for a hold."""
        return self.over(now - timedelta(days=self.kept_for)).count() - self.due(now).count()


class IncidentKind(Kind):
    """Holds name incidents and customers, and keep just those."""

    def due(self, now: datetime) -> "QuerySet[Any]":
        holds = LegalHold.objects.in_force()
        named = holds.filter(Q(incident=OuterRef("pk")) | Q(customer=OuterRef("customer"))
                             | Q(incident=None, customer=None))  # fmt: skip
        return self.over(now - timedelta(days=self.kept_for)).exclude(Exists(named))


def _incidents(before: datetime) -> "QuerySet[Any]":
    """By their end, if nothing was changed since. One that is open has none."""
    ended = Coalesce("resolved_at", "declined_at")
    rows = Incident.objects.closed().filter(purge=None).annotate(ended=ended)
    return rows.filter(ended__lt=before, changed_at__lt=before)


def _purge_incidents(rows: "QuerySet[Any]", kind: Kind, by: User) -> int:
    purged = 0
    for incident in rows.order_by("pk"):
        try:
            purge_incident(incident, rule=kind.rule, by=by)
            purged += 1
        except IntegrityError:  # a hold was placed meanwhile: the database has the last word
            logger.warning("Retention: %s is held", incident.reference)
    return purged


def _trail(before: datetime) -> "QuerySet[Any]":
    """What the trail says of rows that belong to no incident: those of an incident go with it."""
    rows: QuerySet[Any] = LogEntry.objects.filter(timestamp__lt=before)
    for model, way in belonging():
        kept: dict[str, Any] = {"content_type": ContentType.objects.get_for_model(model)}
        if way != "pk":
            kept["object_id__in"] = model._base_manager.exclude(**{way: None}).values("pk")
        rows = rows.exclude(**kept)
    return rows.exclude(additional_data__has_key="purged")


def _purge_trail(rows: "QuerySet[Any]", kind: Kind, by: User) -> int:
    return tombstones.bury_trail(rows, rule=kind.rule, by=by)


def _reads(before: datetime) -> "QuerySet[Any]":
    return ReadRecord.objects.filter(read_at__lt=before).exclude(once__startswith="purged ")


def _purge_reads(rows: "QuerySet[Any]", kind: Kind, by: User) -> int:
    return tombstones.bury_reads(rows, rule=kind.rule, by=by)


def _drafts(before: datetime) -> "QuerySet[Any]":
    return IntakeDraft.objects.filter(incident=None, saved_at__lt=before)


def _alerts(before: datetime) -> "QuerySet[Any]":
    return ReceivedAlerts.objects.filter(done_at__lt=before)


def _subscribers(before: datetime) -> "QuerySet[Any]":
    return Subscriber.objects.filter(ended_at__lt=before)


def _tokens(before: datetime) -> "QuerySet[Any]":
    rows: QuerySet[Any] = AuthToken.objects.filter(expiry__lt=before)
    return rows


def _sessions(before: datetime) -> "QuerySet[Any]":
    return Session.objects.filter(expire_date__lt=before)


def _sign_ins(before: datetime) -> "QuerySet[Any]":
    return AccessEvent.objects.filter(at__lt=before)


def _delays(before: datetime) -> "QuerySet[Any]":
    return SignInDelay.objects.filter(last_failed_at__lt=before)


def _leavers(before: datetime) -> "QuerySet[Any]":
    """Those whose access ended then, and who can still be reached by what the desk holds."""
    people: QuerySet[Any] = User.objects.filter(ends_at__lt=before)
    return people.exclude(email__endswith=GONE)


def _forget_contacts(rows: "QuerySet[Any]", kind: Kind, by: User) -> int:
    """The name stays, a role and a number: what they did stands under it."""
    found = list(rows)
    for person in found:
        with transaction.atomic():
            User.objects.filter(pk=person.pk).update(email=f"left-{person.pk}{GONE}", phone="")
            ProviderIdentity.objects.filter(person=person).delete()
            LogEntry.objects.log_create(
                person, action=LogEntry.Action.UPDATE, changes={"contacts": ["", f"Removed: {kind.rule}"]}
            )
    return len(found)


def _delete(rows: "QuerySet[Any]", kind: Kind, by: User) -> int:
    """Delete them, and take what they said out of the audit trail, also of the entry of their deletion."""
    ids = list(rows.values_list("pk", flat=True))
    count = len(ids)
    rows.model._base_manager.filter(pk__in=ids).delete()
    content_type = ContentType.objects.get_for_model(rows.model)
    of = LogEntry.objects.filter(content_type=content_type, object_pk__in=[str(each) for each in ids])
    tombstones.bury_trail(of, rule=kind.rule, by=by)
    return count


KINDS: tuple[Kind, ...] = (
    IncidentKind(
        "incidents",
        "What was said and written of an incident: callers, numbers, notes, calls, files, handovers",
        6 * YEAR, "six years after it was closed: as long as a claim under the contract may be brought",
        "the words go, in every table and in the audit trail; the figures stay for the reports",
        _incidents, _purge_incidents,
    ),
    Kind(
        "audit_trail", "The audit trail of all else: people, customers, SOPs, the rota", 6 * YEAR,
        "as long as the incidents that it explains",
        "the row stays in its chain, and says only when and which kind of act", _trail, _purge_trail,
        is_kept_by_any_hold=True,
    ),
    Kind(
        "reads", "Who read what", 2 * YEAR, "the upper end of what is advised for security logs",
        "the row stays in its chain, and names nobody", _reads, _purge_reads, is_kept_by_any_hold=True,
    ),
    Kind(
        "sign_ins", "Sign-ins, refusals, second factors, leaving: with the address of the machine", 2 * YEAR,
        "the upper end of what is advised for security logs",
        "deleted, and their copy in the audit trail blanked", _sign_ins, _delete, is_kept_by_any_hold=True,
    ),
    Kind(
        "leavers", "How people who have left could be reached", 2 * YEAR,
        "for questions about their last months",
        "e-mail address, telephone and provider identity go; the name stays under what they did",
        _leavers, _forget_contacts, is_kept_by_any_hold=True,
    ),
    Kind(
        "delays", "Counts of wrong tries to sign in", 30, "they slow down nobody after an hour", "deleted",
        _delays, _delete,
    ),
    Kind(
        "drafts", "Calls that were begun and never logged", 30, "long enough to find one that was forgotten",
        "deleted", _drafts, _delete,
    ),
    Kind(
        "alerts", "What monitoring sent, as it was read", 90, "the proposal that it became is kept",
        "deleted", _alerts, _delete,
    ),
    Kind(
        "subscribers", "Status subscribers who have left", 30, "to answer whoever asks why no mail came",
        "deleted", _subscribers, _delete,
    ),
    Kind(
        "tokens", "Tokens that have expired", 90, "they open nothing; the list shows that they were there",
        "deleted", _tokens, _delete,
    ),
    Kind("sessions", "Sessions that have ended", 1, "they open nothing", "deleted", _sessions, _delete),
)  # fmt: skip


def kind_of(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)
