"""Telling subscribers: one row for an update leads to one row for each of them, each on a lane of its own.

A lane is a subscriber and an incident (or a maintenance): updates come in order, and whoever is slow or away
holds up nobody else. What was refused for good is counted and left: the next update is another chance.
"""

from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from incidents.models import OutboxRow, StatusUpdate, Subscriber
from incidents.outbox import people
from incidents.outbox.registry import CannotDeliver, RetryLater
from incidents.outbox.writing import announce, announce_many
from incidents.status import notice
from incidents.status.notice import Notice
from incidents.status.subscribers import mail, payload, services, webhooks

NAME = OutboxRow.Destination.SUBSCRIBERS
GIVE_UP = timedelta(hours=24)  # a webhook that was away for so long: one refusal
GIVE_UP_ASKING = timedelta(hours=1)
NO_MAIL_SERVER = 600.0  # seconds until it is looked for again
MOST_SILENCES = 2  # of a mail server that was given an update: then it is not given a third time
FAN_OUT = "fan_out"
EVENT_OF = {Subscriber.Kind.EMAIL: "status_email", Subscriber.Kind.WEBHOOK: "webhook"}


def is_configured() -> bool:
    """Webhooks need nothing set. Without a mail server the form offers no e-mail, and what waits is kept."""
    return True


def follow(update: notice.Update) -> None:
    """Queue the telling of all subscribers, in the transaction that publishes the update."""
    incident = update.incident if isinstance(update, StatusUpdate) else None
    announce(
        NAME, FAN_OUT, key=f"subscribers:{notice.name_of(update)}", incident=incident,
        lane=notice.lane_of(update), **notice.payload_of(update),
    )  # fmt: skip


def deliver(row: OutboxRow) -> None:
    if row.event not in EVENTS:
        raise CannotDeliver(f"Subscribers know no event {row.event}")
    EVENTS[row.event](row)


@transaction.atomic
def deliver_fan_out(row: OutboxRow) -> None:
    """Write one row for each subscriber who wants this update. Doing it again writes none twice."""
    told = notice.read(row.payload)
    if told is None:
        raise CannotDeliver("Its update is not published")
    wanted = Subscriber.objects.confirmed().filter(
        Q(services=None) | Q(services__in=told.service_ids)
    ).distinct().values_list("pk", "kind").order_by("pk")  # fmt: skip
    for kind, event in EVENT_OF.items():
        announce_many(NAME, event, [
            (
                f"subscriber:{pk}:{notice.name_of(told.update)}", f"subscriber:{pk}:{told.public_id}",
                {"subscriber": pk, **notice.payload_of(told.update)},
            )
            for pk, its in wanted if its == kind
        ])  # fmt: skip


def deliver_confirmation(row: OutboxRow) -> None:
    """The e-mail that asks whether it is wanted; where it is subscribed already, one that says so."""
    asked = Subscriber.objects.unconfirmed().filter(pk=row.payload["subscriber"]).first()
    if asked is None or services.is_too_late(asked, timezone.now()):
        return
    known = Subscriber.objects.confirmed().of_address(asked.kind, asked.address).first()
    try:
        _send(mail.known(known) if known else mail.confirmation(asked))
    except CannotDeliver:
        return  # the address takes no mail: nobody confirms, and it is forgotten


def deliver_challenge(row: OutboxRow) -> None:
    """Ask the webhook itself whether it is wanted. A right answer confirms; any other one changes nothing."""
    asked = Subscriber.objects.unconfirmed().filter(pk=row.payload["subscriber"]).first()
    if asked is None or timezone.now() - row.written_at > GIVE_UP_ASKING:
        return
    if Subscriber.objects.confirmed().of_address(asked.kind, asked.address).exists():
        return
    try:
        is_wanted = webhooks.challenge(asked, row.key, row.attempts)
    except webhooks.Refused:
        return
    if is_wanted:
        services.confirm(asked.token)


def deliver_email(row: OutboxRow) -> None:
    """Once; where no answer came once more, under the same Message-ID, and then no more."""
    subscriber, told = _still_wanted(row)
    is_given = row.is_unsure and row.failures >= MOST_SILENCES and row.last_error == people.SILENT
    if subscriber is None or told is None or is_given:
        return
    try:
        _send(mail.update(subscriber, told, key=row.key))
    except CannotDeliver:
        services.count_refusal(subscriber.pk)
    else:
        services.count_delivered(subscriber)


def deliver_webhook(row: OutboxRow) -> None:
    subscriber, told = _still_wanted(row)
    if subscriber is None or told is None:
        return
    if timezone.now() - row.written_at > GIVE_UP:
        return services.count_refusal(subscriber.pk)
    try:
        webhooks.send(subscriber, payload.of(subscriber, told), row.key, row.attempts)
    except webhooks.Refused as error:
        services.count_refusal(subscriber.pk, is_gone=error.is_gone)
    else:
        services.count_delivered(subscriber)


EVENTS = {
    FAN_OUT: deliver_fan_out, "confirmation": deliver_confirmation, "challenge": deliver_challenge,
    EVENT_OF[Subscriber.Kind.EMAIL]: deliver_email, EVENT_OF[Subscriber.Kind.WEBHOOK]: deliver_webhook,
}  # fmt: skip


def _still_wanted(row: OutboxRow) -> tuple[Subscriber | None, Notice | None]:
    """As it is now: who ended it, or chose other services meanwhile, is told nothing of what waited."""
    subscriber = Subscriber.objects.confirmed().filter(pk=row.payload["subscriber"]).first()
    told = notice.read(row.payload) if subscriber else None
    if subscriber and told:
        chosen = set(subscriber.services.values_list("pk", flat=True))
        return (subscriber, told) if not chosen or chosen & told.service_ids else (None, None)
    return None, None


def _send(message: EmailMultiAlternatives) -> None:
    """One attempt. With its outcome unknown it is sent again under the same Message-ID (see `people`)."""
    if not settings.EMAIL_URL:
        raise RetryLater("EMAIL_URL is not set", NO_MAIL_SERVER)
    people.send(message)
