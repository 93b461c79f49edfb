"""Pages by e-mail: how a page reads, and when it is not wanted any more."""

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from handover import alerts, cadence
from handover.models import Page
from incidents.local_time import format_day_time
from incidents.models import Incident, OutboxRow
from incidents.outbox import people


def register() -> None:
    people.register("page", deliver)
    people.register("warning", cadence.deliver_warning)


def is_configured() -> bool:
    """Whether a page can be sent at all."""
    return people.is_configured()


def end_of(page: Page) -> str:
    """What became of what the page is about, where it ends by itself: a late promise, an alert."""
    return alerts.is_over(page) or cadence.is_over(page)


@transaction.atomic
def settle_page(page_id: int) -> None:
    """Its matter is over: nobody has to answer any more, and it says what became of it."""
    page = Page.objects.select_for_update(of=("self",)).select_related("incident", "call").get(pk=page_id)
    end = end_of(page)
    if end and not page.is_answered:
        page.acknowledged_at, page.answer = timezone.now(), end[:2000]
        page.acknowledged_by = alerts.decided_by(page) or User.objects.system()
        page.save()


def deliver(row: OutboxRow) -> None:
    """Send one page, if it is still wanted: an answer, or the end of its matter, stops it."""
    page = Page.objects.shown().get(pk=row.payload["page"])
    about = page.incident or page.handover
    if page.is_answered or page.sent_at is not None or (about and not about.is_open) or end_of(page):
        return
    people.send(_message(page))
    page.sent_at = timezone.now()
    page.save(update_fields=["sent_at"])


def _message(page: Page) -> EmailMessage:
    thread = _thread(page)
    headers = {
        "Message-ID": people.message_id(f"page-{page.pk}.{thread}"),
        "In-Reply-To": people.message_id(thread),
        "References": people.message_id(thread),
        "Auto-Submitted": "auto-generated",
    }
    subject = " ".join(f"Page: {page.words}".split())  # a header has one line
    return EmailMessage(subject, body(page), to=[page.to.email], headers=headers)


def _thread(page: Page) -> str:
    """What mail programs keep together."""
    if page.incident:
        return page.incident.reference
    return f"handover-{page.handover_id}" if page.handover_id else f"alert-{page.pk}"


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
    if page.proposals.all():
        lines.append(f"The alerts: {people.link('board')}")
    return "\n".join([*lines, "", "Nobody knows that you read this until you answer."])


def _about(incident: Incident) -> list[str]:
    since = "about " * incident.is_began_approximate + format_day_time(incident.unavailable_since)
    return [
        f"Customer: {incident.customer}",
        f"Unavailable since: {since}",
        f"Who cannot use it: {incident.get_who_affected_display()}",
    ]
