"""Whatever is sent to a webhook: a clear answer, and of what was not understood nothing is kept.

A few bodies here; `docs/benchmarks/fuzz_webhooks.py` sends ten thousand.
"""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from knox.models import AuthToken

from accounts.models import User
from incidents.inbound import tasks
from incidents.models import AlertFeed, Proposal, ReceivedAlerts
from tests.incidents.alerts.fuzzing import body

DOORS = ["", "azure/", "alertmanager/", "pingdom/", "uptimerobot/", "nagios/"]


@pytest.fixture
def client(alert_source: User, settings: Any, caplog: pytest.LogCaptureFixture) -> Client:
    settings.ALERTS_PER_MINUTE = 10**6
    caplog.set_level("CRITICAL", "django")
    token = AuthToken.objects.create(alert_source, expiry=timedelta(days=1))[1]
    return Client(raise_request_exception=False, headers={"Authorization": f"Token {token}"})


@budget(
    max_examples=50, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(seed=st.integers(0, 2**32), door=st.sampled_from(DOORS))
def test_no_body_breaks_the_server_and_what_is_refused_leaves_nothing(
    seed: int, door: str, client: Client
) -> None:
    sent = body(Random(seed), seed % 1_000_000)  # noqa: S311
    before = ReceivedAlerts.objects.count()
    answer = client.generic("POST", f"/api/v1/alerts/{door}", sent.content, sent.content_type)
    assert answer.status_code in (202, 400, 413, 415)
    kept = ReceivedAlerts.objects.count() - before
    assert kept == (answer.status_code == 202)
    if not kept:
        assert sent.canary not in everything()
    tasks.sweep()
    assert not ReceivedAlerts.objects.undone().exists()
    assert not Proposal.objects.filter(dedup_key__startswith="received:").exists()


def everything() -> str:
    """What the tables hold that a body could have come into."""
    with connection.cursor() as cursor:
        found = []
        for table in (
            "incidents_alertfeed",
            "incidents_receivedalerts",
            "incidents_proposal",
            "auditlog_logentry",
        ):
            cursor.execute(f"SELECT * FROM {table} ORDER BY 1 DESC LIMIT 5")
            found.append(str(cursor.fetchall()))
    return "".join(found)


def test_the_bodies_reach_both_the_answer_of_what_is_kept_and_of_what_is_refused(client: Client) -> None:
    """Else the test above would prove nothing."""
    answers = set()
    for number in range(40):
        sent = body(Random(number), number)  # noqa: S311
        answer = client.generic("POST", "/api/v1/alerts/", sent.content, sent.content_type)
        answers.add(answer.status_code)
    assert answers >= {202, 400, 413}
    assert AlertFeed.objects.get().refused > 10
