"""A month with calls in it, logged through the real intake and moved by the real services."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Customer, User
from incidents import services
from incidents.models import Incident, Phase
from incidents.status.services import post_update
from tests.factories import make_incident

AFTER = datetime(2026, 11, 22, 2, 7, 12, tzinfo=UTC)
LONG_NIGHT = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # Sunday 01:30 BST, the first of two


@pytest.fixture
def restored(engineer: User, customer: Customer) -> Callable[..., Incident]:
    """Logged, triaged, told to the public twice, and resolved 70 minutes after the call."""

    def make(at: datetime = LONG_NIGHT, **facts: object) -> Incident:
        with time_machine.travel(at, tick=False) as clock:
            incident = make_incident(by=engineer, reported_at=at, **{"customer": customer, **facts})
            clock.shift(timedelta(minutes=4))
            services.begin_triage(incident.pk, by=engineer)
            due_at = at + timedelta(minutes=34)
            post_update(
                incident.pk,
                phase=Phase.INVESTIGATING,
                words="We look.",
                next_update_due_at=due_at,
                by=engineer,
            )
            clock.shift(timedelta(minutes=66))
            words = "It is back."
            post_update(incident.pk, phase=Phase.RESOLVED, words=words, next_update_due_at=None, by=engineer)
            restored_at = at + timedelta(minutes=60)
            return services.resolve(
                incident.pk, resolution="The platform recovered.", restored_at=restored_at, by=engineer
            )

    return make


@pytest.fixture
def declined(engineer: User, customer: Customer) -> Callable[..., Incident]:
    def make(at: datetime = LONG_NIGHT, **facts: object) -> Incident:
        with time_machine.travel(at, tick=False):
            facts = {"customer": customer, "failure": "slow", **facts}
            incident = make_incident(by=engineer, reported_at=at, **facts)
            return services.decline(incident.pk, rule="slow", told_caller="Ring the desk.", by=engineer)

    return make
