"""Taking words out of handovers, closed ones too: the one way in which a frozen document is written again."""

from typing import Any

from django.db.models import Model

from accounts.chain import redacting
from accounts.models import User
from handover.document import fingerprint
from handover.models import Handover, HandoverAddendum, HandoverItem
from incidents.models import Incident
from incidents.redaction import scope
from incidents.redaction.scrubbing import changes

CHAIN = "handover"  # the name under which the database lets a frozen handover be written
Pairs = list[tuple[str, str]]


def register() -> None:
    scope.register(scrub, Handover, HandoverItem, HandoverAddendum)


def scrub(incident: Incident, pairs: Pairs, *, reason: str, by: User) -> tuple[list[Model], list[Model]]:
    """In each handover with an item of the incident: its statement, that item, its addenda.

    A closed one gets the fingerprint of what it says from then on. All rows looked at, and those written.
    """
    touched: list[Model] = []
    written: list[Model] = []
    for handover in Handover.objects.filter(items__incident=incident).order_by("pk"):
        items = list(handover.items.filter(incident=incident))
        rows: list[Model] = [handover, *items, *handover.addenda.all()]
        found = [(row, changed) for row in rows if (changed := changes(row, pairs))]
        touched += rows
        if found:
            _write(handover, found, reason=reason, by=by)
            written += [row for row, _ in found]
    return touched, written


def _write(handover: Handover, found: list[tuple[Model, dict[str, Any]]], *, reason: str, by: User) -> None:
    redaction = redacting.opened(CHAIN, handover.pk, reason=reason, by=by)
    for row, changed in found:
        for name, value in changed.items():
            setattr(row, name, value)
        type(row)._base_manager.filter(pk=row.pk).update(**changed)
    if handover.state == Handover.State.CLOSED:
        handover.content_hash = fingerprint(handover, handover.items.all())
        Handover._base_manager.filter(pk=handover.pk).update(content_hash=handover.content_hash)
    redacting.close(redaction, handover.content_hash)
