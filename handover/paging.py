"""Sending pages by e-mail: the destination `people` of the outbox.

The receiver of an e-mail cannot be asked whether it came. So when the answer to a message that was given
over is lost, it is sent again: paged twice is a nuisance, not paged is an outage. Each page keeps one
Message-ID, so that mail programs fold the two into one.
"""

import smtplib
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone

from handover.models import Page
from incidents.local_time import format_day_time
from incidents.models import Incident, OutboxRow
from incidents.outbox import registry

TIMEOUT = 20  # seconds for each answer of the mail server; the outbox holds the row for 90
PERMANENT = 500  # the first SMTP code that says: never as it is


def register() -> None:
    registry.register(OutboxRow.Destination.PEOPLE, deliver=deliver, is_configured=is_configured)


def is_configured() -> bool:
    return bool(settings.EMAIL_URL)


def deliver(row: OutboxRow) -> None:
    """Send one page, if it is still wanted: an answer, or the end of its incident, stops it on the way."""
    page = Page.objects.shown().get(pk=row.payload["page"])
    if page.is_answered or page.sent_at is not None or (page.incident and not page.incident.is_open):
        return
    _send(_message(page))
    page.sent_at = timezone.now()
    page.save(update_fields=["sent_at"])


def _message(page: Page) -> EmailMessage:
    thread = page.incident.reference if page.incident else f"handover-{page.handover_id}"
    headers = {
        "Message-ID": f"<page-{page.pk}.{thread}@{_host()}>",
        "In-Reply-To": f"<{thread}@{_host()}>",
        "References": f"<{thread}@{_host()}>",
        "Auto-Submitted": "auto-generated",
    }
    subject = " ".join(f"Page: {page.words}".split())  # a header has one line
    return EmailMessage(subject, body(page), to=[page.to.email], headers=headers)


def body(page: Page) -> str:
    """What the person reads: who, what, why, and where to answer. All of it passed the guard when written."""
    lines = [f"{page.by} pages {page.to}, {format_day_time(page.paged_at)}.", "", page.words]
    if page.incident:
        lines += _about(page.incident)
    lines += ["", "Why:", page.reason, "", f"Answer this page: {_link('pages')}"]
    if page.incident:
        lines.append(f"The incident: {_link('incident', reference=page.incident.reference)}")
    if page.handover_id:
        lines.append(f"The handover: {_link('handover', pk=page.handover_id)}")
    return "\n".join([*lines, "", "Nobody knows that you read this until you answer."])


def _about(incident: Incident) -> list[str]:
    since = "about " * incident.is_began_approximate + format_day_time(incident.unavailable_since)
    return [
        f"Customer: {incident.customer}",
        f"Unavailable since: {since}",
        f"Who cannot use it: {incident.get_who_affected_display()}",
    ]


def _link(name: str, **kwargs: object) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, kwargs=kwargs)}"


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def _send(message: EmailMessage) -> None:
    """One attempt, sorted into what the outbox knows: later, never, or not known."""
    try:
        message.connection = get_connection(timeout=TIMEOUT)
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=PERMANENT)
        raise _refused(code, "The mail server refused the address") from error
    except smtplib.SMTPResponseException as error:
        # Never the server's own words: they may hold what was sent.
        raise _refused(error.smtp_code, "The mail server refused it") from error
    except smtplib.SMTPServerDisconnected as error:
        raise registry.Unsure(
            "The mail server fell silent. It is sent again, so it may come twice"
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise registry.RetryLater(f"The mail server cannot be reached ({type(error).__name__})") from error


def _refused(code: int, words: str) -> registry.RetryLater | registry.CannotDeliver:
    """5xx for an address or a message is for good. Signing in (53x) is ours to repair, and then it goes."""
    if code < PERMANENT or 530 <= code < 540:
        return registry.RetryLater(f"{words} for now ({code})")
    return registry.CannotDeliver(f"{words} ({code}). Reach them by telephone")
