"""One person of each role, a client signed in as each, and an incident."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.cache import caches
from django.test import Client
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.models import Customer, Service, Team, User
from accounts.roles import Role, Side
from incidents.models import Incident
from tests import factories

_walk_static_files = WhiteNoiseMiddleware.add_files_from_finders
_static_files: dict[str, Any] = {}


def pytest_configure(config: pytest.Config) -> None:
    """People and clients are made by the thousand: what is slow about each happens once, or not at all."""
    # The hash of a made-up password would take half a second a person.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STATUS_CHECK_EVERY = 0.0  # no public page of one test is kept for the next
    WhiteNoiseMiddleware.add_files_from_finders = _know_static_files  # type: ignore[method-assign]


def _know_static_files(middleware: WhiteNoiseMiddleware) -> None:
    """Each client builds the middleware anew, and that reads the date of every static file."""
    if not _static_files:
        _walk_static_files(middleware)
        _static_files.update(middleware.files)
    middleware.files.update(_static_files)


@pytest.fixture(autouse=True)
def nothing_read() -> None:
    """A test's rows are taken back; what this process remembers to have recorded of reads goes with them."""
    caches["reads"].clear()


@pytest.fixture
def engineer(db: None) -> User:
    return factories.make_user(Role.OOH_ENGINEER, name="OOH engineer 1")


@pytest.fixture
def other_engineer(db: None) -> User:
    return factories.make_user(Role.OOH_ENGINEER, name="OOH engineer 2")


@pytest.fixture
def lead(db: None) -> User:
    return factories.make_user(Role.OOH_LEAD, name="Night lead")


@pytest.fixture
def analyst(db: None) -> User:
    return factories.make_user(Role.DESK_ANALYST, name="Desk analyst 1")


@pytest.fixture
def specialist(db: None) -> User:
    return factories.make_user(Role.SPECIALIST, name="Database specialist")


@pytest.fixture
def author(db: None) -> User:
    return factories.make_user(Role.SOP_AUTHOR, name="SOP author")


@pytest.fixture
def approver(db: None) -> User:
    return factories.make_user(Role.SOP_APPROVER, name="SOP approver")


@pytest.fixture
def manager(db: None) -> User:
    return factories.make_user(Role.SERVICE_MANAGER, name="Service manager")


@pytest.fixture
def partner_auditor(db: None) -> User:
    return factories.make_user(Role.AUDITOR, side=Side.PARTNER, name="Partner auditor")


@pytest.fixture
def vendor_auditor(db: None) -> User:
    return factories.make_user(Role.AUDITOR, side=Side.VENDOR, name="Vendor auditor")


@pytest.fixture
def integration(db: None) -> User:
    return factories.make_user(Role.INTEGRATION, name="Freshdesk sync")


@pytest.fixture
def alert_source(db: None) -> User:
    return factories.make_user(Role.ALERT_SOURCE, name="Azure Monitor")


@pytest.fixture
def ticket_sync(db: None) -> User:
    return factories.make_user(Role.TICKET_SYNC, name="Ticket sync")


@pytest.fixture
def customer(db: None) -> Customer:
    return factories.make_customer(name="Wexcombe Park Hospital", short_name="wexcombe")


@pytest.fixture
def service(db: None) -> Service:
    return factories.make_service()


@pytest.fixture
def team(db: None) -> Team:
    return factories.make_team(name="Database on call")


@pytest.fixture
def incident(engineer: User, customer: Customer, service: Service) -> Incident:
    """Logged at night, accepted by the gate, nobody's yet."""
    return factories.make_incident(by=engineer, customer=customer, service=service)


@pytest.fixture
def browse() -> Callable[[User | None], Client]:
    """`browse(engineer).get("/")`: a browser signed in as that person (None: nobody)."""

    def client(user: User | None) -> Client:
        browser = Client()
        if user is not None:
            browser.force_login(user, backend="accounts.backends.RoleBackend")
        return browser

    return client


@pytest.fixture
def api() -> Callable[[User | None], APIClient]:
    """`api(engineer).get("/api/v1/incidents/")`: an API client as that person."""

    def client(user: User | None) -> APIClient:
        caller = APIClient()
        if user is not None:
            caller.force_authenticate(user)
        return caller

    return client


@pytest.fixture
def night() -> Iterator[Any]:
    """Sunday 22 November 2026, 02:07:12 GMT: out of hours everywhere."""
    with time_machine.travel(factories.SUNDAY_NIGHT, tick=False) as clock:
        yield clock
