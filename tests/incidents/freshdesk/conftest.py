"""A Freshdesk that answers, and a desk that is set to it."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.standins.freshdesk import Freshdesk


@pytest.fixture
def freshdesk(settings: Settings) -> Iterator[Freshdesk]:
    with Freshdesk(drips=5) as server:
        settings.FRESHDESK_URL, settings.FRESHDESK_API_KEY = server.url, server.key
        settings.FRESHDESK_TIMEOUT = 1.0
        settings.FRESHDESK_PER_MINUTE = dict.fromkeys(("all", "create", "update", "list"), 10_000)
        yield server
