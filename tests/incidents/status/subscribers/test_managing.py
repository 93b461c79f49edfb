"""The service manager's page: what it shows of subscribers, and who sees an address at all."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.errors import Conflict
from accounts.models import User
from incidents.models import Incident, OutboxRow, Subscriber
from incidents.status.subscribers import services
from tests.factories import make_service
from tests.incidents.status.subscribers.telling import subscriber
from tests.incidents.status.telling import tell

pytestmark = pytest.mark.django_db
Browse = Callable[[User | None], Client]
CANARY = "heliotrope-antimacassar"


@pytest.fixture
def several(db: None) -> list[Subscriber]:
    """By e-mail to all, by e-mail to one service and refusing, by webhook, ended, not confirmed."""
    found = [
        subscriber("night.sister@hospital.example"),
        subscriber("it@clinic.example", make_service("ward", "Compucare Ward")),
        subscriber("https://hooks.clinic.example/secret-path?key=1", kind="webhook"),
        subscriber("left@clinic.example"),
    ]
    Subscriber.objects.filter(pk=found[1].pk).update(failures=2)
    services.unsubscribe(found[3].token)
    Subscriber.objects.create(kind="email", address="asked@clinic.example", asked_at=timezone.now())
    return found


def test_the_page_counts_and_lists_them_with_most_of_their_address_hidden(
    several: list[Subscriber], browse: Browse, manager: User
) -> None:
    shown = browse(manager).get("/subscribers/").content.decode()
    facts = dict(re.findall(r"<dt>([^<]+)</dt><dd class=\"big\">(\d+)</dd>", shown))
    assert facts == {
        "By e-mail": "2", "By webhook": "1", "Not confirmed yet": "1", "Refused the last message": "1",
        "Ended": "1",
    }  # fmt: skip
    for words in ("n•••@hospital.example", "i•••@clinic.example", "https://hooks.clinic.example/•••"):
        assert words in shown
    for hidden in ("night.sister", "it@clinic", "secret-path", "asked", *(each.token for each in several)):
        assert hidden not in shown
    assert "Compucare Ward" in shown
    assert "Refused 2 in a row" in shown
    assert re.search(r"Ended \d+ \w+ \d{4}: Unsubscribed", shown)


def test_one_is_found_by_a_part_of_its_address(
    several: list[Subscriber], browse: Browse, manager: User
) -> None:
    shown = browse(manager).get("/subscribers/", {"q": "SISTER@"}).content.decode()
    assert "n•••@hospital.example" in shown
    assert "clinic.example" not in shown
    assert "None with that" in browse(manager).get("/subscribers/", {"q": "asked@"}).content.decode()


def test_ending_one_needs_a_reason_is_kept_and_says_who_in_the_audit_trail(
    several: list[Subscriber], browse: Browse, manager: User
) -> None:
    path = f"/subscribers/{several[0].pk}/end/"
    answer = browse(manager).post(path, {"reason": " "})
    assert answer.status_code == 422
    assert "Say why. It is kept with the subscription" in answer.content.decode()
    assert browse(manager).post(path, {"reason": "Rang and asked to be left out"}).status_code == 302
    several[0].refresh_from_db()
    assert several[0].ended_at is not None
    assert several[0].ended_reason == "Rang and asked to be left out"
    entry = LogEntry.objects.get_for_object(several[0]).latest("pk")
    assert (entry.actor, "ended_reason" in entry.changes_dict) == (manager, True)


def test_what_was_typed_is_kept_when_it_holds_patient_data(
    several: list[Subscriber], browse: Browse, manager: User
) -> None:
    answer = browse(manager).post(f"/subscribers/{several[0].pk}/end/", {"reason": "NHS 999 012 3456 rang"})
    assert answer.status_code == 422
    assert 'value="NHS 999 012 3456 rang"' in answer.content.decode()
    with pytest.raises(ValidationError):
        services.end(several[0].pk, reason="NHS 999 012 3456 rang", by=manager)


def test_what_has_ended_is_not_ended_for_another_reason(several: list[Subscriber], manager: User) -> None:
    services.end(several[0].pk, reason="Left the hospital", by=manager)
    services.end(several[0].pk, reason="Left the hospital", by=manager)
    with pytest.raises(Conflict):
        services.end(several[0].pk, reason="Another", by=manager)


@pytest.mark.parametrize(
    "role", ["engineer", "lead", "analyst", "specialist", "vendor_auditor", "partner_auditor"]
)
def test_nobody_else_sees_or_ends_one(
    role: str, several: list[Subscriber], browse: Browse, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(role)
    assert not Subscriber.objects.visible_to(person).exists()
    assert browse(person).get("/subscribers/").status_code == 403
    assert browse(person).post(f"/subscribers/{several[0].pk}/end/", {"reason": "x"}).status_code == 403
    with pytest.raises(PermissionDenied):
        services.end(several[0].pk, reason="x", by=person)


def test_the_menu_leads_there_for_those_who_may(browse: Browse, manager: User, engineer: User) -> None:
    way = 'href="/subscribers/"'
    assert way in browse(manager).get("/deliveries/").content.decode()
    assert way not in browse(engineer).get("/deliveries/").content.decode()


def test_nobody_signed_in_is_asked_to_sign_in(several: list[Subscriber], browse: Browse) -> None:
    assert browse(None).get("/subscribers/").status_code == 302


def test_no_page_of_the_administration_shows_an_address(
    incident: Incident, engineer: User, vendor_auditor: User, browse: Browse
) -> None:
    """The wall's own test walks every other page."""
    made = subscriber(f"{CANARY}@hospital.example")
    tell(incident, by=engineer)
    services.unsubscribe(made.token)
    browser, opened = browse(vendor_auditor), 0
    for address in ("/admin/", "/admin/auditlog/logentry/", "/admin/incidents/outboxrow/", "/deliveries/"):
        body = browser.get(address).content.decode()
        opened += "Deliveries" in body or "changelist" in body or "Site administration" in body
        assert CANARY not in body, address
        assert made.token not in body, address
    assert opened >= 3


