"""Every operation of the API's schema as each role, with canaries in the vendor's rows.

No test of the suite: `docs/benchmarks/schema_by_role.py` runs it.

Prints by role the calls, the server errors and the answers that held a word only the vendor may read.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from knox.models import AuthToken
from rest_framework.throttling import UserRateThrottle
from schemathesis import GenerationMode

from accounts.models import User
from accounts.roles import SIDES, Role, Side
from incidents.models import Incident
from ooh.wsgi import application
from tests import factories
from tests.end_to_end import world
from tests.wall import canaries
from tests.wall.conftest import built  # noqa: F401  (a fixture)

CALLS = int(os.environ.get("CALLS", "2000"))
ROLES = [(role, side) for role in Role for side in sorted(SIDES[role])]


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[None]:
    settings.ALERTS_PER_MINUTE = 10**6
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": None})
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "side"), ROLES)
def test_role(role: Role, side: str, built: dict[str, str], capsys: Any) -> None:  # noqa: F811
    incident = Incident.objects.get(reference=built["incident escalated"].split("/")[2])
    canaries.plant(incident)
    house = world.person(world.ENGINEER if side == Side.PARTNER else world.ANALYST).organisation
    person = factories.make_user(role, organisation=house)
    token = {"Authorization": f"Token {AuthToken.objects.create(person, expiry=timedelta(days=1))[1]}"}
    reader = {"Authorization": f"Token {AuthToken.objects.create(_reader(), expiry=timedelta(days=1))[1]}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/", application, headers=reader)
    operations = [result.ok() for result in schema.get_all_operations()]
    seen: Counter[str] = Counter()
    for operation in operations:
        _call(operation, token, incident, -(-CALLS // len(operations)), seen)
    with capsys.disabled():
        print(f"\n{role} of the {side}: {dict(sorted(seen.items()))}")
    assert seen["server error"] == 0
    assert side == Side.VENDOR or seen["canary"] == 0


def _reader() -> User:
    """Who may read the schema itself; the ticket sync may not."""
    return world.person(world.ANALYST)


def _call(operation: Any, token: dict[str, str], incident: Incident, most: int, seen: Counter[str]) -> None:
    cases = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))
    known = {"reference": incident.reference, "id": incident.pk}

    @settings(
        max_examples=most, derandomize=True, deadline=None, database=None,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases, is_real=st.booleans())
    def call(case: Any, is_real: bool) -> None:
        for name in known.keys() & (case.path_parameters or {}).keys() if is_real else ():
            case.path_parameters[name] = known[name]
        with transaction.atomic():
            answer = case.call(headers=token)
            transaction.set_rollback(True)
        seen["calls"] += 1
        seen["server error"] += answer.status_code >= 500
        seen["canary"] += f"{canaries.CANARY}-" in answer.text
        seen["200s"] += answer.status_code < 300

    call()
