"""Pages go out by e-mail over a real socket; the mail server decides whether they are tried again."""

import socket
from collections.abc import Iterator

import pytest

from handover import services
from handover.models import Page
from handover.tasks import sweep
from incidents.models import OutboxRow
from incidents.outbox import people
from incidents.outbox.tasks import deliver
from tests.handover.smtp import MailServer, mail_server


@pytest.fixture
def mail(settings) -> Iterator[MailServer]:
    with mail_server() as server:
        configure(settings, server.port)
        yield server


def configure(settings, port: int) -> None:
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.PUBLIC_URL = "https://desk.example.org"


@pytest.fixture
def page(night, triaging, engineer, team) -> Page:
    return services.escalate(triaging.pk, team=team, reason="The database does not answer", by=engineer)


@pytest.fixture
def row(page) -> OutboxRow:
    return OutboxRow.objects.get(destination="people")


def send(row: OutboxRow) -> OutboxRow:
    deliver(row.pk)
    row.refresh_from_db()
    return row


def test_the_team_gets_who_what_why_and_where_to_answer(mail, row, page, team, incident):
    assert send(row).done_at is not None
    (message,) = mail.messages
    page.refresh_from_db()
    body = message.get_payload(decode=True).decode()
    assert message["To"] == team.email
    assert message["Subject"] == f"Page: {incident.reference}: Compucare 8: nobody can sign in"
    assert "OOH engineer 1 pages Database on call, Sun 22 Nov 02:07 GMT." in body
    assert "Customer: Wexcombe Park Hospital" in body
    assert "The database does not answer" in body
    assert f"https://desk.example.org/incidents/{incident.reference}/" in body
    assert page.sent_at is not None


def test_pages_of_one_incident_are_one_thread_and_each_has_its_own_number(
    mail, row, page, incident, engineer, team
):
    send(row)
    again = services.escalate(incident.pk, team=team, reason="Still down", seen="escalated", by=engineer)
    send(OutboxRow.objects.get(key=f"people:page:{again.pk}"))
    first, second = mail.messages
    assert first["References"] == second["References"] == f"<{incident.reference}@desk.example.org>"
    assert first["Message-ID"] == f"<page-{page.pk}.{incident.reference}@desk.example.org>"
    assert second["Message-ID"] != first["Message-ID"]


def test_delivering_twice_sends_once(mail, row):
    send(row)
    OutboxRow.objects.update(done_at=None)
    send(row)
    assert len(mail.messages) == 1


def test_an_answer_stops_the_page_on_its_way(mail, row, page, engineer):
    services.acknowledge(page.pk, answer="Rang them, they look", by=engineer)
    assert send(row).done_at is not None
    assert mail.messages == []


def test_an_answered_handover_stops_the_page_of_its_leads(mail, item, lead, manager, analyst, morning):
    morning.shift(600)
    sweep()
    rows = list(OutboxRow.objects.filter(destination="people"))
    services.accept_item(item.pk, read_back="I have it", by=analyst)
    assert all(send(row).done_at for row in rows)
    assert (len(rows), mail.messages) == (2, [])


def test_without_a_mail_server_the_row_waits_untried(row, page):
    assert not people.is_configured()
    assert send(row).attempts == 0
    page.refresh_from_db()
    assert page.sent_at is None


def test_when_nobody_listens_it_is_tried_again_later(settings, row):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        configure(settings, held.getsockname()[1])
        send(row)
    assert row.done_at is None
    assert row.parked_at is None
    assert row.last_error == "The mail server cannot be reached (ConnectionRefusedError)"


def test_an_address_refused_for_good_is_parked_and_says_what_to_do(mail, row):
    mail.rcpt_code = 550
    send(row)
    assert row.parked_at is not None
    assert row.last_error == "The mail server refused the address (550). Reach them by telephone"


@pytest.mark.parametrize(("rcpt", "data"), [(450, 250), (250, 451)])
def test_a_refusal_for_now_is_tried_again(mail, row, rcpt, data):
    mail.rcpt_code, mail.data_code = rcpt, data
    send(row)
    assert row.parked_at is None
    assert "for now" in row.last_error


def test_a_message_refused_for_good_is_parked(mail, row):
    mail.data_code = 554
    assert send(row).parked_at is not None


def test_silence_after_the_message_is_not_known_and_it_is_sent_again_under_the_same_number(
    mail, row, monkeypatch
):
    monkeypatch.setattr(people, "PATIENCE", 0.3)
    mail.silent_after_data = True
    send(row)
    assert row.is_unsure
    assert row.done_at is None
    mail.silent_after_data = False
    OutboxRow.objects.update(due_at=row.written_at)
    assert send(row).done_at is not None
    assert len({message["Message-ID"] for message in mail.messages}) == 1
    assert len(mail.messages) == 2


def test_a_page_does_not_wait_behind_another_one_that_cannot_be_delivered(
    mail, row, incident, engineer, team
):
    mail.rcpt_code = 550
    send(row)
    mail.rcpt_code = 250
    again = services.escalate(incident.pk, team=team, reason="Still down", seen="escalated", by=engineer)
    assert send(OutboxRow.objects.get(key=f"people:page:{again.pk}")).done_at is not None
