"""What an update looks like in an e-mail, who gets one, and what becomes of refusals."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from incidents.models import Incident, Maintenance, MaintenanceUpdate, OutboxRow, Subscriber
from incidents.outbox import people
from incidents.status.spreading import spread
from incidents.status.subscribers import services
from tests.factories import SUNDAY_NIGHT, make_incident, make_service
from tests.handover.smtp import MailServer
from tests.incidents.status.subscribers.telling import (
    after_a_while,
    deliver_to_subscribers,
    subscriber,
    text_of,
    waiting,
)
from tests.incidents.status.telling import WORDS, tell

pytestmark = pytest.mark.django_db


def post_maintenance(user: User, *services: Any, phase: str = "scheduled", words: str = "Planned.") -> None:
    """An update of a maintenance, posted and published."""
    start = timezone.now() + timedelta(days=2)
    planned = Maintenance.objects.first()
    if planned is None:
        planned = Maintenance.objects.create(
            title="A new version of Compucare 8",
            starts_at=start,
            ends_at=start + timedelta(hours=2),
            planned_by=user,
        )
        planned.services.set(services)
    now = timezone.now()
    update = MaintenanceUpdate.objects.create(
        maintenance=planned, phase=phase, words=words, posted_by=user, posted_at=now, published_at=now
    )
    spread(update)


def test_an_update_comes_with_its_words_times_links_and_the_way_out(
    night: Any, mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    tell(incident, "identified", "We have <found> the cause.", by=engineer)
    deliver_to_subscribers()
    (message,) = mail.messages
    plain, html = text_of(message), text_of(message, "text/html")
    assert (message["To"], message["Subject"]) == (
        reader.address, "Identified: Compucare 8: users cannot sign in",
    )  # fmt: skip
    assert "Identified, Sun 22 Nov 02:07 GMT" in plain
    assert "We have <found> the cause." in plain
    assert "We have &lt;found&gt; the cause." in html
    for text in (plain, html):
        assert "Next update by Sun 22 Nov 02:37 GMT" in text
        assert "Compucare 8: Unavailable for some" in text
        assert f"https://desk.example.org/status/{incident.public_id}/" in text
        assert f"https://desk.example.org/status/subscription/{reader.token}/unsubscribe/" in text
        assert "the updates of all services" in text
        assert incident.customer.name not in text
        assert incident.reference not in text


def test_its_headers_let_a_mail_program_thread_it_and_unsubscribe_with_one_click(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    tell(incident, by=engineer)
    tell(incident, "identified", "We have found the cause.", by=engineer)
    deliver_to_subscribers()
    first, second = mail.messages
    thread = f"<status-{incident.public_id}@desk.example.org>"
    assert {first["References"], second["References"], first["In-Reply-To"]} == {thread}
    assert first["Message-ID"] != second["Message-ID"]
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = first["List-Unsubscribe"].strip().strip("<>").removeprefix("https://desk.example.org")
    assert Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscriber.objects.confirmed().exists()


def test_each_update_is_sent_once_however_often_it_is_published_or_delivered(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    update = tell(incident, by=engineer)
    deliver_to_subscribers()
    spread(update)
    OutboxRow.objects.filter(event="fan_out").update(done_at=None)
    after_a_while()
    assert len(mail.messages) == 1


def test_who_chose_services_hears_of_them_alone_and_of_their_end(
    mail: MailServer, incident: Incident, engineer: User
) -> None:
    ward = make_service("ward", "Compucare Ward")
    subscriber("all@hospital.example")
    subscriber("own@hospital.example", incident.service, ward)
    subscriber("ward@hospital.example", ward)
    tell(incident, by=engineer)
    deliver_to_subscribers()
    assert sorted(message["To"] for message in mail.messages) == [
        "all@hospital.example",
        "own@hospital.example",
    ]
    mail.messages.clear()
    tell(incident, "identified", "The ward too.", by=engineer, affected={"ward": "partial_outage"})
    tell(incident, "resolved", "It is over.", by=engineer)
    deliver_to_subscribers()
    to_ward = [message["Subject"].partition(":")[0] for message in mail.messages if "ward@" in message["To"]]
    assert to_ward == ["Identified", "Resolved"]


def test_a_correction_says_that_it_is_one_and_of_what(
    night: Any, mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    from incidents.status.services import correct_update

    update = tell(incident, by=engineer)
    night.shift(timedelta(minutes=4))
    correct_update(update.pk, words="Only one site is affected.", by=engineer)
    deliver_to_subscribers(4)
    message = mail.messages[-1]
    assert message["Subject"].startswith("Correction: Compucare 8")
    assert "Correction, Sun 22 Nov 02:11 GMT, of the update of Sun 22 Nov 02:07 GMT" in text_of(message)
    assert "Only one site is affected." in text_of(message)
    assert WORDS not in text_of(message)


def test_planned_maintenance_is_told_to_those_of_its_services_and_of_all_in_order(
    mail: MailServer, analyst: User
) -> None:
    compucare, ward = make_service(), make_service("ward", "Compucare Ward")
    for name, chosen in {"all": (), "compucare": (compucare,), "ward": (ward,)}.items():
        subscriber(f"{name}@hospital.example", *chosen)
    post_maintenance(analyst, compucare)
    post_maintenance(analyst, phase="in_progress", words="It begins.")
    after_a_while()
    told = [
        (message["To"].partition("@")[0], message["Subject"].partition(":")[0]) for message in mail.messages
    ]
    assert sorted(told) == [
        ("all", "In progress"), ("all", "Scheduled"),
        ("compucare", "In progress"), ("compucare", "Scheduled"),
    ]  # fmt: skip
    for name in ("all", "compucare"):
        assert [phase for to, phase in told if to == name] == ["Scheduled", "In progress"]
    assert "Planned for" in text_of(mail.messages[0])


def test_a_rehearsal_is_told_to_nobody(mail: MailServer, reader: Subscriber, engineer: User) -> None:
    rehearsal = make_incident(by=engineer, is_rehearsal=True)
    tell(rehearsal, by=engineer)
    after_a_while()
    assert (mail.messages, waiting()) == ([], [])


# ---------- What is not wanted any more ----------


def test_who_ended_it_gets_nothing_of_what_waits(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    mail.rcpt_code = 450
    tell(incident, by=engineer)
    deliver_to_subscribers()
    assert len(waiting()) == 1
    services.unsubscribe(reader.token)
    mail.rcpt_code = 250
    after_a_while()
    assert (mail.messages, waiting()) == ([], [])


def test_who_chose_other_services_meanwhile_gets_nothing_of_what_waits(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    mail.rcpt_code = 450
    tell(incident, by=engineer)
    deliver_to_subscribers()
    services.choose(reader.token, [make_service("ward", "Compucare Ward")])
    mail.rcpt_code = 250
    after_a_while()
    assert (mail.messages, waiting()) == ([], [])


# ---------- Refusals ----------


def test_three_refusals_in_a_row_end_the_subscription_and_nothing_is_parked(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    mail.rcpt_code = 550
    for number in range(services.REFUSALS):
        reader.refresh_from_db()
        assert (reader.failures, reader.ended_at) == (number, None)
        tell(incident, words=f"Update {number}.", by=engineer)
        deliver_to_subscribers()
    reader.refresh_from_db()
    assert (reader.failures, reader.ended_reason) == (3, "3 messages in a row were refused for good")
    assert waiting() == []
    mail.rcpt_code = 250
    tell(incident, words="One more.", by=engineer)
    after_a_while()
    assert mail.messages == []


def test_a_message_that_is_taken_makes_the_refusals_before_it_count_no_more(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    for code in (550, 550, 250, 550):
        mail.rcpt_code = code
        tell(incident, words=f"After {code}.", by=engineer)
        deliver_to_subscribers()
    reader.refresh_from_db()
    assert (reader.failures, reader.ended_at) == (1, None)


@pytest.mark.parametrize("code", ["rcpt_code", "data_code"])
def test_a_mail_server_that_cannot_take_it_now_is_tried_again_and_counts_nothing(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User, code: str
) -> None:
    setattr(mail, code, 451)
    tell(incident, by=engineer)
    deliver_to_subscribers()
    (row,) = waiting()
    assert (row.parked_at, "for now (451)" in row.last_error) == (None, True)
    setattr(mail, code, 250)
    after_a_while()
    reader.refresh_from_db()
    assert (len(mail.messages), reader.failures) == (1, 0)


def test_a_lost_answer_is_sent_again_under_the_same_number(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail server cannot be asked what it took: the receiver's program folds the two into one."""
    monkeypatch.setattr(people, "PATIENCE", 0.2)
    mail.silent_after_data = True
    tell(incident, by=engineer)
    deliver_to_subscribers()
    mail.silent_after_data = False
    after_a_while()
    assert len(mail.messages) == 2
    assert len({message["Message-ID"] for message in mail.messages}) == 1


