"""What of an incident is words or names of people, and how they are let go when its time is over.

The incident stays as a figure: when, which customer and service, which states, how long. What anybody wrote
of it goes, in every table, and so do the copies that the audit trail holds of those rows.
"""

from collections.abc import Iterable
from typing import Any

from auditlog.models import LogEntry
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import JSONField, Model, Q, QuerySet
from django.utils import timezone

from accounts.chain import tombstones
from accounts.models import User
from incidents.models import Incident, Purge, TimelineEntry
from incidents.models.timeline import CHAIN as TIMELINE

REMOVED = "Removed"  # where a column may not be empty, or was not

# model: by which way it belongs to an incident, and which of its columns hold words.
WORDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "incidents.Incident": ("pk", (
        "caller_name", "call_back_number", "error_text", "impact", "customer_changes", "customer_reference",
        "override_reason", "next_action", "told_caller", "resolution",
    )),
    "incidents.PhoneCall": ("incident", ("who", "number", "called_off_reason")),
    "incidents.Proposal": ("incident", ("summary", "reason", "labels", "targets")),
    "incidents.IntakeDraft": ("incident", ("fields",)),
    "incidents.PatientReport": ("incident", ("reason",)),
    "incidents.Attachment": ("incident", ("name", "purge_reason")),
    "incidents.Ticket": ("incident", ("read_error",)),
    "incidents.OutboxRow": ("incident", ("last_error", "decision_reason")),
    "incidents.IncidentGrant": ("content_object", ("reason",)),
    "sops.SopGap": ("incident", ("reason",)),
    "sops.Run": ("incident", ("stop_reason",)),
    "sops.StepRun": ("run__incident", ("evidence", "look_words", "summary", "result")),
    "handover.HandoverItem": ("incident", (
        "situation", "background", "assessment", "next_steps", "not_tried", "promises", "read_back",
        "refuse_reason", "outcome",
    )),
    "handover.Page": ("incident", ("words", "reason", "answer")),
}  # fmt: skip

# Columns with text that stay, and why; a test finds a column that stands in neither table.
STAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "incidents.Incident": ("codes and figures", (
        "reference", "public_id", "gate_rule", "gate_verdict", "public_phase", "escalated_to", "decline_rule",
    )),
    "incidents.Proposal": ("what a machine sent", ("source", "dedup_key", "title", "severity", "monitor")),
    "incidents.StatusUpdate": ("public from the moment it was posted", ("words",)),
    "incidents.OutboxRow": ("keys, and numbers of rows", ("event", "key", "lane", "payload")),
    "incidents.RequestKey": ("a key of a machine's request", ("key", "fingerprint")),
    "incidents.Conversation": ("a digest", ("digest",)),
    "incidents.GuardDecision": ("kinds, counts and names of fields", ("field", "place")),
    "incidents.PatientReport": ("kinds and counts; its words went when it was decided", ("places", "escrow")),
    "incidents.Attachment": ("a digest; the file goes with the next sweep", ("content_hash",)),
    "incidents.LegalHold": ("why it was kept so long", ("reason", "lifted_reason")),
    "incidents.Purge": ("that it was purged", ("rule",)),
    "handover.HandoverItem": ("names of its sections", ("edited",)),
    "handover.Page": ("a key", ("key",)),
    "sops.Run": ("a hash", ("content_hash",)),
    "sops.StepRun": ("which action on which component, and the answer that was chosen", (
        "content", "action", "parameters", "resource_id", "agreed_side", "answer", "claimed_by", "operation",
    )),
}  # fmt: skip


@transaction.atomic
def purge_incident(incident: Incident, *, rule: str, by: User) -> Purge:
    """Let its words go, for good. The database refuses it while a legal hold names it.

    In one transaction, and recorded by hand: the audit trail would keep what is taken out.
    """
    purge = Purge.objects.create(incident=incident, rule=rule, by=by)
    for label, (way, columns) in WORDS.items():
        _empty(apps.get_model(label)._base_manager.filter(**{way: incident.pk}), columns)
    tombstones.bury(TIMELINE, TimelineEntry.objects.filter(incident=incident), _blank, rule=rule, by=by)
    tombstones.bury_trail(trail_of(incident), rule=rule, by=by)
    LogEntry.objects.log_create(
        incident, action=LogEntry.Action.UPDATE, changes={"words": ["", f"{REMOVED}: {rule}"]}
    )
    return purge


def trail_of(incident: Incident) -> "QuerySet[LogEntry]":
    """The audit rows of the incident and of every row that belongs to it, but of its purge."""
    of = Q(pk=None)
    for model, way in belonging():
        ids = model._base_manager.filter(**{way: incident.pk}).values("pk")
        if model is not Purge:
            of |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
    trail: QuerySet[LogEntry] = LogEntry.objects.filter(of)
    return trail


def belonging() -> Iterable[tuple[type[Model], str]]:
    """Every model whose rows belong to an incident, and the way there."""
    yield Incident, "pk"
    for field in Incident._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete and (field.one_to_many or field.one_to_one):
            yield field.related_model, field.field.name  # type: ignore[misc,union-attr]
    yield apps.get_model("sops.StepRun"), "run__incident"
    yield apps.get_model("incidents.Conversation"), "ticket__incident"
    yield apps.get_model("incidents.AffectedService"), "update__incident"


def _empty(rows: "QuerySet[Any]", columns: tuple[str, ...]) -> None:
    for name in columns:
        field = rows.model._meta.get_field(name)
        if isinstance(field, JSONField):
            rows.update(**{name: field.get_default()})
        else:
            rows.exclude(**{name: ""}).update(**{name: REMOVED})


def _blank(entry: TimelineEntry, rule: str) -> None:
    entry.title, entry.text, entry.data = REMOVED, f"{REMOVED}: {rule}, {timezone.localdate():%-d %B %Y}.", {}
