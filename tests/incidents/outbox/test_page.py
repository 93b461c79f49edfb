"""The page of deliveries, and what people decide on it."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.errors import Conflict
from accounts.models import User
from incidents.models import Incident, OutboxRow
from incidents.outbox.services import drop_row, retry_row
from tests.factories import make_incident

pytestmark = pytest.mark.django_db
Browse = Callable[[User | None], Client]


@pytest.fixture
def parked(incident: Incident) -> OutboxRow:
    """The incident's first note, parked; its ticket is there."""
    OutboxRow.objects.filter(event="ticket").update(done_at=timezone.now())
    row = OutboxRow.objects.filter(event="note")[0]
    OutboxRow.objects.filter(pk=row.pk).update(
        parked_at=timezone.now(), last_error="Refused: body", failures=8
    )
    row.refresh_from_db()
    return row


def test_retrying_sends_it_again_and_asks_the_receiver_first(parked: OutboxRow, engineer: User) -> None:
    retry_row(parked.pk, reason="The field is there now", by=engineer)
    parked.refresh_from_db()
    assert (parked.parked_at, parked.failures, parked.is_unsure) == (None, 0, True)
    assert (parked.decided_by, parked.decision_reason) == (engineer, "The field is there now")
    assert OutboxRow.objects.due(timezone.now()).filter(pk=parked.pk).exists()


def test_dropping_lets_what_waits_behind_it_go_and_stays_on_the_timeline(
    parked: OutboxRow, incident: Incident, engineer: User
) -> None:
    behind = OutboxRow.objects.filter(event="note", pk__gt=parked.pk)[0]
    drop_row(parked.pk, reason="Said by telephone", by=engineer)
    assert OutboxRow.objects.due(timezone.now()).filter(pk=behind.pk).exists()
    entry = incident.timeline.latest("pk")
    assert (entry.title, entry.text) == ("Delivery dropped: Freshdesk: a note", "Said by telephone")


def test_the_ticket_itself_is_never_dropped(incident: Incident, engineer: User) -> None:
    ticket = OutboxRow.objects.get(event="ticket")
    OutboxRow.objects.filter(pk=ticket.pk).update(parked_at=timezone.now())
    with pytest.raises(Conflict, match="cannot be dropped"):
        drop_row(ticket.pk, reason="No", by=engineer)
    retry_row(ticket.pk, reason="Opened by hand", by=engineer)


@pytest.mark.parametrize("decide", [retry_row, drop_row])
def test_a_decision_needs_a_reason_without_patient_data(
    parked: OutboxRow, engineer: User, decide: Callable[..., OutboxRow]
) -> None:
    for reason in ("", "   ", "NHS number 999 012 3456"):
        with pytest.raises(ValidationError) as raised:
            decide(parked.pk, reason=reason, by=engineer)
        assert list(raised.value.message_dict) == ["reason"]


@pytest.mark.parametrize("decide", [retry_row, drop_row])
def test_an_auditor_reads_and_decides_nothing(
    parked: OutboxRow, partner_auditor: User, decide: Callable[..., OutboxRow]
) -> None:
    with pytest.raises(PermissionDenied):
        decide(parked.pk, reason="Because", by=partner_auditor)


def test_the_same_decision_again_is_quiet_and_another_s_is_a_conflict(
    parked: OutboxRow, engineer: User, lead: User
) -> None:
    drop_row(parked.pk, reason="Said by telephone", by=engineer)
    drop_row(parked.pk, reason="Said by telephone", by=engineer)
    with pytest.raises(Conflict, match="OOH engineer 1 has already dropped this"):
        retry_row(parked.pk, reason="Try", by=lead)
    assert OutboxRow.objects.filter(payload=parked.payload).count() == 1


def test_what_is_on_its_way_needs_no_decision(incident: Incident, engineer: User) -> None:
    with pytest.raises(Conflict, match="not parked"):
        retry_row(OutboxRow.objects.get(event="ticket").pk, reason="Hurry", by=engineer)


def test_the_page_shows_what_waits_why_and_what_needs_a_decision(
    browse: Browse, engineer: User, parked: OutboxRow, incident: Incident
) -> None:
    page = browse(engineer).get("/deliveries/").content.decode()
    assert "Refused: body" in page
    assert "Retry a note" in page
    assert incident.reference in page


def test_an_auditor_sees_the_page_without_its_buttons(
    browse: Browse, vendor_auditor: User, parked: OutboxRow
) -> None:
    page = browse(vendor_auditor).get("/deliveries/").content.decode()
    assert "Refused: body" in page
    assert "Retry a note" not in page


def test_the_page_is_for_those_who_may_see_deliveries(
    browse: Browse, specialist: User, engineer: User, parked: OutboxRow
) -> None:
    address = f"/deliveries/{parked.pk}/retry/"
    assert browse(specialist).get("/deliveries/").status_code == 403
    assert browse(specialist).post(address, {"reason": "x"}).status_code == 403
    assert browse(None).get("/deliveries/").status_code == 302
    assert browse(engineer).get(address).status_code == 405


def test_deciding_on_the_page_needs_its_reason_and_keeps_what_was_typed(
    browse: Browse, engineer: User, parked: OutboxRow
) -> None:
    address = f"/deliveries/{parked.pk}/drop/"
    empty = browse(engineer).post(address, {"reason": ""})
    assert (empty.status_code, "Say why" in empty.content.decode()) == (422, True)
    wrong = browse(engineer).post(address, {"reason": "For NHS number 999 012 3456"})
    assert (wrong.status_code, "999 012 3456" in wrong.content.decode()) == (422, True)
    assert browse(engineer).post(address, {"reason": "Said by telephone"}).status_code == 302
    parked.refresh_from_db()
    assert parked.dropped_at is not None


@pytest.mark.parametrize("number", ["999999", "99999999999999999999", "-1", "x"])
def test_a_delivery_that_is_not_there_is_404(browse: Browse, engineer: User, number: str) -> None:
    assert browse(engineer).post(f"/deliveries/{number}/retry/", {"reason": "x"}).status_code == 404


def test_somebody_faster_is_409(browse: Browse, lead: User, engineer: User, parked: OutboxRow) -> None:
    drop_row(parked.pk, reason="Said by telephone", by=engineer)
    response = browse(lead).post(f"/deliveries/{parked.pk}/retry/", {"reason": "Try it again now"})
    assert response.status_code == 409
    assert "Try it again now" in response.content.decode()


def test_the_page_costs_the_same_however_much_waits(
    browse: Browse, engineer: User, parked: OutboxRow, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(8):
        make_incident(by=engineer)
    browser = browse(engineer)
    with django_assert_max_num_queries(9):
        browser.get("/deliveries/")


def test_htmx_gets_the_panel_alone(browse: Browse, engineer: User) -> None:
    page = browse(engineer).get("/deliveries/?part=panel", headers={"HX-Request": "true"}).content.decode()
    assert 'id="deliveries"' in page
    assert "<html" not in page
