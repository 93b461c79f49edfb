"""An estate that SOPs can act on, and the incident that they run on."""

import pytest

from accounts.models import Component, Customer, Service, User
from incidents.models import Incident
from tests.sops import making


@pytest.fixture
def estate(customer: Customer, service: Service) -> dict[str, Component]:
    return making.make_estate(customer, service)


@pytest.fixture
def on_night(night: None, estate: dict[str, Component], incident: Incident, engineer: User) -> Incident:
    """An accepted incident on a Sunday night, with a simulated estate behind it."""
    return incident
