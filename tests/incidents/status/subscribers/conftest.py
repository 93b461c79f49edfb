"""A mail server, a webhook, and subscribers of each."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_django import Settings

from incidents.models import Subscriber
from tests.handover.smtp import MailServer, mail_server
from tests.incidents.status.subscribers.telling import subscriber
from tests.standins.webhook import Webhook


@pytest.fixture(autouse=True)
def nobody_asked_before() -> None:
    cache.clear()  # where the limits count


@pytest.fixture
def mail_set(settings: Settings) -> None:
    """A mail server is configured. Nobody asks it."""
    settings.EMAIL_URL = "smtp://127.0.0.1:1"


@pytest.fixture
def mail(settings: Settings) -> Iterator[MailServer]:
    """The mail server that the desk uses; it knows itself by `desk.example.org`."""
    with mail_server() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.PUBLIC_URL = "https://desk.example.org"
        yield server


@pytest.fixture
def webhook(settings: Settings) -> Iterator[Webhook]:
    """A webhook on this machine, which is let in for the test."""
    settings.STATUS_WEBHOOK_TEST_HOSTS = ["127.0.0.1"]
    with Webhook() as server:
        yield server


@pytest.fixture
def reader(db: None) -> Subscriber:
    """Subscribed to all services by e-mail."""
    return subscriber("reader@hospital.example")


@pytest.fixture
def hooked(db: None, webhook: Webhook) -> Subscriber:
    """Subscribed to all services by webhook."""
    return subscriber(webhook.address, kind="webhook")
