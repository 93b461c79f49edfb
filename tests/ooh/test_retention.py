"""Nothing is let go before its time, nothing that is held; and then all of it; and the chain holds."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken

from accounts import reads
from accounts.chain import linking
from accounts.chain.verifying import verify
from accounts.errors import Conflict
from accounts.models import (
    AccessEvent,
    ProviderIdentity,
    Read,
    ReadRecord,
    Redaction,
    SignInDelay,
    User,
)
from accounts.wall.identity import as_system
from handover import reading
from handover.document import fingerprint
from handover.models import Handover, HandoverItem
from incidents import calls, holds, services
from incidents.models import Incident, IntakeDraft, LegalHold, Purge, ReceivedAlerts, TimelineEntry
from ooh.retention import incident_words
from ooh.retention.kinds import KINDS, kind_of
from ooh.tasks import purge_what_is_over
from tests import factories

CANARY = "Quillfeather"
Browse = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def old(engineer: User, analyst: User, service: Any) -> Incident:
    """Declined six years and a month ago, with somebody's name wherever a name can stand."""
    then = timezone.now() - timedelta(days=6 * 365 + 30)
    with time_machine.travel(then, tick=False):
        incident = factories.make_incident(
            by=engineer, service=service, caller_name=CANARY, call_back_number="01632 960888", impact=CANARY,
            reported_at=then,
        )  # fmt: skip
        services.add_note(incident.pk, text=f"{CANARY} rang", by=engineer)
        services.add_product_note(incident.pk, text=f"{CANARY} changed the schema", by=analyst)
        call = {"who": CANARY, "number": "01632 960888", "direction": "out", "purpose": "update"}
        calls.log_call(incident.pk, **call, outcome="spoke", by=engineer)  # type: ignore[arg-type]
        services.decline(incident.pk, rule="failure", told_caller=f"Told {CANARY}", by=engineer)
    Incident.objects.filter(pk=incident.pk).update(changed_at=then)
    linking.link_new()
    incident.refresh_from_db()
    return incident


def retention(*arguments: str) -> str:
    said = StringIO()
    call_command("retention", *arguments, stdout=said)
    return said.getvalue()


def everything() -> str:
    """Every value of every table, as one text."""
    found = []
    with as_system("it looks into every row"), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [json.dumps([str(value) for value in row]) for row in cursor.fetchall()]
    return "\n".join(found)


def test_what_is_over_is_shown_first_and_goes_only_when_it_is_said(old: Incident, incident: Incident) -> None:
    assert "incidents: 1 due" in retention("purge")
    assert CANARY in everything()
    shown = retention("report")
    assert all(f"{kind.name}: {kind.what}" in shown for kind in KINDS)
    assert "kept for 2190 days, six years after it was closed" in shown
    assert "incidents: 1 let go" in retention("purge", "--yes", "--kind", "incidents")
    left = everything()
    assert CANARY not in left
    assert "01632 960888" not in left
    assert verify().broken == []
    old.refresh_from_db()
    assert (old.state, old.caller_name, old.impact, old.customer_changes) == (
        "declined", "Removed", "Removed", ""
    )  # fmt: skip
    assert Purge.objects.get(incident=old).rule == "kept for 2190 days"
    last = LogEntry.objects.get_for_object(old).latest("id")
    assert last.changes == {"words": ["", "Removed: kept for 2190 days"]}
    incident.refresh_from_db()
    assert incident.caller_name == "IT on-call manager"
    assert "incidents: 0 due" in retention("purge")


def test_nothing_goes_a_day_too_early(old: Incident, engineer: User, settings: Any) -> None:
    settings.RETENTION_DAYS = {"incidents": 6 * 365 + 31}
    assert not kind_of("incidents").due(timezone.now()).exists()
    settings.RETENTION_DAYS = {"incidents": 6 * 365 + 29}
    assert list(kind_of("incidents").due(timezone.now())) == [old]
    Incident.objects.filter(pk=old.pk).update(changed_at=timezone.now())  # corrected, say
    assert not kind_of("incidents").due(timezone.now()).exists()


@pytest.mark.parametrize("of", ["incident", "customer", "desk"])
def test_a_hold_keeps_what_it_names_in_code_and_in_the_database(
    of: str, old: Incident, manager: User
) -> None:
    named = {"incident": {"incident": old}, "customer": {"customer": old.customer}, "desk": {}}[of]
    hold = holds.place(**named, reason="Claim 12 of the hospital", by=manager)  # type: ignore[arg-type]
    assert "0 due, 1 kept by a legal hold" in retention("purge", "--kind", "incidents")
    purge_what_is_over()
    assert not Purge.objects.exists()
    with pytest.raises(IntegrityError, match="legal hold"), transaction.atomic():
        incident_words.purge_incident(old, rule="because", by=manager)
    old.refresh_from_db()
    assert old.caller_name == CANARY
    holds.lift(hold.pk, reason="The claim was settled", by=manager)
    purge_what_is_over()
    assert Purge.objects.filter(incident=old).exists()


