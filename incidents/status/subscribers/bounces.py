"""Bounces that come back later, as a mail server hands them over: RFC 3464, one message at a time.

Which subscription it is, the returned headers say: our way out stands in them, with a token that only the
receiver of our message has. So nobody ends another's subscription by making up a bounce.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from incidents.models import Subscriber
from incidents.status.subscribers import services

LARGEST = 1_000_000  # bytes; what is longer is cut, and its headers stand before that
_WAY_OUT = re.compile(r"/status/subscription/([A-Za-z0-9_-]{20,60})/unsubscribe/")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")


class NotUnderstood(Exception):
    """It is no bounce of a message of ours."""


def take_in(content: bytes) -> str:
    """Count or end what a bounce is about, and say what was done. Never its address or its words.

    An address that does not exist (5.1) ends the subscription; any other failure for good counts, and the
    third in a row ends it. What is only late changes nothing. Raises NotUnderstood.
    """
    parts = list(message_from_bytes(content[:LARGEST]).walk())
    status = next(_statuses(parts), "")
    token = next(_tokens(parts), "")
    subscriber = Subscriber.objects.filter(token=token, kind=Subscriber.Kind.EMAIL).first() if token else None
    if not status or subscriber is None:
        raise NotUnderstood("It is no bounce of a status update")
    if not status.startswith("5."):
        return f"{subscriber}: only late ({status}), nothing changed"
    if subscriber.ended_at:
        return f"{subscriber}: has ended already"
    services.count_refusal(subscriber.pk, is_gone=status.startswith("5.1."), gone=services.NO_ADDRESS)
    subscriber.refresh_from_db()
    return f"{subscriber}: {'ended' if subscriber.ended_at else 'counted'} ({status})"


def _statuses(parts: list[Message]) -> Iterator[str]:
    """Of each receiver in the report, `5.1.1`: a block of headers, below the one of the message."""
    for part in parts:
        if part.get("Action") and (found := _STATUS.match(str(part.get("Status", "")))):
            yield found[1]


def _tokens(parts: list[Message]) -> Iterator[str]:
    """In the message that came back, whole or as headers alone, which then are the text of their part."""
    for part in parts:
        headers = str(part.get("List-Unsubscribe", ""))
        if part.get_content_type() == "text/rfc822-headers":
            headers += bytes(part.get_payload(decode=True) or b"").decode("ascii", "replace")
        if found := _WAY_OUT.search(headers):
            yield found[1]
