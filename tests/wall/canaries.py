"""A word of its own in every text of every row that only the vendor may read."""

from typing import Any

from auditlog.models import LogEntry
from django.db.models import CharField, JSONField, Model, TextField
from django.utils import timezone

from accounts.audit import acting_as
from accounts.models import ProductDetail
from accounts.wall import policies
from accounts.wall.identity import as_system
from incidents import holds, services
from incidents.attachments import services as attachments
from incidents.freshdesk import conversations
from incidents.freshdesk.rows import conversation_row
from incidents.models import Conversation, Incident, LegalHold, PatientReport, Ticket, TimelineEntry
from incidents.timeline import record
from tests.end_to_end import world

CANARY = "zqcanary"
# Of each vendor table the columns with text that carry a canary; then those without words, and why.
PLANTED = {
    "accounts.ProductDetail": {"text"},
    "incidents.TimelineEntry": {"title", "text", "data"},
    "incidents.LegalHold": {"reason", "lifted_reason"},
    "incidents.PatientReport": {"reason"},
}
WORDLESS = {
    "incidents.TimelineEntry": {"seal": "a seal"},
    "incidents.Conversation": {"digest": "a digest, of which a canary cannot be read"},
    "incidents.PatientReport": {"places": "names of tables, and counts", "escrow": "encrypted"},
}


def vendor_tables() -> list[type[Model]]:
    """Those that the database walls, and those whose rows only `visible_to` keeps from the partner."""
    return [*policies.walled(), LegalHold, PatientReport]


def texts_of(model: type[Model]) -> set[str]:
    def is_text(field: Any) -> bool:
        return isinstance(field, CharField | TextField | JSONField) and not field.choices

    return {field.name for field in model._meta.concrete_fields if is_text(field)}


def plant(incident: Incident) -> None:
    """Through the services where there is one, so that audit rows and announcements are made as always."""
    analyst, manager = world.person(world.ANALYST), world.person(world.MANAGER)
    with acting_as(analyst), as_system("vendor rows for the walk"):
        services.add_product_note(incident.pk, text=f"Schema {CANARY}-note", by=analyst)
        record(
            incident, "product_note", f"{CANARY}-title", wall="vendor", by=analyst, announces=False,
            data={"said": f"{CANARY}-data"},
        )  # fmt: skip
        _read_privately(incident)
        attachments.add_attachment(
            incident.pk, name="waits.log", data=f"{CANARY}-bytes\n".encode(), by=analyst
        )
    with acting_as(manager), as_system("vendor rows for the walk"):
        ProductDetail.objects.create(
            customer=incident.customer, text=f"Version {CANARY}-detail", written_by=manager
        )
        kept = holds.place(incident=incident, reason=f"Dispute {CANARY}-hold", by=manager)
        holds.place(customer=incident.customer, reason=f"Dispute {CANARY}-hold-of-customer", by=manager)
        holds.lift(kept.pk, reason=f"Settled {CANARY}-lifted", by=manager)
        now = timezone.now()
        PatientReport.objects.create(
            incident=incident, kind="other", wall="vendor", state="restored", reported_by=analyst,
            stood_since=now, decided_by=manager, decided_at=now, reason=f"It was {CANARY}-report",
        )  # fmt: skip


def _read_privately(incident: Incident) -> None:
    """A private note of the vendor's agents, and another one that was shared and hidden again."""
    ticket = Ticket.objects.filter(incident=incident).first() or Ticket.objects.create(
        incident=incident, number=48999, seen_status=4, asked_at=timezone.now()
    )
    at = timezone.now().isoformat()
    note = {"id": 7001, "private": True, "source": 2, "created_at": at, "updated_at": at, "incoming": False}
    for words in (f"<b>{CANARY}-private</b>", "#ooh We are on it", f"Not so, {CANARY}-edited"):
        assert conversations.take_in(ticket, [conversation_row({**note, "body": words})]) == 0


def planted() -> dict[str, int]:
    """How many rows of each vendor table, and of the audit trail, hold a canary."""
    counted = {}
    for model in (ProductDetail, TimelineEntry, LegalHold, PatientReport):
        rows = model._base_manager.all()
        counted[model._meta.label] = sum(
            CANARY in str(list(row.values())) for row in (vars(each) for each in rows)
        )
    counted["auditlog.LogEntry"] = LogEntry.objects.filter(changes__icontains=CANARY).count()
    counted["incidents.Conversation"] = Conversation._base_manager.count()
    return counted
