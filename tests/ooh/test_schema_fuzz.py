"""Every operation of the API's schema, called with what the schema allows and what it does not: never a 500.

Whatever is in the schema is covered, of any app. Deterministic: the same calls on each run.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from knox.models import AuthToken
from rest_framework.throttling import UserRateThrottle
from schemathesis import GenerationMode

from accounts.models import User
from incidents.models import Incident, Proposal
from ooh.wsgi import application
from tests import factories

EXAMPLES = 8
BUDGET = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _connection_kept() -> Iterator[None]:
    """As Django's own test client does: the end of a request does not end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch, incident: Incident, settings: Any) -> None:
    settings.ALERTS_PER_MINUTE = 10**6
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": None})
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)  # thousands of refusals
    at = factories.SUNDAY_NIGHT
    Proposal.objects.create(source="azure", dedup_key="1", title="Down", fired_at=at, last_seen_at=at)


def token_of(user: User) -> dict[str, str]:
    return {"Authorization": f"Token {AuthToken.objects.create(user, expiry=timedelta(days=1))[1]}"}


def test_no_call_that_the_schema_knows_of_breaks_the_server(
    engineer: User, integration: User, alert_source: User, ticket_sync: User
) -> None:
    tokens = [token_of(user) for user in (engineer, integration, alert_source, ticket_sync)]
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, headers=tokens[0])
    operations = [result.ok() for result in schema.get_all_operations()]
    broken = [call for operation in operations for call in breaks(operation, tokens)]
    assert len(operations) > 20
    assert not broken


def breaks(operation: Any, tokens: list[dict[str, str]]) -> list[str]:
    """The calls of one operation that ended in a server error, as they can be repeated."""
    found: list[str] = []
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    known = {"reference": Incident.objects.earliest("pk").reference, "id": Proposal.objects.earliest("pk").pk}

    @BUDGET
    @given(case=cases, token=st.sampled_from(tokens), is_real=st.booleans())
    def call(case: Any, token: dict[str, str], is_real: bool) -> None:
        for name in known.keys() & (case.path_parameters or {}).keys() if is_real else ():
            case.path_parameters[name] = known[name]
        response = case.call(headers=token)
        if response.status_code >= 500:
            found.append(f"{response.status_code} {case.as_curl_command()}")

    call()
    return found
