"""What the vendor knows of a customer's products: written in the administration, shown beside an incident."""

from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.audit import acting_as
from accounts.models import Customer, ProductDetail, ReadRecord, User
from accounts.wall.identity import Standing, standing
from incidents.models import Incident
from tests import factories

Browse = Callable[[User | None], Client]
WORD = "gallimaufry"


@pytest.fixture
def detail(customer: Customer, manager: User) -> ProductDetail:
    with acting_as(manager):
        return ProductDetail.objects.create(customer=customer, text=f"Version 8.4 {WORD}", written_by=manager)


def change_page(customer: Customer) -> str:
    return f"/admin/accounts/customer/{customer.pk}/change/"


def sent(browser: Client, customer: Customer, **detail: str) -> Any:
    """The customer's page with one more product detail on it."""
    form = browser.get(change_page(customer)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    for prefix in ("components", "product_details"):
        values |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    new = {f"product_details-0-{name}": value for name, value in detail.items()}
    return browser.post(
        change_page(customer), {**values, "product_details-TOTAL_FORMS": "1", **new, "is_active": "on"}
    )


def test_a_manager_writes_it_in_the_administration_and_the_history_tells_nobody(
    customer: Customer, manager: User, partner_auditor: User, browse: Browse
) -> None:
    answer = sent(browse(manager), customer, text=f"Has {WORD}", is_current="on")
    assert answer.status_code == 302, answer.content.decode()
    found = ProductDetail.objects.get()
    assert (found.text, found.written_by, found.customer) == (f"Has {WORD}", manager, customer)
    told = browse(partner_auditor).get(f"/admin/accounts/customer/{customer.pk}/history/").content.decode()
    assert manager.email in told
    assert "roduct detail" not in told


def test_patient_data_in_it_is_refused_by_its_field(
    customer: Customer, manager: User, browse: Browse
) -> None:
    answer = sent(browse(manager), customer, text="NHS number 999 001 0021", is_current="on")
    assert (answer.status_code, ProductDetail.objects.count()) == (200, 0)
    assert "Remove the patient identifier" in answer.content.decode()


def test_the_vendors_people_read_it_beside_the_incident_in_one_more_query(
    incident: Incident, detail: ProductDetail, manager: User, analyst: User, engineer: User, browse: Browse,
    vendor_auditor: User,
) -> None:  # fmt: skip
    other = factories.make_customer()
    kept = {"customer": incident.customer, "written_by": manager}
    ProductDetail.objects.bulk_create([
        ProductDetail(text="Of another customer", written_by=manager, customer=other),
        ProductDetail(text="Holds no more", is_current=False, **kept),
        ProductDetail(text="Of another product", service=factories.make_service("ward", "Ward"), **kept),
        ProductDetail(text="Of this product", service=incident.service, **kept),
    ])  # fmt: skip
    page, counted = f"/incidents/{incident.reference}/", {}
    for person in (analyst, engineer, vendor_auditor):
        browser = browse(person)
        browser.get(page)
        with CaptureQueriesContext(connection) as captured:
            told = browser.get(page).content.decode()
        counted[person] = len(captured)
        seen = person != engineer
        assert (WORD in told, "Of this product" in told, "Product details" in told) == (seen,) * 3
        assert not [words for words in ("Of another", "Holds no more") if words in told]
        assert ReadRecord.objects.filter(reader=person, what="product_details").exists() == seen
    assert max(counted.values()) <= 15
    assert "product_detail" not in str([query["sql"] for query in captured] if person == engineer else "")


def test_no_partner_meets_it_in_the_administration_or_the_audit_trail(
    customer: Customer, detail: ProductDetail, partner_auditor: User, vendor_auditor: User, manager: User,
    browse: Browse,
) -> None:  # fmt: skip
    trail = LogEntry.objects.get_for_object(detail).get()
    entry, listed = f"/admin/auditlog/logentry/{trail.pk}/change/", "/admin/auditlog/logentry/"
    outside, inside = browse(partner_auditor), browse(vendor_auditor)
    assert WORD in inside.get(change_page(customer)).content.decode()
    assert WORD in inside.get(entry).content.decode()
    assert WORD not in outside.get(change_page(customer)).content.decode()
    assert "roduct detail" not in outside.get(change_page(customer)).content.decode()
    assert outside.get(entry).status_code == 302  # no such entry, says the administration
    assert "roduct detail" not in outside.get(listed).content.decode()
    assert not ProductDetail.objects.visible_to(factories.make_user(is_superuser=True)).exists()
    partners_manager = factories.make_user(*manager.roles, side="partner")
    assert not ProductDetail.objects.visible_to(partners_manager).exists()


@pytest.mark.parametrize(
    "asked",
    [
        "customer/?product_details__isnull=0", "customer/?product_details__id__gt=0",
        "customer/?product_details__in=1",
    ],
)  # fmt: skip
def test_nobody_asks_the_administration_by_rows_that_may_be_hidden(
    asked: str, detail: ProductDetail, partner_auditor: User, browse: Browse
) -> None:
    assert browse(partner_auditor).get(f"/admin/accounts/{asked}").status_code == 400


def test_nobody_asks_the_administration_by_entries_of_a_timeline(
    incident: Incident, partner_auditor: User, browse: Browse
) -> None:
    for asked in ("timeline__isnull=0", "timeline__id__exact=1", "timeline=1"):
        assert browse(partner_auditor).get(f"/admin/incidents/incident/?{asked}").status_code == 400


@pytest.mark.postgres
def test_the_database_hides_it_too(detail: ProductDetail) -> None:
    for stands, count in ((Standing.PARTNER, 0), (Standing.NOBODY, 0), (Standing.VENDOR, 1)):
        with standing(stands):
            assert ProductDetail._base_manager.count() == count
            assert LogEntry.objects.filter(changes__icontains=WORD).count() == count
