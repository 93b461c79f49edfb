"""Writing the snapshot again by the clock, so that its age tells when the desk was last there."""

import logging
from pathlib import Path

from celery import shared_task
from django.conf import settings

from incidents.status import snapshot
from incidents.tasks import DeskTask

logger = logging.getLogger(__name__)


@shared_task(base=DeskTask)
def renew_snapshot() -> None:
    """Nothing where none is configured. A folder that is away is met again at the next time."""
    if not snapshot.is_configured():
        return
    try:
        snapshot.write(Path(settings.STATUS_SNAPSHOT_DIR))
    except OSError as error:
        logger.warning("The status snapshot was not written (%s)", type(error).__name__)
