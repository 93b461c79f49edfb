"""Each hosted page in turn, as a stand-in that the desk is set up for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_django import Settings

from incidents.status.connectors import client
from tests.standins.cachet import Cachet
from tests.standins.freshstatus import Freshstatus
from tests.standins.hosted import Hosted
from tests.standins.instatus import Instatus
from tests.standins.statuspage import Statuspage


@dataclass(frozen=True)
class Terms:
    """How a place calls our phases and states, and the id of the component that is Compucare 8."""

    name: str
    standin: type[Hosted]
    phases: dict[str, Any]
    states: dict[str, Any]
    compucare: str

    def __str__(self) -> str:
        return self.name


REAL = ("investigating", "identified", "monitoring", "resolved")
PLANNED = ("scheduled", "in_progress", "verifying", "completed")
STATES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
WORDS = (
    "Investigating",
    "Identified",
    "Monitoring",
    "Resolved",
    "Scheduled",
    "In progress",
    "Verifying",
    "Completed",
)


def named(ours: tuple[str, ...], theirs: Any) -> dict[str, Any]:
    return dict(zip(ours, theirs, strict=True))


PLACES = [
    Terms(
        "statuspage", Statuspage, named(REAL + PLANNED, REAL + PLANNED) | {"cancelled": "completed"},
        named(STATES, STATES), "cc8",
    ),
    Terms(
        "instatus", Instatus,
        named(REAL + PLANNED, [
            "INVESTIGATING", "IDENTIFIED", "MONITORING", "RESOLVED",
            "NOTSTARTEDYET", "INPROGRESS", "VERIFYING", "COMPLETED",
        ]) | {"cancelled": "COMPLETED"},
        named(STATES, [
            "OPERATIONAL", "DEGRADEDPERFORMANCE", "PARTIALOUTAGE", "MAJOROUTAGE", "UNDERMAINTENANCE",
        ]),
        "cc8",
    ),
    Terms(
        "cachet", Cachet, named(REAL, [1, 2, 3, 4]) | dict.fromkeys([*PLANNED, "cancelled"]),
        named(STATES, [1, 2, 3, 4, 6]), "11",
    ),
    Terms(
        "freshstatus", Freshstatus, named(REAL + PLANNED, WORDS) | {"cancelled": "Cancelled"},
        named(STATES, ["OP", "PD", "PO", "MO", "UM"]), "157",
    ),
]  # fmt: skip


@pytest.fixture(params=PLACES, ids=str)
def terms(request: pytest.FixtureRequest) -> Terms:
    found: Terms = request.param
    return found


@pytest.fixture
def hosted(terms: Terms, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    """The place, set up; it is waited for no longer than a test wants to."""
    monkeypatch.setattr(client, "TIMEOUT", 0.15)
    with terms.standin() as standin:
        setattr(settings, f"{terms.name.upper()}_KEY", standin.key)
        setattr(settings, f"{terms.name.upper()}_SETTINGS", standin.settings)  # type: ignore[attr-defined]
        yield standin
