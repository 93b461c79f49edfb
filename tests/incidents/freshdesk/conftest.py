"""A Freshdesk that answers, its agents, and a desk that is set to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from incidents.models import Incident, Ticket
from tests.incidents.driving import settle
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_agents import Agents


@pytest.fixture
def freshdesk(settings: Settings) -> Iterator[Freshdesk]:
    with Freshdesk(drips=5) as server:
        settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY = server.url, server.key
        settings.FRESHDESK_TIMEOUT = 1.0
        settings.FRESHDESK_PER_MINUTE = dict.fromkeys(("all", "create", "update", "list"), 10_000)
        yield server


@pytest.fixture
def agents(freshdesk: Freshdesk) -> Agents:
    return Agents(freshdesk)


@pytest.fixture
def ticket(night: Any, freshdesk: Freshdesk, incident: Incident) -> Ticket:
    """The incident's, with all that the desk had to say, a minute ago."""
    settle()
    night.shift(60)
    return Ticket.objects.get(incident=incident)
