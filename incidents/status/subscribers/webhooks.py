"""Webhooks: what is sent, how it is signed, and what the answer means.

Signed as Standard Webhooks has it: headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, which
is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. The id stays the same however often it is
sent.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import threading
from typing import Any

import httpx2
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from incidents.models import Subscriber
from incidents.outbox.http import name_of, retry_after, timeout_of, trusted
from incidents.outbox.people import link
from incidents.outbox.registry import RetryLater
from incidents.status.subscribers import addresses

TIMEOUT = 10.0  # seconds for all of it
LARGEST = 65_536  # bytes of an answer that we look at
NOT_NOW = (408, 425, 429)  # the only 4xx after which it is sent again
GONE = 410
WAITS = (5.0, 60.0, 300.0, 900.0, 1800.0, 3600.0)  # seconds before each further try, then the last for ever


class Refused(Exception):
    """The receiver will not take it as it is, and never will: nothing is sent again."""

    def __init__(self, words: str, *, is_gone: bool = False) -> None:
        super().__init__(words)
        self.is_gone = is_gone


def signing_key(subscriber: Subscriber) -> bytes:
    """Derived from the token, so that whoever may change the subscription may know it, and nobody else."""
    return hmac.digest(subscriber.token.encode(), b"status webhook", "sha256")


def shown_key(subscriber: Subscriber) -> str:
    """As libraries of Standard Webhooks take it: `whsec_…`."""
    return f"whsec_{base64.b64encode(signing_key(subscriber)).decode()}"


def signature(key: bytes, message_id: str, stamp: int, body: bytes) -> str:
    signed = b".".join((message_id.encode(), str(stamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def meta(subscriber: Subscriber) -> dict[str, str]:
    """Where the receiver's owner ends or changes it; only the receiver gets to know."""
    return {
        "unsubscribe": link("status_unsubscribe", token=subscriber.token),
        "manage": link("status_subscription", token=subscriber.token),
        "documentation": link("status_subscribe_webhook"),
    }


def challenge(subscriber: Subscriber, message_id: str, attempt: int) -> bool:
    """Ask whether its owner wants it: True when the answer is 2xx and its body has the challenge."""
    wanted = secrets.token_urlsafe(24)
    body = {"meta": meta(subscriber), "type": "challenge", "challenge": wanted}
    answer = send(subscriber, body, message_id, attempt)
    try:
        told = json.loads(answer)
    except ValueError:
        told = answer.decode("utf-8", "replace").strip()
    given = told.get("challenge") if isinstance(told, dict) else told
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())


def send(subscriber: Subscriber, content: dict[str, Any], message_id: str, attempt: int) -> bytes:
    """One attempt; the body of a 2xx answer. Raises Refused, or RetryLater for all that may still go well."""
    body = json.dumps(content, cls=DjangoJSONEncoder, separators=(",", ":")).encode()
    wait = WAITS[min(attempt, len(WAITS)) - 1]
    try:
        response, answer = _post(subscriber, body, message_id)
    except addresses.Refused as error:
        raise Refused(str(error)) from None
    except addresses.NotFound as error:
        raise RetryLater(f"A webhook cannot be reached. {error}", wait) from None
    except httpx2.HTTPError as error:
        # Also where it was sent and no answer came: by its id the receiver knows what it has already.
        raise RetryLater(f"A webhook does not answer ({name_of(error)})", wait) from error
    status = response.status_code
    if status >= 500 or status in NOT_NOW:
        raise RetryLater(f"A webhook cannot take it now ({status})", retry_after(response) or wait)
    if not response.is_success:
        raise Refused(f"The webhook refused it ({status})", is_gone=status == GONE)
    return answer


def _post(subscriber: Subscriber, body: bytes, message_id: str) -> tuple[httpx2.Response, bytes]:
    """To the address that was judged, under the name that was asked for: certificate, SNI and Host are its.

    No proxy of the environment: it would look the name up again. No redirect is followed.
    """
    parts = addresses.check(subscriber.address)
    address, port = addresses.lookup(parts)
    stamp = int(timezone.now().timestamp())
    headers = {
        "Host": parts.netloc, "Content-Type": "application/json", "User-Agent": "service-status-webhook/1",
        "Accept-Encoding": "identity",
        "webhook-id": message_id, "webhook-timestamp": str(stamp),
        "webhook-signature": signature(signing_key(subscriber), message_id, stamp, body),
    }  # fmt: skip
    target = httpx2.URL(subscriber.address).copy_with(host=address, port=port)
    extensions = {"sni_hostname": parts.hostname or ""}
    with httpx2.Client(timeout=timeout_of(TIMEOUT), verify=trusted(), trust_env=False) as http:
        # Time-outs are for each read: whoever drips one byte after another would hold a worker for ever.
        closing = threading.Timer(TIMEOUT, http.close)
        closing.start()
        try:
            with http.stream(
                "POST", target, content=body, headers=headers, extensions=extensions
            ) as response:
                return response, _beginning_of(response)
        finally:
            closing.cancel()


def _beginning_of(response: httpx2.Response) -> bytes:
    """As much of an answer as we look at. Its status counts, also where the rest never comes."""
    content = bytearray()
    with contextlib.suppress(httpx2.HTTPError):
        for chunk in response.iter_raw():
            content += chunk
            if len(content) >= LARGEST:
                break
    return bytes(content[:LARGEST])
