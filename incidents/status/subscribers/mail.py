"""E-mails to subscribers: plain words and simple HTML, each with the way out in its headers and its text."""

from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from incidents.local_time import format_day_time
from incidents.models import StatusUpdate, Subscriber
from incidents.outbox.people import link, message_id
from incidents.status.notice import Notice
from incidents.status.subscribers.services import CONFIRM_WITHIN
from incidents.status.told import PublicIncident, PublicMaintenance

SENT_BY_A_PROGRAM = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def update(subscriber: Subscriber, notice: Notice, *, key: str) -> EmailMultiAlternatives:
    """One update. Sent twice it bears the same Message-ID; all of one incident are one thread."""
    context = {
        "notice": notice, "facts": facts(notice), "choice": choice_words(subscriber),
        "posted": format_day_time(notice.update.posted_at),
        "corrected": format_day_time(notice.corrects_at) if notice.corrects_at else "",
        "change": link("status_subscription", token=subscriber.token),
        "unsubscribe": link("status_unsubscribe", token=subscriber.token),
    }  # fmt: skip
    thread = message_id(f"status-{notice.public_id}")
    headers = SENT_BY_A_PROGRAM | {
        "Message-ID": message_id(key.replace(":", "-")),
        "In-Reply-To": thread, "References": thread,
        "List-ID": "Service Status <service-status.{}>".format(thread.rpartition("@")[2].rstrip(">")),
        "List-Unsubscribe": f"<{context['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "list",
    }  # fmt: skip
    phase = "Correction" if notice.corrects_at else notice.phase_words
    return _message(subscriber, f"{phase}: {notice.title}", "update", context, headers)


def confirmation(subscriber: Subscriber) -> EmailMultiAlternatives:
    """Whoever reads this may subscribe. A link alone does nothing: what scans mail follows links."""
    context = {
        "choice": choice_words(subscriber),
        "confirm": link("status_confirm", token=subscriber.token),
        "until": format_day_time(subscriber.asked_at + CONFIRM_WITHIN),
    }
    return _message(subscriber, "Confirm that you want status updates", "confirm", context, SENT_BY_A_PROGRAM)


def known(subscriber: Subscriber) -> EmailMultiAlternatives:
    """Told to the address itself, and to nobody else: it is subscribed already."""
    context = {
        "choice": choice_words(subscriber),
        "change": link("status_subscription", token=subscriber.token),
        "unsubscribe": link("status_unsubscribe", token=subscriber.token),
    }
    return _message(subscriber, "You get status updates already", "known", context, SENT_BY_A_PROGRAM)


def facts(notice: Notice) -> list[str]:
    """What stands below the words: the states, the window, and when more comes."""
    told = notice.told
    if isinstance(told, PublicMaintenance):
        window = f"{format_day_time(told.starts_at)} to {format_day_time(told.ends_at)}"
        return [f"Planned for {window}", f"Services: {told.service_names}"]
    return (
        [*_states(told), f"Next update by {format_day_time(told.due_at)}"] if told.due_at else _states(told)
    )


def choice_words(subscriber: Subscriber) -> str:
    """`all services`, or their names."""
    return ", ".join(service.name for service in subscriber.services.all()) or "all services"


def _states(told: PublicIncident) -> list[str]:
    labels = {code: StatusUpdate.ServiceState(state).label for code, state in told.states.items()}
    return [f"{name}: {labels[code]}" for code, name in told.services.items() if code in labels]


def _message(
    subscriber: Subscriber,
    subject: str,
    template: str,
    context: Mapping[str, object],
    headers: dict[str, str],
) -> EmailMultiAlternatives:
    context = {**context, "status_url": f"{settings.PUBLIC_URL}/status/", "subject": subject}
    text, html = (
        render_to_string(f"status/subscribers/mail/{template}.{kind}", context) for kind in ("txt", "html")
    )
    one_line = " ".join(subject.split())  # a header has one line
    message = EmailMultiAlternatives(one_line, text, to=[subscriber.address], headers=headers)
    message.attach_alternative(html, "text/html")
    return message