def test_a_mail_server_that_never_answers_is_given_an_update_twice_and_nothing_is_parked(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "PATIENCE", 0.2)
    mail.silent_after_data = True
    tell(incident, by=engineer)
    deliver_to_subscribers()
    after_a_while(10)
    assert len(mail.messages) == 2
    assert waiting() == []


def test_an_update_whose_workers_died_is_sent_however_often_they_did(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    tell(incident, by=engineer)
    deliver_to_subscribers(1)
    died = {"is_unsure": True, "failures": 5, "locked_until": timezone.now() - timedelta(seconds=1)}
    OutboxRow.objects.filter(event="status_email").update(**died)
    deliver_to_subscribers()
    assert (len(mail.messages), waiting()) == (1, [])


def test_a_mail_server_that_looks_at_a_message_for_long_is_waited_for(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "TIMEOUT", 0.3)
    mail.slowness = 0.5
    tell(incident, by=engineer)
    deliver_to_subscribers()
    assert (len(mail.messages), waiting()) == (1, [])


def test_a_mail_server_that_hangs_up_at_once_was_given_nothing_and_counts_nothing(
    mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    mail.hangs_up = True
    tell(incident, by=engineer)
    deliver_to_subscribers()
    after_a_while(10)
    (row,) = waiting()
    assert (row.is_unsure, row.failures, row.parked_at) == (False, 0, None)
    assert row.last_error == "The mail server hangs up before it is given anything"
    mail.hangs_up = False
    after_a_while()
    assert len(mail.messages) == 1


def test_without_a_mail_server_what_waits_is_kept(
    settings: Settings, mail: MailServer, reader: Subscriber, incident: Incident, engineer: User
) -> None:
    settings.EMAIL_URL = ""
    tell(incident, by=engineer)
    deliver_to_subscribers()
    (row,) = waiting()
    assert (row.last_error, row.parked_at, row.failures) == ("EMAIL_URL is not set", None, 0)
    settings.EMAIL_URL = "smtp://127.0.0.1"
    after_a_while()
    assert len(mail.messages) == 1


def test_one_address_that_is_slow_holds_up_nobody_and_its_own_updates_keep_their_order(
    night: Any, mail: MailServer, incident: Incident, engineer: User
) -> None:
    """One lane for each subscriber and incident; a second incident is another lane."""
    for name in ("slow", "quick"):
        subscriber(f"{name}@hospital.example")
    other = make_incident(by=engineer, reported_at=SUNDAY_NIGHT)
    tell(incident, words="First.", by=engineer)
    deliver_to_subscribers(1)
    held = OutboxRow.objects.filter(
        event="status_email", payload__subscriber=Subscriber.objects.earliest("pk").pk
    )
    held.update(due_at=timezone.now() + timedelta(hours=1))
    tell(incident, "identified", "Second.", by=engineer)
    tell(other, words="Elsewhere.", by=engineer)
    deliver_to_subscribers(4)

    def got(name: str) -> list[str]:
        mine = [message for message in mail.messages if message["To"].startswith(name)]
        return [text_of(message).splitlines()[3] for message in mine]

    assert sorted(got("quick"), key="First. Second. Elsewhere.".index) == ["First.", "Second.", "Elsewhere."]
    assert got("quick").index("First.") < got("quick").index("Second.")
    assert got("slow") == ["Elsewhere."]
    night.shift(timedelta(hours=1, seconds=1))
    deliver_to_subscribers(3)
    assert got("slow") == ["Elsewhere.", "First.", "Second."]
