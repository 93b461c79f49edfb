"""The sweep of the handovers: what is due lies in rows, and this looks for it. Twice does it once."""

import logging
from collections.abc import Callable
from typing import TypeVar

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from handover import alerts, cadence, calls, paging
from handover.escalating import ANSWER_WITHIN
from handover.models import Handover, Page
from handover.models.handover import HandoverQuerySet
from handover.services import page_leads, prepare, settle
from incidents.tasks import DeskTask

T = TypeVar("T")
logger = logging.getLogger(__name__)


@shared_task(base=DeskTask)
def sweep() -> None:
    """Drafts for the next call, items whose incident was closed, leads for what nobody answered."""
    now = timezone.now()
    for call in calls.to_prepare(now, settings.DESK_NATION):
        _try(prepare, call)
    _each(settle, Handover.objects.filter(state=Handover.State.OFFERED))
    since = now - ANSWER_WITHIN
    unanswered = Q(state=Handover.State.OFFERED, offered_at__lte=since)
    not_offered = Q(state=Handover.State.DRAFT, call_at__lte=since, drafted_at__lte=since)
    _each(page_leads, Handover.objects.filter(unanswered | not_offered, leads_paged_at=None))


@shared_task(base=DeskTask)
def remind() -> None:
    """Promises that are near or late, alerts that nobody was told of, pages whose matter is over."""
    now = timezone.now()
    for look, act in cadence.SWEPT:
        for number in list(look(now)):
            _try(act, number)
    _try(alerts.page_on_call, now)
    for page_id in list(Page.objects.ending().values_list("pk", flat=True)):
        _try(paging.settle_page, page_id)


def _each(act: Callable[[int], object], rows: HandoverQuerySet) -> None:
    for handover_id in rows.order_by("call_at").values_list("pk", flat=True):
        _try(act, handover_id)


def _try(act: Callable[[T], object], of: T) -> None:
    """One that fails must not keep the others from being told. Its words may hold anything: not logged."""
    try:
        act(of)
    except Exception as error:
        logger.error("Sweep: %s of %s failed (%s)", act.__name__, of, type(error).__name__)
