"""Several workers sweep at the same instant: each promise and each alert is told once."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from handover.models import Page
from handover.tasks import remind
from incidents import proposals
from incidents.calls import log_call
from incidents.models import Incident, OutboxRow
from tests.handover.making import make_shift
from tests.incidents.test_intake_at_once import AT_ONCE, at_once
from tests.incidents.test_proposals import an_alert

pytestmark = pytest.mark.django_db(transaction=True)


def test_workers_that_sweep_at_once_warn_tell_and_page_once(
    incident: Incident, engineer: User, lead: User, alert_source: User, night: Any
) -> None:
    make_shift(engineer, 6, time(0), time(9))
    due = timezone.now() + timedelta(minutes=10)
    log_call(incident.pk, direction="in", who="IT", outcome="spoke", next_call_at=due, by=engineer)
    proposals.receive([an_alert()], by=alert_source)
    Incident.objects.update(next_update_due_at=due, owner=engineer)
    night.shift(6 * 60)
    at_once(*[remind] * AT_ONCE)
    assert OutboxRow.objects.filter(event="warning").count() == 2  # the update, and the call
    assert [page.user for page in Page.objects.all()] == [engineer]  # the alert
    night.shift(5 * 60)
    at_once(*[remind] * AT_ONCE)
    assert Page.objects.filter(user=lead).count() == 2
    assert incident.timeline.filter(kind="escalation").count() == 2
    assert OutboxRow.objects.filter(event="page").count() == 3
