"""Bounces that come back later: counted or ended by what our own message says, and by nothing made up."""

from email.mime.text import MIMEText
from io import BytesIO, StringIO, TextIOWrapper
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from incidents.models import Subscriber
from incidents.status.subscribers import bounces, services
from tests.incidents.status.subscribers.telling import subscriber

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader() -> Subscriber:
    return subscriber("reader@hospital.example")


REPORT = """\
From: MAILER-DAEMON@mail.example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; reader@hospital.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no

--b
Content-Type: {kind}

Subject: Investigating: Compucare 8
List-Unsubscribe:
 <https://desk.example.org/status/subscription/{token}/unsubscribe/>

--b--
"""


def bounce(token: str, status: str = "5.1.1", action: str = "failed", kind: str = "message/rfc822") -> bytes:
    """As a mail server writes it."""
    return REPORT.format(token=token, status=status, action=action, kind=kind).encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_an_address_that_does_not_exist_ends_its_subscription_at_once(reader: Subscriber, kind: str) -> None:
    """Our message came back whole, or its headers alone."""
    other = subscriber("other@hospital.example")
    assert bounces.take_in(bounce(reader.token, kind=kind)) == f"{reader}: ended (5.1.1)"
    assert bounces.take_in(bounce(reader.token)) == f"{reader}: has ended already"
    reader.refresh_from_db()
    assert reader.ended_reason == services.NO_ADDRESS
    assert list(Subscriber.objects.confirmed()) == [other]


def test_another_failure_for_good_counts_and_the_third_in_a_row_ends_it(reader: Subscriber) -> None:
    said = [bounces.take_in(bounce(reader.token, "5.2.2 (mailbox full)")) for _ in range(3)]
    assert said == [f"{reader}: counted (5.2.2)"] * 2 + [f"{reader}: ended (5.2.2)"]


def test_what_is_only_late_changes_nothing(reader: Subscriber) -> None:
    assert "nothing changed" in bounces.take_in(bounce(reader.token, "4.4.1", "delayed"))
    reader.refresh_from_db()
    assert (reader.failures, reader.ended_at) == (0, None)


@pytest.mark.parametrize("made_up", ["x" * 43, "", "../" * 10])
def test_without_the_token_of_our_message_nobody_is_ended(reader: Subscriber, made_up: str) -> None:
    """The address stands in the report, and anybody may write one."""
    with pytest.raises(bounces.NotUnderstood):
        bounces.take_in(bounce(made_up))
    reply = MIMEText(f"Stop it. /status/subscription/{reader.token}/unsubscribe/")
    with pytest.raises(bounces.NotUnderstood):
        bounces.take_in(reply.as_bytes())
    assert Subscriber.objects.confirmed().get() == reader


@hypothesis_settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_any_bytes_are_answered(content: bytes, reader: Subscriber) -> None:
    for spoilt in (content, bounce(reader.token, "9.9")[:-40] + content):
        with pytest.raises(bounces.NotUnderstood):
            bounces.take_in(spoilt)


def test_a_mail_server_pipes_it_in(reader: Subscriber, monkeypatch: pytest.MonkeyPatch) -> None:
    def piped(content: bytes) -> str:
        out: Any = StringIO()
        monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(content)))
        call_command("status", "bounce", stdout=out)
        return str(out.getvalue())

    assert piped(bounce(reader.token)) == f"{reader}: ended (5.1.1)\n"
    with pytest.raises(CommandError, match="no bounce of a status update"):
        piped(b"Subject: hello\n\n")
