"""The roof's own tasks: link what was written to the chains, prove them every night, purge what is over."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts.chain import linking
from accounts.chain.verifying import verify
from accounts.models import User
from accounts.roles import Role
from incidents.models import Heartbeat, OutboxRow
from incidents.outbox.writing import announce
from incidents.tasks import DeskTask
from ooh.retention.purging import purge

logger = logging.getLogger(__name__)
TOLD = (Role.SERVICE_MANAGER, Role.AUDITOR)


@shared_task
def link_chains() -> None:
    """Bind the rows of the last seconds into the chains of the audit trail and the timeline."""
    linking.link_new()


@shared_task(base=DeskTask, time_limit=3600, soft_time_limit=3500)
def verify_chains() -> None:
    """Read both chains from end to end. What is broken goes to the log, and by e-mail to who must know."""
    report = verify()
    for broken in report.broken[:20]:
        logger.critical("Audit: %s", broken)
    now = timezone.now()
    if report.broken:
        for person in User.objects.with_role(*TOLD):
            announce(
                OutboxRow.Destination.PEOPLE, "audit_broken",
                key=f"audit-broken:{now:%Y-%m-%d}:{person.pk}", incident=None,
                person=person.pk, findings=len(report.broken),
            )  # fmt: skip
    Heartbeat.objects.bulk_create(
        [Heartbeat(name="audit-verify", beat_at=now)],
        update_conflicts=True, unique_fields=["name"], update_fields=["beat_at"],
    )  # fmt: skip


@shared_task(base=DeskTask, time_limit=3600, soft_time_limit=3500)
def purge_what_is_over() -> None:
    """Let go of what the retention table names and no legal hold keeps. Before the chains are proven."""
    for line in purge(timezone.now(), by=User.objects.system()):
        if line.purged:
            logger.warning("Retention: %s of %s let go, %s", line.purged, line.kind.name, line.kind.rule)
