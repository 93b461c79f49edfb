"""The webhook of Freshdesk, and the page of answering a ticket that was resolved over there."""

import logging
from time import time

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.requests import signed_in
from incidents import workbench
from incidents.forms import ReasonForm
from incidents.freshdesk import answering, hints, reading
from incidents.freshdesk.tasks import read_ticket
from incidents.outbox.writing import tell_celery
from incidents.views import act_page

logger = logging.getLogger(__name__)

SECRET_HEADER = "X-Desk-Secret"  # noqa: S105  (its name)
LARGEST = 65_536  # bytes; a hint needs fifty
MOST = 240  # hints in a minute


@csrf_exempt
@require_POST
def hint(request: HttpRequest) -> HttpResponse:
    """A hint that a ticket changed. Nothing of the body is kept; what it says is read through the API.

    202 whatever it says, so that it reveals nothing. 403 without the secret, 413, 429 with `Retry-After`.
    """
    given = request.headers.get(SECRET_HEADER, "")
    if not settings.FRESHDESK_WEBHOOK_SECRET or not constant_time_compare(
        given, settings.FRESHDESK_WEBHOOK_SECRET
    ):
        return HttpResponse(status=403)
    if _is_too_large(request):
        return HttpResponse(status=413)
    if _are_too_many():
        return HttpResponse(status=429, headers={"Retry-After": "60"})
    number = hints.ticket_number(request.body)
    for ticket_id in reading.expect(number) if number else ():
        tell_celery(read_ticket, ticket_id)
    return HttpResponse(status=202)


def _is_too_large(request: HttpRequest) -> bool:
    """By its header: what is larger is not read at all, and without a length nothing is."""
    try:
        return int(request.headers.get("Content-Length") or 0) > LARGEST
    except ValueError:
        return True


def _are_too_many() -> bool:
    """Counted by the minute. With the cache away all are taken: a ticket falls due once, however often."""
    key = f"freshdesk-hints-{int(time() // 60)}"
    try:
        cache.add(key, 0, timeout=120)
        return cache.incr(key) > MOST
    except Exception as error:  # each cache has errors of its own
        logger.warning("Hints are not counted: %s", type(error).__name__)
        return False


@login_required
def keep_open(request: HttpRequest, reference: str) -> HttpResponse:
    """The ticket was resolved over there, and the incident goes on here."""
    found = workbench.find(request, reference)
    if not answering.may_answer(found, signed_in(request)):
        raise PermissionDenied
    form = ReasonForm(
        request.POST if request.method == "POST" else None, label="What still fails?",
        hint="The service desk reads it in the ticket, which is set back to open.",
    )  # fmt: skip
    return act_page(
        request, found, form,
        lambda: answering.keep_open(found.pk, reason=form.cleaned_data["reason"], by=signed_in(request)),
        "It goes on here. The service desk reads why in the ticket.", heading="It goes on here",
        lead="The service desk resolved the ticket in Freshdesk, and the incident is open here.",
        button="Keep it open",
    )  # fmt: skip