def test_a_hold_on_another_or_one_that_has_ended_keeps_nothing(
    old: Incident, incident: Incident, manager: User
) -> None:
    holds.place(incident=incident, reason="Claim 13", by=manager)
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        holds.place(until=timezone.localdate() + timedelta(days=3), reason="An enquiry", by=manager)
    assert list(kind_of("incidents").due(timezone.now())) == [old]
    assert not kind_of("audit_trail").due(timezone.now()).exists()  # any hold keeps the trail whole
    assert kind_of("audit_trail").held(timezone.now()) > 0
    incident_words.purge_incident(old, rule="because", by=manager)


def test_holds_and_purges_are_never_deleted(old: Incident, manager: User) -> None:
    holds.place(customer=factories.make_customer(), reason="Claim 14", by=manager)
    incident_words.purge_incident(old, rule="because", by=manager)
    for table in ("incidents_legalhold", "incidents_purge"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
    with pytest.raises(TypeError):
        LegalHold.objects.all().delete()


def test_the_words_of_a_frozen_handover_go_with_their_incident_and_no_others_do(
    old: Incident, incident: Incident, engineer: User, manager: User
) -> None:
    then = timezone.now() - timedelta(days=6 * 365 + 29)
    times = {"call_at": then, "drafted_at": then, "offered_at": then}
    handover = Handover.objects.create(direction="to_vendor", from_user=engineer, **times)
    for each in (old, incident):
        HandoverItem.objects.create(
            handover=handover, incident=each, position=each.pk, situation=CANARY, state="accepted",
            read_back=CANARY, answered_by=engineer, answered_at=then,
        )  # fmt: skip
    hashed = fingerprint(handover, handover.items.all())
    Handover.objects.filter(pk=handover.pk).update(state="closed", closed_at=then, content_hash=hashed)
    handover.refresh_from_db()
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        HandoverItem.objects.filter(incident=old).update(situation="Another")
    assert reading.is_whole(handover, list(handover.items.all()), manager) is False  # closed_at is hashed too
    incident_words.purge_incident(old, rule="because", by=manager)
    assert [item.situation for item in handover.items.order_by("position")] == ["Removed", CANARY]
    assert reading.is_whole(handover, list(handover.items.all()), manager) is None
    with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
        HandoverItem.objects.filter(incident=incident).update(situation="Another")


def test_the_trail_and_the_reads_become_tombstones_and_the_chain_holds(
    engineer: User, customer: Any, manager: User
) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=7 * 365), tick=False):
        gone = factories.make_team(name=CANARY)
        reads.exported(engineer, name=CANARY, rows=1)
    kept = factories.make_team(name="Stays")
    linking.link_new()
    assert CANARY in " ".join(str(entry.changes) for entry in LogEntry.objects.get_for_object(gone))
    for kind in ("audit_trail", "reads"):
        assert "1 let go" in retention("purge", "--yes", "--kind", kind)
        assert f"{kind}: 0 due" in retention("purge", "--kind", kind)
    (entry,) = LogEntry.objects.get_for_object(gone)
    assert (entry.changes, entry.object_repr, entry.actor) == ({}, "", None)
    assert entry.additional_data["purged"] == "kept for 2190 days"
    record = ReadRecord.objects.get(what=Read.EXPORT)
    assert (record.reader, record.object_name) == (User.objects.system(), "")
    assert LogEntry.objects.get_for_object(kept).get().changes
    assert verify().broken == []
    Redaction.objects.filter(chain="audit").update(reason="Another")
    assert len(verify().broken) == 1


def test_small_things_are_deleted_in_their_time_and_leave_no_words(
    engineer: User, integration: User, alert_source: User
) -> None:
    now = timezone.now()
    for days in (29, 31):
        with time_machine.travel(now - timedelta(days=days), tick=False):
            IntakeDraft.objects.create(
                by=engineer, fields={"caller_name": CANARY}, call_began_at=timezone.now()
            )
    ReceivedAlerts.objects.create(
        source="azure", alerts=[], received_by=alert_source, done_at=now - timedelta(days=91)
    )
    ReceivedAlerts.objects.create(source="azure", alerts=[], received_by=alert_source)  # not done yet
    AuthToken.objects.create(integration, expiry=timedelta(days=-100))
    AuthToken.objects.create(integration, expiry=timedelta(days=90))
    retention("purge", "--yes")
    assert (IntakeDraft.objects.count(), ReceivedAlerts.objects.count(), AuthToken.objects.count()) == (
        1,
        1,
        1,
    )
    drafts = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(IntakeDraft))
    assert sum(CANARY in str(entry.changes) for entry in drafts) == 1
    assert verify().broken == []


