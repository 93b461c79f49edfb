"""Handovers in each state, at a Monday morning's call."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import User
from handover import services
from handover.models import Handover, HandoverItem
from incidents import services as incidents
from incidents.models import Incident

MONDAY_CALL = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MONDAY_EVENING = datetime(2026, 11, 23, 17, 45, tzinfo=UTC)


@pytest.fixture
def morning(db: None) -> Iterator[time_machine.Traveller]:
    """Monday 23 November 2026, 08:00 GMT: the call of partner and desk begins."""
    with time_machine.travel(MONDAY_CALL, tick=False) as clock:
        yield clock


@pytest.fixture
def triaging(incident: Incident, engineer: User) -> Incident:
    return incidents.begin_triage(incident.pk, by=engineer)


@pytest.fixture
def draft(morning: time_machine.Traveller, triaging: Incident, engineer: User) -> Handover:
    """One incident of the partner, drafted for the desk."""
    return services.draft("to_vendor", by=engineer)


@pytest.fixture
def offered(draft: Handover, engineer: User) -> Handover:
    return services.offer(draft.pk, by=engineer)


@pytest.fixture
def item(offered: Handover) -> HandoverItem:
    return offered.items.get()


@pytest.fixture
def closed(item: HandoverItem, analyst: User) -> Handover:
    services.accept_item(item.pk, read_back="Sign-in fails, I ring the hospital by 08:30", by=analyst)
    return Handover.objects.get(pk=item.handover_id)


@pytest.fixture
def to_partner(
    closed: Handover, morning: time_machine.Traveller, analyst: User
) -> Callable[[], HandoverItem]:
    """The same incident, offered back to the partner in the evening of that day."""

    def offer() -> HandoverItem:
        morning.move_to(MONDAY_EVENING)
        handover = services.draft("to_partner", by=analyst)
        services.offer(handover.pk, by=analyst)
        return handover.items.get()

    return offer
