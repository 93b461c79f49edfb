"""The demo with something in every state, once for all tests of a module."""

from collections.abc import Iterator

import pytest
import time_machine

import accounts.demo
import handover.demo
import sops.demo
from tests.end_to_end import world
from tests.factories import SUNDAY_NIGHT


@pytest.fixture(scope="module")
def built(module_db: None) -> Iterator[dict[str, str]]:
    with time_machine.travel(SUNDAY_NIGHT, tick=False):
        for floor in (accounts.demo, sops.demo, handover.demo):
            floor.seed()
        yield world.build()
