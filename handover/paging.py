"""Pages by e-mail: how a page reads, and when it is not wanted any more."""

from django.core.mail import EmailMessage
from django.utils import timezone

from handover.models import Page
from incidents.local_time import format_day_time
from incidents.models import Incident, OutboxRow
from incidents.outbox import people


def register() -> None:
    people.register("page", deliver)


def is_configured() -> bool:
    """Whether a page can be sent at all."""
    return people.is_configured()


def deliver(row: OutboxRow) -> None:
    """Send one page, if it is still wanted: an answer, or the end of its matter, stops it."""
    page = Page.objects.shown().get(pk=row.payload["page"])
    about = page.incident or page.handover
    if page.is_answered or page.sent_at is not None or (about and not about.is_open):
        return
    people.send(_message(page))
    page.sent_at = timezone.now()
    page.save(update_fields=["sent_at"])


def _message(page: Page) -> EmailMessage:
    thread = page.incident.reference if page.incident else f"handover-{page.handover_id}"
    headers = {
        "Message-ID": people.message_id(f"page-{page.pk}.{thread}"),
        "In-Reply-To": people.message_id(thread),
        "References": people.message_id(thread),
        "Auto-Submitted": "auto-generated",
    }
    subject = " ".join(f"Page: {page.words}".split())  # a header has one line
    return EmailMessage(subject, body(page), to=[page.to.email], headers=headers)


def body(page: Page) -> str:
    """What the person reads: who, what, why, and where to answer. All of it passed the guard when written."""
    lines = [f"{page.by} pages {page.to}, {format_day_time(page.paged_at)}.", "", page.words]
    if page.incident:
        lines += _about(page.incident)
    lines += ["", "Why:", page.reason, "", f"Answer this page: {people.link('pages')}"]
    if page.incident:
        lines.append(f"The incident: {people.link('incident', reference=page.incident.reference)}")
    if page.handover_id:
        lines.append(f"The handover: {people.link('handover', pk=page.handover_id)}")
    return "\n".join([*lines, "", "Nobody knows that you read this until you answer."])


def _about(incident: Incident) -> list[str]:
    since = "about " * incident.is_began_approximate + format_day_time(incident.unavailable_since)
    return [
        f"Customer: {incident.customer}",
        f"Unavailable since: {since}",
        f"Who cannot use it: {incident.get_who_affected_display()}",
    ]
