"""Places and lifts legal holds, and has the database itself refuse a purge that one is in the way of."""

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Customer, User
from accounts.roles import Permission
from incidents.guard import refuse_patient_data, require
from incidents.models import Incident, LegalHold

HELD = "A legal hold keeps this: nothing of it is purged"
KEPT = "Holds and purges are kept: a hold is lifted, never deleted"
_HOLD = (
    "EXISTS (SELECT 1 FROM incidents_legalhold h WHERE h.lifted_at IS NULL "
    "AND (h.until IS NULL OR h.until >= CURRENT_DATE) "
    "AND ((h.incident_id IS NULL AND h.customer_id IS NULL) OR h.incident_id = NEW.incident_id "
    "OR h.customer_id = (SELECT customer_id FROM incidents_incident WHERE id = NEW.incident_id)))"
)
SQLITE = (
    f"CREATE TRIGGER IF NOT EXISTS incidents_purge_held BEFORE INSERT ON incidents_purge WHEN {_HOLD} "
    f"BEGIN SELECT RAISE(ABORT, '{HELD}'); END",
    "CREATE TRIGGER IF NOT EXISTS incidents_purge_kept BEFORE DELETE ON incidents_purge "
    f"BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
    "CREATE TRIGGER IF NOT EXISTS incidents_legalhold_kept BEFORE DELETE ON incidents_legalhold "
    f"BEGIN SELECT RAISE(ABORT, '{KEPT}'); END",
)
POSTGRESQL = (
    f"""CREATE OR REPLACE FUNCTION incidents_refuse_held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF {_HOLD} THEN RAISE EXCEPTION '{HELD}' USING ERRCODE = 'integrity_constraint_violation'; END IF;
    RETURN NEW; END $$""",
    f"""CREATE OR REPLACE FUNCTION incidents_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION '{KEPT}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    "CREATE OR REPLACE TRIGGER incidents_purge_held BEFORE INSERT ON incidents_purge "
    "FOR EACH ROW EXECUTE FUNCTION incidents_refuse_held()",
    "CREATE OR REPLACE TRIGGER incidents_purge_kept BEFORE DELETE ON incidents_purge "
    "FOR EACH ROW EXECUTE FUNCTION incidents_refuse_delete()",
    "CREATE OR REPLACE TRIGGER incidents_legalhold_kept BEFORE DELETE ON incidents_legalhold "
    "FOR EACH ROW EXECUTE FUNCTION incidents_refuse_delete()",
)


def install(using: str = DEFAULT_DB_ALIAS, **_: Any) -> None:
    """Put the triggers in place after each `migrate`; again without harm."""
    connection = connections[using]
    if "incidents_purge" not in connection.introspection.table_names():
        return
    statements = {"sqlite": SQLITE, "postgresql": POSTGRESQL}.get(connection.vendor, ())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@transaction.atomic
def place(
    *,
    incident: Incident | None = None,
    customer: Customer | None = None,
    reason: str,
    until: date | None = None,
    by: User,
) -> LegalHold:
    """Keep all of this incident, of this customer, or, with neither, of the whole desk. For service managers.

    Raises ValidationError by field, PermissionDenied. The same hold twice is two holds: each has its reason.
    """
    _allow(by)
    require(reason=(reason, "Say why it must be kept"))
    refuse_patient_data(reason=reason)
    if until is not None and until < timezone.localdate():
        raise ValidationError({"until": ["That day is over. Leave it empty, or choose a later day"]})
    return LegalHold.objects.create(
        incident=incident, customer=customer, reason=reason.strip(), until=until, placed_by=by
    )


@transaction.atomic
def lift(hold_id: int, *, reason: str, by: User) -> LegalHold:
    """It may be purged again when its time comes. Lifting what is lifted is a conflict."""
    _allow(by)
    hold = LegalHold.objects.select_for_update().get(pk=hold_id)
    if hold.lifted_at is not None:
        raise Conflict("Lifted already", f"{hold.lifted_by} lifted it before. Nothing was changed.")
    require(reason=(reason, "Say why it need not be kept any more"))
    refuse_patient_data(reason=reason)
    hold.lifted_by, hold.lifted_at, hold.lifted_reason = by, timezone.now(), reason.strip()
    hold.save()
    return hold


def _allow(by: User) -> None:
    if not by.has_perm(Permission.MANAGE_HOLDS):
        raise PermissionDenied
