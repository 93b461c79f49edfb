"""E-mail to people: the destination `people` of the outbox. Each floor registers how its events are told.

The receiver of an e-mail cannot be asked whether it came. So when the answer to a message that was given
over is lost, it is sent again: told twice is a nuisance, not told is an outage. Each message keeps one
Message-ID, so that mail programs fold the two into one.
"""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from incidents.models import OutboxRow
from incidents.outbox import registry

TIMEOUT = 20  # seconds for each answer until we are let in; the outbox holds the row for 90
PATIENCE = 45  # seconds for each answer after that: a server that looks at what it is given takes its time
SILENT = "The mail server fell silent. It is sent again, so it may come twice"
PERMANENT = 500  # the first SMTP code that says: never as it is

_events: dict[str, Callable[[OutboxRow], None]] = {}


def register(event: str, deliver: Callable[[OutboxRow], None]) -> None:
    """`deliver(row)` sends what the event means, if it is still wanted, and raises as a destination does."""
    _events[event] = deliver


def is_configured() -> bool:
    return bool(settings.EMAIL_URL)


def deliver(row: OutboxRow) -> None:
    if row.event not in _events:
        raise registry.CannotDeliver(f"The desk does not know what to tell of “{row.event}”")
    _events[row.event](row)


def link(name: str, **kwargs: object) -> str:
    """The address of a page, as a mail program opens it."""
    return f"{settings.PUBLIC_URL}{reverse(name, kwargs=kwargs)}"


def message_id(thing: str) -> str:
    """`<page-7.OOH-2026-00042@desk.example.org>`."""
    return f"<{thing}@{urlsplit(settings.PUBLIC_URL).hostname or 'localhost'}>"


def send(message: EmailMessage) -> None:
    """One attempt, sorted into what the outbox knows: later, never, or not known."""
    connection = get_connection(timeout=TIMEOUT)
    try:
        with _let_in(connection):
            message.connection = connection
            message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=PERMANENT)
        raise _refused(code, "The mail server refused the address") from error
    except smtplib.SMTPResponseException as error:
        # Never the server's own words: they may hold what was sent.
        raise _refused(error.smtp_code, "The mail server refused it") from error
    except smtplib.SMTPServerDisconnected as error:
        raise registry.Unsure(SILENT) from error
    except (smtplib.SMTPException, OSError) as error:
        raise registry.RetryLater(f"The mail server cannot be reached ({type(error).__name__})") from error


@contextmanager
def _let_in(connection: Any) -> Iterator[None]:
    """Connected and signed in. Whatever breaks until then, nothing was given over: RetryLater."""
    try:
        connection.open()
    except smtplib.SMTPServerDisconnected as error:
        raise registry.RetryLater("The mail server hangs up before it is given anything") from error
    try:
        if (server := getattr(connection, "connection", None)) is not None:  # of SMTP; no other has one
            server.sock.settimeout(PATIENCE)
        yield
    finally:
        connection.close()


def _refused(code: int, words: str) -> registry.RetryLater | registry.CannotDeliver:
    """5xx for an address or a message is for good. Signing in (53x) is ours to repair, and then it goes."""
    if code < PERMANENT or 530 <= code < 540:
        return registry.RetryLater(f"{words} for now ({code})")
    return registry.CannotDeliver(f"{words} ({code}). Reach them by telephone")
