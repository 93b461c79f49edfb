"""Makes subscribers, and lets what waits for them be sent."""

from datetime import datetime
from email.message import Message

from django.utils import timezone

from accounts.models import Service
from incidents.models import OutboxRow, Subscriber
from tests.incidents.driving import deliver_due, let_time_pass


def subscriber(
    address: str, *services: Service, kind: str = "email", confirmed_at: datetime | None = None
) -> Subscriber:
    """One that was confirmed."""
    now = timezone.now()
    made = Subscriber.objects.create(
        kind=kind, address=address, asked_at=now, confirmed_at=confirmed_at or now
    )
    made.services.set(services)
    return made


def deliver_to_subscribers(rounds: int = 3) -> None:
    """What is due, each row twice, and what that led to."""
    for _ in range(rounds):
        deliver_due()


def after_a_while(rounds: int = 3) -> None:
    """The same after all back-offs."""
    for _ in range(rounds):
        let_time_pass()
        deliver_due()


def waiting() -> list[OutboxRow]:
    return list(OutboxRow.objects.waiting().filter(destination="subscribers"))


def text_of(message: Message, kind: str = "text/plain") -> str:
    """One of the two forms of an e-mail."""
    part = next(part for part in message.walk() if part.get_content_type() == kind)
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]
