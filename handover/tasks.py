"""The sweep of the handovers: what is due lies in rows, and this looks for it. Twice does it once."""

from celery import shared_task
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from handover import calls
from handover.escalating import ANSWER_WITHIN
from handover.models import Handover
from handover.services import page_leads, prepare, settle
from incidents.tasks import DeskTask


@shared_task(base=DeskTask)
def sweep() -> None:
    """Drafts for the next call, items whose incident was closed, leads for what nobody answered."""
    now = timezone.now()
    for call in calls.to_prepare(now, settings.DESK_NATION):
        prepare(call)
    offered = Handover.objects.filter(state=Handover.State.OFFERED)
    for handover_id in offered.values_list("pk", flat=True):
        settle(handover_id)
    since = now - ANSWER_WITHIN
    unanswered = Q(state=Handover.State.OFFERED, offered_at__lte=since)
    not_offered = Q(state=Handover.State.DRAFT, call_at__lte=since, drafted_at__lte=since)
    late = Handover.objects.filter(unanswered | not_offered, leads_paged_at=None)
    for handover_id in late.order_by(F("call_at")).values_list("pk", flat=True):
        page_leads(handover_id)