def test_sign_ins_and_how_leavers_were_reached_go_in_their_time(
    engineer: User, lead: User, analyst: User, manager: User
) -> None:
    now = timezone.now()
    for days, person in ((729, engineer), (731, lead)):
        at = now - timedelta(days=days)
        with time_machine.travel(at, tick=False):
            AccessEvent.objects.create(
                kind="signed_in", person=person, at=at, address="198.51.100.7", detail=CANARY
            )
        person.ends_at, person.phone = at, "07700 900141"
        person.save()
        ProviderIdentity.objects.create(person=person, issuer="https://id.example", subject=f"{days}")
    SignInDelay.objects.create(key="a" * 64, last_failed_at=now - timedelta(days=31))
    address = engineer.email
    hold = holds.place(customer=factories.make_customer(), reason="Claim 16", by=manager)
    retention("purge", "--yes")
    assert AccessEvent.objects.count() == 2
    holds.lift(hold.pk, reason="Over", by=manager)
    retention("purge", "--yes")
    assert [event.person for event in AccessEvent.objects.all()] == [engineer]
    assert not SignInDelay.objects.exists()
    for person in (engineer, lead):
        person.refresh_from_db()
    assert (engineer.email, engineer.phone) == (address, "07700 900141")
    assert (lead.email, lead.phone, lead.name) == (f"left-{lead.pk}@left.invalid", "", "Night lead")
    assert ProviderIdentity.objects.get().person == engineer
    events = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(AccessEvent))
    assert sum(CANARY in str(entry.changes) for entry in events) == 1
    last = LogEntry.objects.get_for_object(lead).latest("id")
    assert last.changes == {"contacts": ["", "Removed: kept for 730 days"]}
    assert retention("purge").count("0 due") == len(KINDS)
    assert verify().broken == []


def test_a_purged_incident_says_so_on_its_page_and_costs_no_more_questions(
    old: Incident, manager: User, browse: Browse
) -> None:
    browser, page = browse(manager), f"/incidents/{old.reference}/"
    with CaptureQueriesContext(connection) as before:
        assert "Its words were let go" not in browser.get(page).content.decode()
    incident_words.purge_incident(old, rule="kept for 2190 days", by=manager)
    with CaptureQueriesContext(connection) as after:
        told = browser.get(page).content.decode()
    assert "Its words were let go" in told
    assert "kept for 2190 days" in told
    assert CANARY not in told
    assert len(after) <= len(before)


def test_every_column_with_words_of_an_incident_is_let_go_or_stays_for_a_reason() -> None:
    forgotten = []
    for model in {model for model, _ in incident_words.belonging()} - {TimelineEntry}:
        _, taken = incident_words.WORDS.get(model._meta.label, ("", ()))
        told = {*taken, *incident_words.STAYS.get(model._meta.label, ("", ()))[1]}
        forgotten += [f"{model._meta.label}.{name}" for name in sorted(texts_of(model) ^ told)]
    assert forgotten == []


def texts_of(model: type[models.Model]) -> set[str]:
    kinds = models.CharField | models.TextField | models.JSONField
    fields = model._meta.concrete_fields
    return {field.name for field in fields if isinstance(field, kinds) and not field.choices}


# ---------- The page ----------


def test_a_service_manager_places_and_lifts_holds_on_the_page(
    old: Incident, manager: User, vendor_auditor: User, engineer: User, partner_auditor: User, browse: Browse
) -> None:
    browser = browse(manager)
    wrong = browser.post("/holds/", {"what": "incident", "reference": "OOH-1999-00001", "until": "soon"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert "There is no such incident" in page
    assert "Say why it must be kept" in page
    assert "Enter a day" in page
    assert 'value="OOH-1999-00001"' in page
    sent = {"what": "incident", "reference": old.reference.lower(), "reason": "Claim 15", "until": ""}
    assert browser.post("/holds/", sent).status_code == 302
    hold = LegalHold.objects.get()
    assert (hold.incident, hold.placed_by, hold.is_in_force) == (old, manager, True)
    assert "Claim 15" in browse(vendor_auditor).get("/holds/").content.decode()
    assert "Place the hold" not in browse(vendor_auditor).get("/holds/").content.decode()
    assert browse(vendor_auditor).post(f"/holds/{hold.pk}/lift/", {"reason": "x"}).status_code == 403
    for person in (engineer, partner_auditor):
        assert browse(person).get("/holds/").status_code == 403
    assert browser.post(f"/holds/{hold.pk}/lift/", {"reason": ""}).status_code == 422
    assert browser.post(f"/holds/{hold.pk}/lift/", {"reason": "Settled"}).status_code == 302
    assert "Settled" in browser.get("/holds/").content.decode()
    assert browser.post(f"/holds/{hold.pk}/lift/", {"reason": "Again"}).status_code == 409


def test_a_hold_is_refused_without_a_right_a_reason_or_a_day_to_come(
    incident: Incident, manager: User, lead: User
) -> None:
    with pytest.raises(PermissionDenied):
        holds.place(incident=incident, reason="Mine", by=lead)
    for bad in ({"reason": " "}, {"reason": "x", "until": timezone.localdate() - timedelta(days=1)}):
        with pytest.raises(ValidationError):
            holds.place(incident=incident, by=manager, **bad)  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="patient"):
        holds.place(incident=incident, reason="NHS number 999 123 4560, claim", by=manager)
    hold = holds.place(incident=incident, reason="Claim", by=manager)
    holds.lift(hold.pk, reason="Over", by=manager)
    with pytest.raises(Conflict):
        holds.lift(hold.pk, reason="Over", by=manager)
