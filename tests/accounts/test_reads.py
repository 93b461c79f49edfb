"""Who was shown what is written down: once an hour, at little cost, for auditors, and for good."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import reads
from accounts.chain import linking
from accounts.chain.verifying import verify
from accounts.models import Customer, Read, ReadRecord, User
from incidents import services
from incidents.models import Incident
from tests import factories

Browse = Callable[[User | None], Client]


def told(by: User) -> list[tuple[str, str, int]]:
    records = ReadRecord.objects.filter(reader=by).order_by("pk")
    return [(record.what, record.object_name, record.rows) for record in records]


def test_opening_an_incident_is_recorded_once_an_hour_and_costs_one_query(
    incident: Incident, engineer: User, browse: Browse, night: Any
) -> None:
    browser, address = browse(engineer), f"/incidents/{incident.reference}/"
    with connection.execute_wrapper(counted := Statements()):
        answer = browser.get(address)
    first = counted.total
    (record,) = ReadRecord.objects.filter(reader=engineer)
    assert (record.what, record.object_id, record.rows) == (
        Read.INCIDENT, str(incident.pk), incident.timeline.count()
    )  # fmt: skip
    assert (record.organisation, record.source) == (engineer.organisation, "web")
    assert (record.request_id, record.route) == (
        answer["X-Request-ID"], "incidents/<reference:reference>/"
    )  # fmt: skip
    counted.total = 0
    with connection.execute_wrapper(counted):
        browser.get(address, {"part": "vitals"}, headers={"HX-Request": "true"})
        browser.get(address)
    assert counted.inserts == 1  # by the first of the three
    assert first <= 16
    night.shift(timedelta(hours=1))
    browse(engineer).get(address)
    assert len(told(engineer)) == 2


class Statements:
    """Counts what is asked of the database, and what is written of reads."""

    def __init__(self) -> None:
        self.total = self.inserts = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.total += 1
        self.inserts += sql.startswith("INSERT") and "accounts_readrecord" in sql
        return execute(sql, params, many, context)


def test_another_process_that_shows_the_same_adds_nothing(incident: Incident, engineer: User) -> None:
    for _ in range(2):
        caches["reads"].clear()
        reads.note(engineer, Read.INCIDENT, incident)
    assert told(engineer) == [("incident", incident.reference, 1)]


def test_product_notes_that_the_vendor_reads_are_recorded_and_a_partner_reads_none(
    incident: Incident, engineer: User, analyst: User, browse: Browse, api: Callable[[User], APIClient]
) -> None:
    services.add_product_note(incident.pk, text="Schema", by=analyst)
    for person in (engineer, analyst):
        browse(person).get(f"/incidents/{incident.reference}/")
    assert ("product_notes", incident.reference, 1) in told(analyst)
    assert [what for what, *_ in told(engineer)] == ["incident"]
    other = factories.make_user(factories.Role.SPECIALIST)
    Incident.objects.filter(pk=incident.pk).update(escalated_at=timezone.now())
    api(other).get(f"/api/v1/incidents/{incident.reference}/timeline/")
    assert [what for what, *_ in told(other)] == ["incident", "product_notes"]
    assert ReadRecord.objects.filter(reader=other, source="api").count() == 2


def test_each_export_and_each_sensitive_page_is_recorded(
    customer: Customer, manager: User, vendor_auditor: User, browse: Browse, engineer: User, tmp_path: Any
) -> None:
    for address in ("/reports/", "/reports/?format=csv", "/reports/?format=csv", "/subscribers/"):
        assert browse(manager).get(address).status_code == 200
    browse(manager).get(f"/admin/accounts/customer/{customer.pk}/change/")
    browse(manager).get(f"/admin/accounts/user/{engineer.pk}/change/")
    assert [what for what, *_ in told(manager)] == [
        "report", "export", "export", "subscribers", "customer", "person"
    ]  # fmt: skip
    browse(vendor_auditor).get("/admin/auditlog/logentry/")
    assert [what for what, *_ in told(vendor_auditor)] == ["audit_trail"]
    call_command("audit", "export", "--month", "2026-11", "--to", tmp_path / "pack.zip")
    record = ReadRecord.objects.get(reader=User.objects.system())
    assert (record.what, record.object_name, record.route) == (
        "export", "Month 2026-11", "manage.py audit export"
    )  # fmt: skip


def test_what_cannot_be_recorded_is_not_exported_and_a_page_is_shown_all_the_same(
    incident: Incident, manager: User, browse: Browse, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(type(ReadRecord.objects.all()), "bulk_create", refuse)
    browser = browse(manager)
    browser.raise_request_exception = False
    with caplog.at_level("CRITICAL"):
        assert browser.get(f"/incidents/{incident.reference}/").status_code == 200
    assert "were not recorded (DatabaseError)" in caplog.text
    exported = browser.get("/reports/?format=csv")
    assert (exported.status_code, b"Reference" in exported.content) == (500, False)


def test_readers_of_a_row_are_those_of_its_incident_and_of_the_hour_before(
    incident: Incident, engineer: User, analyst: User, manager: User
) -> None:
    start = timezone.now() - timedelta(hours=5)
    for minutes, person in ((0, analyst), (90, engineer), (130, manager), (200, manager)):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            reads.note(person, Read.INCIDENT, incident)
    entry = incident.timeline.earliest("pk")
    found = reads.readers_of(entry, since=start + timedelta(minutes=120))
    assert [(reader.person, reader.times) for reader in found] == [(engineer, 1), (manager, 2)]
    assert found[1].last_at - found[1].first_at == timedelta(minutes=70)
    assert [reader.person for reader in reads.readers_of(incident)] == [analyst, engineer, manager]


def test_readers_of_an_incident_are_perhaps_those_of_many_at_once_too(
    incident: Incident, engineer: User, integration: User, manager: User, customer: Customer,
    api: Callable[[User], APIClient],
) -> None:  # fmt: skip
    assert api(integration).get("/api/v1/incidents/").status_code == 200
    reads.exported(manager, name="Report 2026-11, incidents", rows=3)
    reads.note(engineer, Read.INCIDENT, incident)
    reads.exported(engineer, name="Report 2026-11, incidents", rows=3)
    found = {reader.person: reader.is_sure for reader in reads.readers_of(incident)}
    assert found == {integration: False, manager: False, engineer: True}
    assert reads.readers_of(customer) == []


def test_records_are_sealed_chained_and_never_changed(incident: Incident, engineer: User) -> None:
    reads.note(engineer, Read.INCIDENT, incident)
    linking.link_new()
    assert verify().broken == []
    record = ReadRecord.objects.get()
    for change in (record.save, record.delete, ReadRecord.objects.all().delete):
        with pytest.raises(TypeError):
            change()
    for sql in ("UPDATE accounts_readrecord SET rows = 0", "DELETE FROM accounts_readrecord"):
        with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as c:
            c.execute(sql)


def test_auditors_find_who_read_what_and_a_partners_auditor_only_their_own_people(
    incident: Incident, engineer: User, analyst: User, partner_auditor: User, vendor_auditor: User,
    browse: Browse,
) -> None:  # fmt: skip
    reads.note(engineer, Read.INCIDENT, incident)
    reads.note(analyst, Read.PRODUCT_NOTES, incident)
    seen = {person: browse(person).get("/reads/").content.decode() for person in (
        partner_auditor, vendor_auditor)}  # fmt: skip
    assert ("Desk analyst 1" in seen[vendor_auditor], "Desk analyst 1" in seen[partner_auditor]) == (
        True, False
    )  # fmt: skip
    assert all("OOH engineer 1" in page for page in seen.values())
    assert browse(engineer).get("/reads/").status_code == 403
    narrowed = browse(vendor_auditor).get("/reads/", {"what": "product_notes", "q": incident.reference})
    assert "Desk analyst 1" in narrowed.content.decode()
    assert "OOH engineer 1" not in narrowed.content.decode().partition("<tbody>")[2]
    wrong = browse(vendor_auditor).get("/reads/", {"since": "x", "page": "-1"})
    assert wrong.status_code == 200
    assert "Enter a day" in wrong.content.decode()


def test_the_page_of_reads_asks_the_same_for_any_number_of_them(
    vendor_auditor: User, engineer: User, incident: Incident, browse: Browse,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    browser = browse(vendor_auditor)
    browser.get("/reads/")
    for number in range(60):
        reads.exported(engineer, incident, name=f"File {number}", rows=1)
    with django_assert_max_num_queries(8):
        page = browser.get("/reads/").content.decode()
    assert "File 59" in page
    assert "File 0<" not in page
    assert "File 5<" in browser.get("/reads/", {"page": 2}).content.decode()