def test_the_audit_trail_holds_neither_the_address_nor_the_token(several: list[Subscriber]) -> None:
    services.choose(several[0].token, [make_service()])
    services.count_refusal(several[0].pk)
    told = str(list(LogEntry.objects.values()))
    assert "subscriber" in told
    for each in Subscriber.objects.all():
        assert each.address not in told
        assert each.token not in told
        assert each.token[22:] not in told


def test_the_page_costs_the_same_however_many_there_are(
    several: list[Subscriber],
    browse: Browse,
    manager: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = browse(manager)
    browser.get("/subscribers/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/subscribers/")
    for number in range(20):
        subscriber(f"reader{number}@hospital.example", make_service())
    with django_assert_num_queries(len(few)):
        browser.get("/subscribers/")


def test_a_long_list_has_pages(browse: Browse, manager: User, db: None) -> None:
    for number in range(51):
        subscriber(f"reader{number}@hospital.example")
    shown = browse(manager).get("/subscribers/").content.decode()
    assert "Page 1 of 2" in shown
    assert "Page 2 of 2" in browse(manager).get("/subscribers/?page=2").content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_subscribes_and_both_lead_to_it() -> None:
    asked = [
        Subscriber.objects.create(kind="email", address="a@hospital.example", asked_at=timezone.now())
        for _ in range(4)
    ]
    start, found = threading.Barrier(len(asked)), []

    def confirm(token: str) -> None:
        try:
            start.wait(10)
            found.append(services.confirm(token))
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=(each.token,)) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(found)) == 1
    assert len(found) == 4
    assert list(Subscriber.objects.confirmed()) == found[:1]


def test_the_fan_out_costs_the_same_for_many(
    incident: Incident, engineer: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Subscriber.objects.bulk_create(
        Subscriber(
            kind="email", address=f"reader{number}@hospital.example", asked_at=timezone.now(),
            confirmed_at=timezone.now(),
        )
        for number in range(300)
    )  # fmt: skip
    tell(incident, by=engineer)
    row = OutboxRow.objects.get(event="fan_out")
    with django_assert_max_num_queries(25):
        from incidents.status.subscribers.delivery import deliver

        deliver(row)
    assert OutboxRow.objects.filter(event="status_email").count() == 300


def test_any_input_is_answered(browse: Browse, manager: User, several: list[Subscriber]) -> None:
    for query in ("?page=x", "?page=99999999999999999999", "?q=%00", "?q=" + "x" * 2000, "?page=-1&q=%25"):
        assert browse(manager).get(f"/subscribers/{query}").status_code == 200
    answer: Any = browse(manager).post("/subscribers/999999999/end/", {"reason": "x"})
    assert answer.status_code == 404
