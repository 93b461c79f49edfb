"""The Celery application. Tasks are found in each app's `tasks` module; what is due lies in the database."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ooh.settings")

TRANSPORT_ALIASES["filesystem"] = "ooh.folder_broker:Transport"

app = Celery("ooh")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# Apps inside an app
app.autodiscover_tasks(
    [
        "incidents.outbox",
        "incidents.inbound",
        "incidents.freshdesk",
        "incidents.status",
        "incidents.status.subscribers",
    ]
)


@setup_logging.connect
def leave_logging_to_settings(**_: Any) -> None:
    """That somebody listens is enough. Else Celery's own option would outdo LOG_LEVEL in worker and beat."""
