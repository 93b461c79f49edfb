"""Forgetting what nobody confirmed."""

from celery import shared_task
from django.utils import timezone

from incidents.status.subscribers.services import forget_unconfirmed
from incidents.tasks import DeskTask


@shared_task(base=DeskTask)
def sweep() -> None:
    forget_unconfirmed(timezone.now())
