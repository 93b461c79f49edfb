"""The sweep over the folder of files."""

from celery import shared_task

from incidents.attachments.services import sweep_files
from incidents.tasks import DeskTask


@shared_task(base=DeskTask)
def sweep() -> None:
    """A file that no row wants any more goes, also if the process that should have deleted it was killed."""
    sweep_files()
