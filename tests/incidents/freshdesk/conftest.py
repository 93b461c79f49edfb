"""A Freshdesk that answers, its agents, and a desk that is set to it."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from incidents import services
from incidents.models import Incident, Ticket
from tests.incidents.driving import settle
from tests.incidents.reading_back import fresh, look_back, resolve
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


@pytest.fixture
def triaged(ticket: Ticket, engineer: User, night: Any) -> Ticket:
    """An engineer has its incident, and the ticket was read since."""
    services.begin_triage(ticket.incident_id, by=engineer)
    settle()
    look_back()
    night.shift(60)
    return fresh(ticket)


@pytest.fixture
def asking(triaged: Ticket, agents: Agents) -> Ticket:
    """Resolved over there, open here."""
    agents.set(triaged.number, status=4)
    look_back()
    return fresh(triaged)


@pytest.fixture
def resolved(triaged: Ticket, engineer: User, night: Any) -> Ticket:
    """Resolved here, and so over there."""
    resolve(triaged, engineer)
    settle()
    look_back()
    night.shift(60)
    return fresh(triaged)
